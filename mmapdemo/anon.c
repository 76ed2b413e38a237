// SPDX-License-Identifier: MIT
/*
 * Anonymous memory, private and shared: the zero page, the first write, and
 * what a child sees of each.
 *
 * Try: anon
 * Try: anon --pages 7 --color=never
 * Try: anon --json
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n;
static struct obs_window *private, *shared, *in_private, *in_shared;
static struct obs_peer *peer;

static void map(struct rep *r, int how, struct obs_window **mine,
		struct obs_window **in_child)
{
	char *area = rep_area(r, n);

	if (area && mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
			 how | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	*mine = rep_window(r, area, n);
	*in_child = rep_window(r, area, n);
}

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	map(r, MAP_PRIVATE, &private, &in_private);
	map(r, MAP_SHARED, &shared, &in_shared);
	if (rep_going(r))
		rep_lock(r, shared->addr, n);
}

/* Does a load map the kernel's page of zeros? */
static bool zeros_shared(void)
{
	return obs_fresh_read() == OBS_KIND_ZEROPAGE;
}

static void read_fresh(struct rep *r)
{
	rep_expect_faults(r, n, obs_fresh_read());
	rep_expect(r, n, "pages", "reading as zero");
	rep_because(r, zeros_shared() ? "one page of zeros can stand for all" :
					"this kernel maps no page of zeros");
	rep_reads(r, NULL, private, 0);
	rep_saw(r, private->matched);
	rep_strip(r, "private", private->after, n);
}

static void write_private(struct rep *r)
{
	rep_expect_faults(r, zeros_shared() ? n : 0, OBS_KIND_ZERO);
	rep_because(
		r, zeros_shared() ?
			   "the zero page is read-only: a store brings a page" :
			   "the loads brought pages already");
	rep_writes(r, NULL, private, 'p');
	rep_strip(r, "private", private->after, n);
}

static void write_shared(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "a file without a name: each store adds a page");
	rep_writes(r, NULL, shared, 'p');
	rep_strip(r, "shared", shared->after, n);
}

static void child_reads_private(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "read by the child as the parent wrote");
	rep_because(r, "fork() copied the page table entries of this mapping");
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	rep_reads(r, peer, in_private, 'p');
	rep_saw(r, in_private->matched);
	rep_strip(r, "child", in_private->after, n);
}

static void child_reads_shared(struct rep *r)
{
	size_t around = obs_fault_around();

	rep_expect_faults(r, (n + around - 1) / around, OBS_KIND_REMAP);
	rep_expect(r, n, "pages", "read by the child as the parent wrote");
	rep_because(
		r,
		"fork() copies no entry of a shared mapping; a fault maps up to %zu",
		around);
	rep_reads(r, peer, in_shared, 'p');
	rep_saw(r, in_shared->matched);
	rep_strip(r, "child", in_shared->after, n);
}

static void child_writes_private(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "where the parent reads its old value");
	rep_because(r, "private: the child's stores go to copies");
	rep_writes(r, peer, in_private, 'c');
	rep_saw(r, obs_matches(private, 'p'));
	rep_compare(r, private, in_private, peer);
}

static void child_writes_shared(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "where the parent reads the child's value");
	rep_because(r, "shared: one page for both, writable since the read");
	rep_writes(r, peer, in_shared, 'c');
	rep_saw(r, obs_matches(shared, 'c'));
	rep_compare(r, shared, in_shared, peer);
}

static const struct rep_step steps[] = {
	{ "Private: a read of fresh memory finds zeros.", "S38 S42", read_fresh,
	  "Private: fresh memory is read." },
	{ "Private: the first write brings a page.", "S42", write_private,
	  "Private: it is written." },
	{ "Shared: so does the first write here.", "S42", write_shared,
	  "Shared: fresh memory is written." },
	{ "Private, after fork(): a child reads.", "S45", child_reads_private },
	{ "Shared, after fork(): a child reads.", "S36", child_reads_shared },
	{ "Private: the child writes, the parent sees nothing of it.",
	  "S37 S48", child_writes_private, "Private: the child writes." },
	{ "Shared: the child writes, the parent sees it.", "S36",
	  child_writes_shared, "Shared: the child writes." },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/anon",
	.title = "anonymous memory, private and shared",
	.lesson =
		"Anonymous memory has no file and starts as zeros. What a child stores stays its own if private, and is seen by all if shared.",
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
