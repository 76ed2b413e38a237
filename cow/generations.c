// SPDX-License-Identifier: MIT
/*
 * Who owns what in a family: parent, child and grandchild share pages, part
 * page by page as each writes, and a ledger of frames says what is left shared.
 *
 * Try: generations
 * Try: generations --pages 7
 * Try: generations --json
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, half;
static char *area;
static struct obs_window *parent, *child, *grand, *lower;
static struct obs_peer *peer, *grandpeer;
static size_t family; /* how many there are */
static pid_t grandpid; /* known to the child only, who forks it */

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	half = (n + 1) / 2;
	area = rep_area(r, n);
	parent = rep_window(r, area, n);
	child = rep_window(r, area, n);
	grand = rep_window(r, area, n);
	lower = rep_window(r, area, half);
	if (rep_going(r) &&
	    mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	if (rep_going(r))
		touch_write_pages(area, n, obs_page_size(), 'p');
}

/* An order for the child. */
static void fork_grandchild(void *arg)
{
	grandpid = fork();
	if (grandpid == 0)
		obs_peer_serve(grandpeer);
	if (obs_peer_adopt(grandpeer, grandpid))
		_exit(1);
}

/* An order for the child: wait until the grandchild, told to end, has. */
static void reap_grandchild(void *arg)
{
	waitpid(grandpid, NULL, 0);
}

/* An order for the grandchild: its page table, as only it may see it. */
static void look(void *arg)
{
	struct obs_window *window = arg;

	window->error =
		obs_pages_of(0, window->addr, window->pages, window->after);
}

/* How many pages are held by one of the three alone, all three added up? */
static size_t count_alone(struct rep *r)
{
	const struct obs_window *const all[] = { parent, child, grand };
	static const char *const name[] = { "parent", "child", "grandch." };
	size_t count = 0;

	rep_look(r, 0, parent);
	rep_order(r, peer, look, child);
	if (family > 2)
		rep_order(r, grandpeer, look, grand);
	for (size_t i = 0; i < family && rep_going(r); i++) {
		count += obs_count_flags(all[i]->after, n, OBS_EXCLUSIVE,
					 OBS_EXCLUSIVE);
		rep_strip(r, name[i], all[i]->after, n);
	}
	return count;
}

static const char alone[] = "that one of the family holds alone";

static void child_writes_half(struct rep *r)
{
	rep_expect_faults(r, half, OBS_KIND_COPY);
	rep_expect(r, 2 * half, "pages", alone);
	rep_because(
		r,
		"the parent wrote all; of the lower half the child now has its own pages, and the parent has what was shared");
	/* The child will need it, so it must be there before. */
	grandpeer = rep_peer(r);
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	family = 2;
	rep_writes(r, peer, lower, 'c');
	rep_saw(r, count_alone(r));
}

static void grandchild_reads(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, half, "pages", alone);
	rep_because(
		r,
		"the grandchild shares the child's lower half, and with both the upper half; only the parent's lower half is one's own");
	rep_order(r, peer, fork_grandchild, NULL);
	family = 3;
	rep_failed(r, obs_peer_adopt(grandpeer, 0), NULL);
	rep_order(r, grandpeer, obs_reads, grand);
	rep_saw_faults(r, grand);
	rep_saw(r, count_alone(r));
}

static void grandchild_writes(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, 2 * half + n, "pages", alone);
	rep_because(r, "none was its own; the child is left alone with half");
	rep_writes(r, grandpeer, grand, 'g');
	rep_saw(r, count_alone(r));
}

static void parent_writes_again(struct rep *r)
{
	rep_expect_faults(r, half, OBS_KIND_REUSE);
	rep_expect_faults(r, n - half, OBS_KIND_COPY);
	rep_expect(r, 3 * n, "pages", alone);
	rep_because(
		r,
		"its lower half is its own since the child's copies, but still marked read-only; the upper half it shares with the child");
	rep_writes(r, NULL, parent, 'P');
	rep_saw(r, count_alone(r));
}

static void child_writes(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_REUSE);
	rep_expect(r, 3 * n, "pages", alone);
	rep_because(r, "the others have their copies: the last owner reuses");
	rep_order(r, peer, obs_writes, child);
	rep_saw_faults(r, child);
	rep_saw(r, count_alone(r));
	rep_end_peer(r, grandpeer);
	rep_order(r, peer, reap_grandchild, NULL);
}

static const struct rep_step steps[] = {
	{ "A child writes the lower half.", "S55 S48", child_writes_half },
	{ "The child's child reads.", "S45 S55", grandchild_reads },
	{ "And writes.", "S48 S55", grandchild_writes },
	{ "The parent writes.", "S48 S49 S55", parent_writes_again },
	{ "The child writes.", "S49 S55", child_writes },
};

static const struct rep_demo demo = {
	.name = "cow/generations",
	.title = "a family's ledger of pages",
	.lesson =
		"Any two of a family may share a page, whoever forked whom. It is copied for each who writes, but the last.",
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
