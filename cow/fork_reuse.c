// SPDX-License-Identifier: MIT
/*
 * A fault is not a copy. Three generations share pages; each must fault to
 * write, but the last owner is given the page as it is.
 *
 * Try: fork_reuse
 * Try: fork_reuse --pages 1000
 * Try: fork_reuse --tap
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/report.h"

static size_t n;
static char *area;
static struct obs_window *parent, *child, *grandchild;
static struct obs_peer *peer, *grandpeer;
static pid_t grandpid; /* known to the child only, who forks it */

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	area = rep_area(r, n);
	parent = rep_window(r, area, n);
	child = rep_window(r, area, n);
	grandchild = rep_window(r, area, n);
}

static void fork_child(struct rep *r)
{
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
}

/* An order for the child; how it went is kept in the grandchild's window. */
static void fork_grandchild(void *arg)
{
	grandpid = fork();
	if (grandpid == 0)
		obs_peer_serve(grandpeer);
	grandchild->error = grandpid < 0 ? -errno : 0;
	stpcpy(grandchild->what, "fork a grandchild");
	if (grandpid > 0)
		grandchild->error = obs_peer_adopt(grandpeer, grandpid);
}

/* An order for the child: wait until the grandchild, told to end, has. */
static void reap_grandchild(void *arg)
{
	int status = -1;

	if (waitpid(grandpid, &status, 0) != grandpid || status)
		_exit(1);
}

static size_t mapped_once(const struct obs_window *window)
{
	return obs_count_flags(window->after, n, OBS_EXCLUSIVE, OBS_EXCLUSIVE);
}

static void parent_writes(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "each first store faults and brings a page of zeros");
	if (mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	rep_writes(r, NULL, parent, 'p');
	rep_strip(r, "parent", parent->after, n);
}

static void child_gone(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_REUSE);
	rep_expect(r, n, "pages", "mapped once");
	rep_because(
		r,
		"the entries are read-only since fork(), but unshared again");
	fork_child(r);
	rep_end_peer(r, peer);
	rep_writes(r, NULL, parent, 'p');
	rep_saw(r, mapped_once(parent));
}

static void three_share(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", rep_same(r));
	rep_expect(r, n, "pages", "the same in child and grandchild");
	rep_because(r, "a fork of a fork copies page table entries once more");
	grandpeer = rep_peer(r);
	fork_child(r);
	rep_order(r, peer, fork_grandchild, NULL);
	if (!rep_going(r) ||
	    rep_failed(r, grandchild->error, "%s", grandchild->what) ||
	    rep_failed(r, obs_peer_adopt(grandpeer, 0), NULL))
		return;
	rep_reads(r, grandpeer, grandchild, 'p');
	rep_saw(r, rep_compare(r, parent, child, peer));
	rep_saw(r, obs_count_same(child->after, grandchild->after, n));
	rep_strip(r, "grandch.", grandchild->after, n);
}

static void child_writes(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_because(r, "two others hold each page: the child gets copies");
	rep_writes(r, peer, child, 'c');
}

static void grandchild_writes(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_because(r, "one other, the parent, still holds each page");
	rep_writes(r, grandpeer, grandchild, 'c');
}

static void parent_last(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_REUSE);
	rep_expect(r, n, "pages", "mapped once");
	rep_because(r, "a page that three share is copied twice: one keeps it");
	rep_writes(r, NULL, parent, 'p');
	rep_saw(r, mapped_once(parent));
	rep_end_peer(r, grandpeer);
	rep_order(r, peer, reap_grandchild, NULL);
}

static const struct rep_step steps[] = {
	{ "The parent writes its pages.", "S42", parent_writes },
	{ "A child comes and goes; the parent writes: faults, no copies.",
	  "S48", child_gone, "A child comes and goes; the parent writes." },
	{ "Three generations share: a child, and a child of the child.", "S45",
	  three_share, "A child, and a child of the child; both read." },
	{ "The child writes: a copy of every page.", "S48", child_writes,
	  "The child writes every page." },
	{ "The grandchild writes: again a copy of every page.", "S48 S56",
	  grandchild_writes, "The grandchild writes every page." },
	{ "The parent, the last owner, writes.", "S49", parent_last },
};

static const struct rep_demo demo = {
	.name = "cow/fork_reuse",
	.title = "the last owner writes without a copy",
	.lesson =
		"Every sharer's first write faults, but a page that three share is copied only twice: faults are not copies.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 3,
	.accesses = true,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
