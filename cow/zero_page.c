// SPDX-License-Identifier: MIT
/*
 * Reading fresh memory allocates none: one page of zeros stands for all. What
 * it counts for, what a child of fork() gets of it, and what a store does.
 *
 * Try: zero_page
 * Try: zero_page --pages 7
 * Try: zero_page --json
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n;
static bool shared; /* the page of zeros, by this kernel */
static struct obs_window *parent, *child, *first;
static struct obs_peer *peer;

static void set_up(struct rep *r)
{
	char *area = rep_area(r, rep_pages(r));
	enum obs_kind fresh;

	n = rep_pages(r);
	fresh = obs_fresh_read();
	rep_failed(r, fresh == OBS_KINDS ? -ENOMEM : 0, "map a page");
	shared = fresh == OBS_KIND_ZEROPAGE;
	parent = rep_window(r, area, n);
	child = rep_window(r, area, n);
	first = rep_window(r, area, 1);
	if (rep_going(r) &&
	    mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
}

static void fork_child(struct rep *r)
{
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
}

/* How many pages does the mapping count for, in its process's RSS? */
static size_t resident(struct rep *r, pid_t pid)
{
	struct obs_rollup sums = { 0 };

	rep_failed(r, obs_vma_sums_of(pid, parent->addr, &sums), NULL);
	return sums.rss / obs_page_size();
}

static size_t zeros(const struct obs_window *window)
{
	return obs_count_flags(window->after, n, OBS_ZERO, OBS_ZERO);
}

/* The reason where the page of zeros is shared; and where it is not. */
static void because(struct rep *r, const char *one, const char *other)
{
	rep_because(r, "%s", shared ? one : other);
}

static void read_fresh(struct rep *r)
{
	rep_expect_faults(r, n, shared ? OBS_KIND_ZEROPAGE : OBS_KIND_ZERO);
	rep_expect(r, n, "pages", "that read as zero");
	rep_expect(r, shared ? n : 0, "pages",
		   "that are the one page of zeros");
	rep_expect(r, shared ? 0 : n, "pages", "that count as resident memory");
	because(r,
		"a load needs zeros, not memory: each entry is set to the kernel's page of zeros, read-only",
		"this kernel is one of the few that map no page of zeros: a load is given a page of its own, as a store is");
	rep_reads(r, NULL, parent, 0);
	rep_saw(r, parent->matched);
	rep_saw(r, zeros(parent));
	rep_saw(r, resident(r, 0));
	rep_strip(r, "fresh", parent->after, n);
}

static void child_reads(struct rep *r)
{
	rep_expect_faults(r, shared ? n : 0, OBS_KIND_ZEROPAGE);
	because(r,
		"nothing in this mapping was ever written: fork() copies no entries of it, as the child can get them by faults",
		"the mapping has pages of its own: fork() copied its entries");
	fork_child(r);
	rep_reads(r, peer, child, 0);
	rep_end_peer(r, peer);
}

static void write_one(struct rep *r)
{
	rep_expect_faults(r, 1, shared ? OBS_KIND_ZERO : OBS_KIND_REUSE);
	rep_expect(r, shared ? n - 1 : 0, "pages",
		   "that are the page of zeros");
	rep_expect(r, shared ? 1 : n, "pages", "resident");
	because(r,
		"a store to a read-only entry: a new page, zeroed; there is no need to copy the page of zeros",
		"fork() made its entry read-only; the child has gone, so the page is there to be used again");
	rep_writes(r, NULL, first, 'p');
	rep_look(r, 0, parent);
	rep_saw(r, zeros(parent));
	rep_saw(r, resident(r, 0));
}

static void child_reads_again(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_ZEROPAGE);
	rep_expect(r, shared ? n - 1 : 0, "pages",
		   "that are the child's page of zeros");
	rep_because(
		r,
		"the mapping holds a page of its own now: fork() copied all its entries%s",
		shared ? ", those of the page of zeros as well" : "");
	fork_child(r);
	rep_order(r, peer, obs_reads, child);
	rep_saw_faults(r, child);
	rep_saw(r, zeros(child));
	rep_strip(r, "child", child->after, n);
}

static void child_writes(struct rep *r)
{
	rep_expect_faults(r, shared ? n - 1 : 0, OBS_KIND_ZERO);
	rep_expect_faults(r, shared ? 1 : n, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "resident in the child");
	rep_expect(r, shared ? 1 : n, "pages", "resident in the parent");
	because(r,
		"one page is the parent's and is copied; the zeros were nobody's and are made anew",
		"all pages are the parent's, and are copied");
	rep_writes(r, peer, child, 'c');
	rep_saw(r, rep_going(r) ? resident(r, peer->pid) : 0);
	rep_saw(r, resident(r, 0));
	rep_look(r, 0, parent);
	rep_strip(r, "parent", parent->after, n);
	rep_strip(r, "child", child->after, n);
}

static const struct rep_step steps[] = {
	{ "Fresh memory is read.", "S42", read_fresh },
	{ "A child reads it.", "S45", child_reads },
	{ "One page is written.", "S42", write_one },
	{ "Another child reads it all.", "S45", child_reads_again },
	{ "And writes it all.", "S48 S56", child_writes },
};

static const struct rep_demo demo = {
	.name = "cow/zero_page",
	.title = "reading fresh memory",
	.lesson =
		"A load from fresh memory faults but allocates nothing: one page of zeros stands for all, until a store gets a page of its own.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 2,
	.accesses = true,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
