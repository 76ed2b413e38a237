// SPDX-License-Identifier: MIT
/*
 * Reads that write: objects that count their references, as interpreters have
 * them, after fork(). Looking at an object copies its page; two remedies are to
 * keep the counts beside the objects, and not to count at all what lives on.
 *
 * Try: refcount
 * Try: refcount --pages 7
 * Try: refcount --json
 */
#include <errno.h>
#include <limits.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

/* An object begins with its count; one that is IMMORTAL is not counted. */
#define OBJECT_BYTES 64
#define IMMORTAL     UINT_MAX

static size_t n, objects, table_pages;
static char *heap;
static unsigned int *table;
static struct obs_window *parent, *in_object, *in_table, *counts, *immortal;
static struct obs_peer *peer;

static char *map(struct rep *r, size_t pages)
{
	char *area = rep_area(r, pages);

	if (area &&
	    mmap(area, pages * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", pages);
	return area;
}

static void set_up(struct rep *r)
{
	size_t page_size = obs_page_size();

	n = rep_pages(r);
	objects = n * page_size / OBJECT_BYTES;
	table_pages = (objects * sizeof(*table) + page_size - 1) / page_size;
	heap = map(r, n);
	table = (unsigned int *)map(r, table_pages);
	parent = rep_window(r, heap, n);
	in_object = rep_window(r, heap, n);
	in_table = rep_window(r, heap, n);
	immortal = rep_window(r, heap, n);
	counts = rep_window(r, (char *)table, table_pages);
}

static unsigned int *count_in(size_t i)
{
	return (unsigned int *)(heap + i * OBJECT_BYTES);
}

/* Take a reference to an object: unless it is immortal, that is a store. */
static void take(unsigned int *count)
{
	if (*count != IMMORTAL)
		__atomic_fetch_add(count, 1, __ATOMIC_RELAXED);
}

/* Orders for the child: look at each object, which takes a reference to it. */
static void look_in_object(void *arg)
{
	obs_begin(arg);
	for (size_t i = 0; i < objects; i++)
		take(count_in(i));
	obs_end(arg);
}

static void look_in_table(void *arg)
{
	obs_begin(arg);
	for (size_t i = 0; i < objects; i++) {
		touch_read(count_in(i));
		take(table + i);
	}
	obs_end(arg);
}

/* Have a new child, which shares all, look at all objects. */
static void child_looks(struct rep *r, void (*look)(void *arg),
			struct obs_window *window)
{
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	rep_order(r, peer, look, window);
	rep_saw_faults(r, window);
}

static void make(struct rep *r)
{
	size_t alive = 0;

	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, objects, "objects", "with one reference each");
	rep_because(r, "the parent makes objects, each with a count of 1");
	touch_write_pages((char *)table, table_pages, obs_page_size(), 1);
	obs_begin(parent);
	for (size_t i = 0; i < objects; i++)
		*count_in(i) = 1;
	obs_end(parent);
	rep_saw_faults(r, parent);
	for (size_t i = 0; i < objects; i++)
		alive += *count_in(i) == 1;
	rep_saw(r, alive);
}

static void counted(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, 0, "pages", "that are still one frame in both");
	rep_because(
		r,
		"the child only looks; but to look takes a reference, which is a store into the object");
	child_looks(r, look_in_object, in_object);
	rep_saw(r, rep_compare(r, parent, in_object, peer));
	rep_end_peer(r, peer);
}

static void beside(struct rep *r)
{
	rep_expect_faults(r, table_pages, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "of objects that are one frame in both");
	rep_because(
		r,
		"the counts are in a table of %zu page%s: that is copied, the objects are not",
		table_pages, rep_s(table_pages));
	child_looks(r, look_in_table, counts);
	rep_saw(r, rep_compare(r, parent, in_table, peer));
	rep_end_peer(r, peer);
}

static void frozen(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "of objects that are one frame in both");
	rep_because(
		r,
		"before fork() the parent marked what lives on as immortal: a load finds the mark, and nobody counts");
	for (size_t i = 0; i < objects && rep_going(r); i++)
		*count_in(i) = IMMORTAL;
	child_looks(r, look_in_object, immortal);
	rep_saw(r, rep_compare(r, parent, immortal, peer));
	rep_end_peer(r, peer);
}

static const struct rep_step steps[] = {
	{ "Objects are made.", "S42", make },
	{ "A child looks at them, and counts.", "S48 S56", counted },
	{ "Counts beside the objects.", "S53 S56", beside },
	{ "No counts for what lives on.", "S52 S53", frozen },
};

static const struct rep_demo demo = {
	.name = "cow/refcount",
	.title = "reads that write",
	.lesson =
		"A reference count is a store: a child that only looks at objects copies them all. Keep counts apart, or freeze what lives on.",
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
