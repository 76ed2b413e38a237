// SPDX-License-Identifier: MIT
/*
 * A store that forks to save itself, and is written to meanwhile: what the
 * writes of the parent copy, the worst case, and how much memory must be free.
 *
 * Try: bgsave
 * Try: bgsave --pages 7
 * Try: bgsave --json
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

/* The store's records; an update writes one of them. */
#define RECORD_BYTES 64

static size_t n, hot, page_size;
static char *store;
static struct obs_window *all, *some, *saver;
static struct obs_peer *peer;

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	hot = rep_vary(r, (n + 1) / 2, 1, n);
	page_size = obs_page_size();
	store = rep_area(r, n);
	all = rep_window(r, store, n);
	some = rep_window(r, store, hot);
	saver = rep_window(r, store, n);
	if (rep_going(r) &&
	    mmap(store, n * page_size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
}

/* Update one record in each page of a window's range. */
static void update(struct rep *r, struct obs_window *window, char value)
{
	window->value = value;
	obs_writes(window);
	rep_saw_faults(r, window);
}

/* How many pages does a process hold of the store that no other does? */
static size_t held_alone(struct rep *r)
{
	rep_look(r, 0, all);
	return obs_count_flags(all->after, n, OBS_EXCLUSIVE, OBS_EXCLUSIVE);
}

static void load(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "the store is filled");
	update(r, all, 'a');
}

static void save(struct rep *r)
{
	rep_given(r, "in %zu of the %zu pages a record of %d bytes is updated",
		  hot, n, RECORD_BYTES);
	rep_expect_faults(r, hot, OBS_KIND_COPY);
	rep_expect(r, hot, "pages", "of memory that the save has cost");
	rep_expect(r, page_size / RECORD_BYTES, "times",
		   "as many bytes copied as were updated");
	rep_because(
		r,
		"a child saves what it inherited; the parent updates a record of 64 bytes in each of the hot pages, and each time a page is copied");
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	update(r, some, 'b');
	rep_saw(r, held_alone(r));
	rep_saw(r, some->faults.kind[OBS_KIND_COPY] * page_size /
			   (hot * RECORD_BYTES));
	rep_strip(r, "parent", all->after, n);
}

static void update_hot(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_because(
		r,
		"what is hot is copied once a save, however often it changes");
	update(r, some, 'c');
}

static void update_all(struct rep *r)
{
	rep_expect_faults(r, n - hot, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "of memory that the save has cost");
	rep_expect(r, n, "pages", "that the child saves as they were");
	rep_because(
		r,
		"in the worst case every page is updated before the child has done: the store exists twice, and that much memory must be free");
	update(r, all, 'd');
	rep_saw(r, held_alone(r));
	saver->value = 'a';
	rep_order(r, peer, obs_reads, saver);
	rep_saw(r, saver->matched);
	rep_compare(r, all, saver, peer);
}

static void after(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_because(
		r,
		"every page was copied, and is the parent's alone and writable");
	rep_end_peer(r, peer);
	update(r, all, 'e');
}

static void quick(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_REUSE);
	rep_expect(r, n, "pages", "that are the parent's alone");
	rep_because(
		r,
		"a save that is done before the first update copies nothing; still each page's first update faults");
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	saver->value = 'e';
	rep_order(r, peer, obs_reads, saver);
	rep_end_peer(r, peer);
	update(r, all, 'f');
	rep_saw(r, held_alone(r));
}

static const struct rep_step steps[] = {
	{ "A store is filled.", "S42", load },
	{ "A child saves; some pages are updated.", "S48 S57", save },
	{ "The same pages are updated again.", "S49", update_hot },
	{ "The worst case: all are updated.", "S53 S57", update_all },
	{ "The save is done; all are updated.", "S49", after },
	{ "A quick save, then updates.", "S48 S56", quick },
};

static const struct rep_demo demo = {
	.name = "cow/bgsave",
	.title = "a store that forks to save itself",
	.lesson =
		"While a forked child saves, the parent's updates copy a page each, once. At worst the store exists twice.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 2,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
