// SPDX-License-Identifier: MIT
/*
 * What madvise() can ask of the kernel: forget pages now or when memory is
 * short, and what a child of fork() inherits.
 *
 * Try: advise
 * Try: advise --pages 7
 * Try: advise --json
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n;
static char *area;
static struct obs_window *mine, *its;
static struct obs_peer *peer;

static void advise(struct rep *r, int advice, const char *name)
{
	if (rep_going(r) && madvise(area, n * obs_page_size(), advice))
		rep_failed(r, -errno, "madvise %s on %zu pages", name, n);
}

static void fork_child(struct rep *r)
{
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
}

/* Store to each page; @matched is how many stores found no memory at all. */
static void try_pages(void *arg)
{
	struct obs_window *window = arg;
	struct obs_signal signal;
	size_t refused = 0;

	if (obs_begin(window))
		return;
	for (size_t i = 0; i < window->pages; i++) {
		obs_try_write(window->addr + i * obs_page_size(), 'x', &signal);
		refused += signal.signo == SIGSEGV &&
			   signal.code == SEGV_MAPERR;
	}
	obs_end(window);
	window->matched = refused;
}

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	area = rep_area(r, n);
	mine = rep_window(r, area, n);
	its = rep_window(r, area, n);
	if (rep_going(r) &&
	    mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
}

static void store(struct rep *r, char value)
{
	mine->value = value;
	obs_writes(mine);
	rep_saw_faults(r, mine);
}

static void first_stores(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "each first store is given a new page of zeros");
	store(r, 'a');
}

static void dont_need(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, n, "pages", "that were gone before the stores");
	rep_because(
		r,
		"the advice is an order: the pages are freed at once; the mapping stays, and fills anew");
	advise(r, MADV_DONTNEED, "MADV_DONTNEED");
	store(r, 'b');
	rep_saw(r, obs_count_flags(mine->before, n, OBS_PRESENT, 0));
}

static void free_later(struct rep *r)
{
	size_t kept;

	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	rep_expect(r, n, "pages", "that read as before, after the advice");
	rep_because(
		r,
		"MADV_FREE waits until memory is short; a store before that takes the page back, without a fault");
	advise(r, MADV_FREE, "MADV_FREE");
	kept = obs_matches(mine, 'b');
	store(r, 'c');
	rep_saw(r, kept);
}

static void wipe_on_fork(struct rep *r)
{
	rep_expect_faults(r, n, obs_fresh_read());
	rep_expect(r, n, "pages", "that the child reads as zero");
	rep_expect(r, n, "pages", "that the parent reads as it wrote");
	rep_because(
		r,
		"the child gets the mapping without its pages: a key that the parent keeps there can't leak");
	advise(r, MADV_WIPEONFORK, "MADV_WIPEONFORK");
	fork_child(r);
	rep_reads(r, peer, its, 0);
	rep_saw(r, its->matched);
	rep_saw(r, obs_matches(mine, 'c'));
	rep_compare(r, mine, its, peer);
	rep_end_peer(r, peer);
}

static void dont_fork(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_SEGV);
	rep_expect(r, n, "stores", "that end in SIGSEGV, SEGV_MAPERR");
	rep_expect(r, n, "pages", "that the parent reads as it wrote");
	rep_because(r, "the child gets no mapping at all");
	advise(r, MADV_KEEPONFORK, "MADV_KEEPONFORK");
	advise(r, MADV_DONTFORK, "MADV_DONTFORK");
	fork_child(r);
	rep_order(r, peer, try_pages, its);
	rep_saw_faults(r, its);
	rep_saw(r, its->matched);
	rep_saw(r, obs_matches(mine, 'c'));
	rep_compare(r, mine, its, peer);
	rep_end_peer(r, peer);
}

static const struct rep_step steps[] = {
	{ "Fresh memory is written.", "S42", first_stores },
	{ "MADV_DONTNEED forgets the pages at once.", "S42", dont_need,
	  "MADV_DONTNEED, then stores." },
	{ "MADV_FREE lets them go when memory is short.", NULL, free_later,
	  "MADV_FREE, then stores." },
	{ "MADV_WIPEONFORK: a child finds zeros.", "S45", wipe_on_fork,
	  "MADV_WIPEONFORK; a child reads." },
	{ "MADV_DONTFORK: a child finds nothing.", "S45", dont_fork,
	  "MADV_DONTFORK; a child stores." },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/advise",
	.title = "what madvise() can ask for",
	.lesson =
		"Some advice is an order: MADV_DONTNEED loses the pages at once. MADV_FREE waits; other advice decides what a child inherits.",
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
