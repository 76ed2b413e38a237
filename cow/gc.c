// SPDX-License-Identifier: MIT
/*
 * A small mark-and-sweep collector over the allocator core, and what a forked
 * child's collection copies: with its marks in the objects every page that
 * holds a live one, with its marks beside them a few pages of marks.
 *
 * Try: gc
 * Try: gc --pages 7
 * Try: gc --json
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "alloc/alloc.h"
#include "report/report.h"

/* A block of the heap: its head, and an object. */
#define BLOCK 64

struct object {
	struct object *next; /* the reference that makes others reachable */
	char mark;
	char data[40];
};

static size_t n, count, mark_pages;
static char *memory, *beside; /* the heap's pages; marks */
static struct object *root, *garbage;
static bool in_objects = true;
static struct heap *heap;
static struct heap_stats stats;
static struct obs_window *objects, *child, *marks;

static void set_up(struct rep *r)
{
	struct heap_config config = { .backend = HEAP_FIXED };
	size_t page_size = obs_page_size();

	n = rep_pages(r);
	count = n * page_size / BLOCK - 1;
	mark_pages = (count + page_size - 1) / page_size;
	memory = rep_area(r, n + mark_pages);
	if (mmap(memory, (n + mark_pages) * page_size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n + mark_pages);
	beside = memory + n * page_size;
	config.buffer = memory;
	config.buffer_size = n * page_size;
	rep_failed(r, heap_open(&config, &heap), "open a heap");
	objects = rep_window(r, memory, n);
	child = rep_window(r, memory, n);
	marks = rep_window(r, beside, mark_pages);
}

static void tear_down(struct rep *r)
{
	heap_close(heap);
}

/* A mark is kept in the object, or in a table beside, a byte for a block. */
static char *mark_of(struct object *o)
{
	return in_objects ? &o->mark : beside + ((char *)o - memory) / BLOCK;
}

/* What has no mark is garbage; a live object's mark is taken off again. */
static int sweep(const struct heap_block *block, void *arg)
{
	struct object *o = block->payload;

	if (block->used && touch_read(mark_of(o))) {
		touch_write(mark_of(o), 0);
	} else if (block->used) {
		o->next = garbage;
		garbage = o;
	}
	return 0;
}

/* Mark what can be reached from the root, and free the rest. */
static void collect(void *window)
{
	struct object *o;

	obs_begin(window);
	for (o = root; o; o = o->next)
		touch_write(mark_of(o), 1);
	heap_walk(heap, sweep, NULL);
	while ((o = garbage)) {
		garbage = o->next;
		heap_free(heap, o);
	}
	obs_end(window);
}

static void make(struct rep *r)
{
	struct object *chain[2] = { NULL, NULL };

	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, count, "objects", "of 64 bytes fill the heap");
	rep_because(r, "they fill it; each refers to the one but one before");
	obs_begin(objects);
	for (size_t i = 0; i < count; i++) {
		struct object *o = heap_malloc(heap, sizeof(*o));

		if (rep_failed(r, o ? 0 : -ENOMEM, "get object %zu", i))
			return;
		*o = (struct object){ .next = chain[i % 2] };
		chain[i % 2] = o;
	}
	obs_end(objects);
	memset(beside, 0, mark_pages * obs_page_size());
	root = chain[0];
	rep_saw_faults(r, objects);
	heap_stats(heap, &stats);
	rep_saw(r, stats.used_blocks);
}

static void collect_here(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	rep_expect(r, count / 2, "objects", "that are freed: garbage");
	rep_because(r, "one chain hangs from the root, the other is lost");
	collect(objects);
	rep_saw_faults(r, objects);
	heap_stats(heap, &stats);
	rep_saw(r, count - stats.used_blocks);
}

/* Have a new child, which shares all, collect. */
static void collect_in_child(struct rep *r, struct obs_window *window)
{
	struct obs_peer *peer = rep_peer(r);

	if (!peer)
		return;
	rep_forked(r, peer, fork());
	rep_order(r, peer, collect, window);
	rep_saw_faults(r, window);
	rep_saw(r, rep_compare(r, objects, child, peer));
	rep_end_peer(r, peer);
}

static void mark_inside(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, 0, "pages", "of objects that are shared still");
	rep_because(r, "there is no garbage, but each live object is marked");
	collect_in_child(r, child);
}

static void mark_beside(struct rep *r)
{
	rep_expect_faults(r, mark_pages, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "of objects that are shared still");
	rep_because(r, "a mark takes a byte; pages of marks: %zu", mark_pages);
	in_objects = false;
	collect_in_child(r, marks);
}

static const struct rep_step steps[] = {
	{ "Objects are made, half of them out of reach.", "S22", make },
	{ "The parent collects.", "S22", collect_here },
	{ "A child collects, with marks in the objects.", "S22 S56",
	  mark_inside },
	{ "A child collects, with marks beside them.", "S22 S53", mark_beside },
};

static const struct rep_demo demo = {
	.name = "cow/gc",
	.title = "a collector, and where it keeps its marks",
	.lesson =
		"A collector finds what nothing refers to, and frees it. To mark is to store: marks in the objects un-share all of them after fork().",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 2,
	.accesses = true,
	.set_up = set_up,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
