// SPDX-License-Identifier: MIT
/*
 * One address, two processes, two pages: each process has an address space of
 * its own. What fork() gives is a copy of the map, not of the places; what one
 * process maps or unmaps afterwards, the other does not see.
 *
 * Try: spaces
 * Try: spaces --pages 7
 * Try: spaces --json
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, bytes;
static struct obs_window *parent, *child, *here, *there;
static struct obs_peer *peer;

static int map_fresh(char *addr)
{
	return mmap(addr, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == MAP_FAILED ?
		       -errno :
		       0;
}

static void set_up(struct rep *r)
{
	char *area = rep_area(r, rep_pages(r));
	char *other = rep_area(r, rep_pages(r));

	n = rep_pages(r);
	bytes = n * obs_page_size();
	parent = rep_window(r, area, n);
	child = rep_window(r, area, n);
	here = rep_window(r, other, n);
	there = rep_window(r, other, n);
	if (rep_going(r))
		rep_failed(r, map_fresh(area), "mmap %zu pages", n);
}

static void parent_writes(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "each first store is given a new page of zeros");
	rep_writes(r, NULL, parent, 'p');
}

static void child_writes(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, 0, "bytes", "between the addresses that the two use");
	rep_expect(r, 0, "pages", "that are one frame in both");
	rep_because(
		r,
		"the child stores to the parent's addresses, which its own page table leads to pages of its own");
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	rep_writes(r, peer, child, 'c');
	rep_saw(r, child->addr - parent->addr);
	rep_saw(r, rep_going(r) ? rep_compare(r, parent, child, peer) : 0);
	if (rep_going(r) && rep_sees_frames(r))
		rep_note(
			r,
			"address %p is frame %#llx in the parent and %#llx in the child",
			(void *)parent->addr,
			(unsigned long long)parent->after->pfn,
			(unsigned long long)child->after->pfn);
}

static void both_read(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "where the child reads what it wrote");
	rep_expect(r, n, "pages", "where the parent reads what it wrote");
	rep_because(r, "the same addresses hold two values");
	rep_order(r, peer, obs_reads, child);
	rep_saw_faults(r, child);
	rep_saw(r, child->matched);
	rep_saw(r, obs_matches(parent, 'p'));
}

/* An order for the child: map fresh memory, and store there. */
static void map_and_write(void *arg)
{
	struct obs_window *window = arg;

	if (map_fresh(window->addr))
		_exit(1);
	obs_writes(window);
}

static void child_maps(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "the child maps memory where nobody had any");
	there->value = 'c';
	rep_order(r, peer, map_and_write, there);
	rep_saw_faults(r, there);
	rep_strip(r, "child", there->after, n);
}

static void parent_tries(struct rep *r)
{
	struct obs_signal signal;
	size_t refused = 0;

	rep_expect_faults(r, n, OBS_KIND_SEGV);
	rep_expect(r, n, "loads", "that end in SIGSEGV");
	rep_because(
		r,
		"the mapping is in the child's address space; there is nothing in the parent's");
	obs_begin(here);
	for (size_t i = 0; i < n; i++) {
		obs_try_read(here->addr + i * obs_page_size(), &signal);
		refused += signal.signo == SIGSEGV;
	}
	obs_end(here);
	rep_saw_faults(r, here);
	rep_saw(r, refused);
	rep_strip(r, "parent", here->after, n);
}

static void parent_unmaps(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "where the child reads what it wrote");
	rep_because(r, "munmap() ends a mapping in one address space only");
	if (rep_going(r) && munmap(parent->addr, bytes))
		rep_failed(r, -errno, "munmap %zu pages", n);
	rep_order(r, peer, obs_reads, child);
	rep_saw_faults(r, child);
	rep_saw(r, child->matched);
	rep_look(r, 0, parent);
	rep_strip(r, "parent", parent->after, n);
	rep_strip(r, "child", child->after, n);
}

static const struct rep_step steps[] = {
	{ "The parent writes.", "S24", parent_writes },
	{ "The child writes to the same addresses.", "S24 S48", child_writes },
	{ "Both read them.", "S24", both_read },
	{ "The child maps something new.", "S24", child_maps },
	{ "The parent tries to read it.", "S24", parent_tries },
	{ "The parent unmaps; the child reads on.", "S24 S44", parent_unmaps },
};

static const struct rep_demo demo = {
	.name = "cow/spaces",
	.title = "one address, two processes, two pages",
	.lesson =
		"An address means something within one process only: the same one leads to different pages in another, or to none.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 3,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
