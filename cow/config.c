// SPDX-License-Identifier: MIT
/*
 * A large table that is only read, and many children: shared after fork(), or
 * copied by each. What it counts for in PSS, and what one store costs.
 *
 * Try: config
 * Try: config --pages 7
 * Try: config --json
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

#define CHILDREN 4

static size_t n, bytes;
static char *table, *copy;
static struct obs_window *parent, *child, *writer, *copied;
static struct obs_peer *peers[CHILDREN];

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	bytes = n * obs_page_size();
	table = rep_area(r, n);
	copy = rep_area(r, n);
	parent = rep_window(r, table, n);
	child = rep_window(r, table, n);
	writer = rep_window(r, table, 1);
	copied = rep_window(r, copy, n);
}

/* What PSS of /proc/PID/smaps is when @sharers have each of all pages. */
static size_t pss_kib(size_t sharers)
{
	return (n * ((obs_page_size() << 12) / sharers) >> 12) >> 10;
}

/* The PSS of the mapping at @addr: its pages, each divided by its sharers. */
static size_t pss_of(struct rep *r, pid_t pid, const char *addr)
{
	struct obs_rollup sums = { 0 };

	if (rep_going(r))
		rep_failed(r, obs_vma_sums_of(pid, addr, &sums), NULL);
	return sums.pss >> 10;
}

static void load(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, pss_kib(1), "KiB", "of PSS");
	rep_because(r, "the table is read in once, by one process");
	if (mmap(table, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	rep_writes(r, NULL, parent, 't');
	rep_saw(r, pss_of(r, 0, table));
}

static void share(struct rep *r)
{
	size_t right = 0, faults = 0, same = 0;

	rep_expect(r, 0, "faults", "in all children, while they read it");
	rep_expect(r, CHILDREN * n, "pages", "that they read as written");
	rep_expect(r, CHILDREN * n, "pages", "that are the parent's frame");
	rep_expect(r, pss_kib(CHILDREN + 1), "KiB", "of PSS, the parent's");
	rep_because(
		r,
		"%d children read what the parent read in: one table in memory, and each of %d counts for its part",
		CHILDREN, CHILDREN + 1);
	for (size_t i = 0; i < CHILDREN && rep_going(r); i++) {
		peers[i] = rep_peer(r);
		if (!peers[i])
			return;
		rep_forked(r, peers[i], fork());
		child->value = 't';
		rep_order(r, peers[i], obs_reads, child);
		rep_look(r, 0, parent);
		right += child->matched;
		faults += child->faults.total;
		same += obs_count_same(parent->after, child->after, n);
	}
	rep_saw(r, faults);
	rep_saw(r, right);
	rep_saw(r, same);
	rep_saw(r, pss_of(r, 0, table));
	rep_strip(r, "parent", parent->after, n);
	rep_strip(r, "child", child->after, n);
}

static void write_one(struct rep *r)
{
	rep_expect_faults(r, 1, OBS_KIND_COPY);
	rep_expect(r, n - 1, "pages", "that are the parent's frame still");
	rep_expect(r, n, "pages", "that the parent reads as it wrote");
	rep_because(
		r,
		"one child changes one entry: it pays for one page, and nobody else sees it");
	writer->value = 'w';
	rep_order(r, peers[0], obs_writes, writer);
	rep_saw_faults(r, writer);
	rep_saw(r, rep_going(r) ? rep_compare(r, parent, child, peers[0]) : 0);
	rep_saw(r, obs_matches(parent, 't'));
}

/* An order for a child: a table of its own, as without sharing. */
static void copy_table(void *arg)
{
	if (mmap(copy, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		_exit(1);
	obs_begin(arg);
	memcpy(copy, table, bytes);
	obs_end(arg);
}

static void copy_it(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, pss_kib(1), "KiB", "of PSS, for this child alone");
	rep_because(
		r,
		"a program that loads its own table, or copies it, pays for all of it: %d such children would need %d tables",
		CHILDREN, CHILDREN);
	rep_order(r, peers[1], copy_table, copied);
	rep_saw_faults(r, copied);
	rep_saw(r, pss_of(r, rep_going(r) ? peers[1]->pid : 0, copy));
	rep_strip(r, "own", copied->after, n);
}

static const struct rep_step steps[] = {
	{ "A table is read in.", "S52", load },
	{ "Children read it.", "S52 S53", share },
	{ "One of them writes to it.", "S48 S53", write_one },
	{ "One of them copies it.", "S52 S53", copy_it },
};

static const struct rep_demo demo = {
	.name = "cow/config",
	.title = "one table for many children",
	.lesson =
		"What is loaded before fork() and only read exists once, however many children there are; a store costs the writer one page.",
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
