// SPDX-License-Identifier: MIT
/*
 * First, next, best and worst fit on the same requests, side by side: for each
 * policy there is a row of holes in which it alone fails, or alone succeeds, so
 * none of them is the best.
 *
 * Try: fit
 * Try: fit --pages 1000
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "alloc/alloc.h"
#include "report/report.h"

/* Holes and requests are counted in slots: one character of the map each. */
#define SLOT	 64
#define SLOTS	 64
#define SEVERAL	 4
#define REQUESTS 8

/* The holes, from the bottom, each ended by a live block, and what is asked. */
struct scene {
	size_t holes[SEVERAL];
	size_t requests[SEVERAL];
};

static _Alignas(HEAP_ALIGN) char buffer[SLOT * SLOTS + HEAP_ALIGN];

static size_t page_size, holes;
static char *area; /* for the holes of the last step */
static void **blocks;
static struct obs_window *window;

static void set_up(struct rep *r)
{
	size_t bytes = rep_pages(r) * obs_page_size();

	page_size = obs_page_size();
	/* What the requests need stays free at the end, in a page with holes. */
	holes = (bytes / SLOT - 2 * REQUESTS - 1) / 2;
	blocks = calloc(holes, sizeof(*blocks));
	if (rep_failed(r, blocks ? 0 : -ENOMEM, "note %zu holes", holes))
		return;
	area = rep_area(r, rep_pages(r));
	window = rep_window(r, area, rep_pages(r));
	if (rep_going(r) &&
	    mmap(area, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu bytes", bytes);
}

static void tear_down(struct rep *r)
{
	(void)r;
	free(blocks);
}

static struct heap *open_heap(struct rep *r, enum heap_policy policy,
			      void *memory, size_t bytes)
{
	struct heap_config config = { .policy = policy,
				      .backend = HEAP_FIXED,
				      .buffer = memory,
				      .buffer_size = bytes };
	struct heap *heap = NULL;

	rep_failed(r, heap_open(&config, &heap), "open a heap");
	return heap;
}

static void *take(struct heap *heap, size_t slots)
{
	return heap_malloc(heap, slots * SLOT - sizeof(size_t));
}

/* Fills the heap to its end, then makes the holes. */
static void make_holes(struct heap *heap, const size_t *sizes, size_t count)
{
	void *made[SEVERAL] = { NULL };
	size_t left = SLOTS;

	for (size_t i = 0; i < count && sizes[i]; i++) {
		made[i] = take(heap, sizes[i]);
		take(heap, 1);
		left -= sizes[i] + 1;
	}
	take(heap, left);
	for (size_t i = 0; i < count; i++)
		heap_free(heap, made[i]);
}

/* How many of the requests were served. */
static size_t play(struct rep *r, const struct scene *scene,
		   enum heap_policy policy)
{
	struct heap *heap = open_heap(r, policy, buffer, sizeof(buffer));
	char before[2 * SLOTS] = "", after[2 * SLOTS] = "";
	size_t served = 0;

	if (!heap)
		return 0;
	make_holes(heap, scene->holes, SEVERAL);
	heap_map(heap, SLOT, before, sizeof(before));
	for (size_t i = 0; i < SEVERAL && scene->requests[i]; i++)
		served += !!take(heap, scene->requests[i]);
	heap_map(heap, SLOT, after, sizeof(after));
	if (!policy)
		rep_note(r, "holes %.30s", before);
	rep_note(r, "%-5s %.30s", heap_policy_name(policy), after);
	heap_close(heap);
	return served;
}

static void compare(struct rep *r, const struct scene *scene,
		    const size_t *served)
{
	static const char *const what[] = { "that first fit serves",
					    "that next fit serves",
					    "that best fit serves",
					    "that worst fit serves" };
	int policy;

	for (policy = 0; policy < HEAP_POLICIES; policy++)
		rep_expect(r, served[policy], "requests", what[policy]);
	rep_because(
		r,
		"holes of %zu, %zu and %zu; requests for %zu, %zu and %zu: what matters is what each choice leaves over",
		scene->holes[0], scene->holes[1], scene->holes[2],
		scene->requests[0], scene->requests[1], scene->requests[2]);
	for (policy = 0; policy < HEAP_POLICIES && rep_going(r); policy++)
		rep_saw(r, play(r, scene, policy));
}

static void best_wins(struct rep *r)
{
	static const struct scene scene = { { 6, 4, 8 }, { 4, 6, 8 } };

	compare(r, &scene, (size_t[]){ 2, 2, 3, 2 });
}

static void best_loses(struct rep *r)
{
	static const struct scene scene = { { 13, 12, 1 }, { 10, 11, 3 } };

	compare(r, &scene, (size_t[]){ 3, 3, 2, 3 });
}

static void worst_wins(struct rep *r)
{
	static const struct scene scene = { { 5, 9, 1 }, { 4, 5, 5 } };

	compare(r, &scene, (size_t[]){ 2, 2, 2, 3 });
}

/* Holes of one slot all over the area, but for the end of it. */
static void riddle(struct heap *heap)
{
	for (size_t i = 0; i < 2 * holes; i++) {
		void *block = take(heap, 1);

		if (i % 2 == 0)
			blocks[i / 2] = block;
	}
	for (size_t i = 0; i < holes; i++)
		heap_free(heap, blocks[i]);
}

/* How many free blocks the searches for REQUESTS blocks look at. */
static uint64_t search(struct heap *heap)
{
	struct heap_stats before, after;

	riddle(heap);
	heap_stats(heap, &before);
	for (size_t i = 0; i < REQUESTS; i++)
		take(heap, 2);
	heap_stats(heap, &after);
	return after.examined - before.examined;
}

static void next_is_quick(struct rep *r)
{
	struct heap *heaps[HEAP_POLICIES];
	uint64_t examined[HEAP_POLICIES];
	size_t all = REQUESTS * (holes + 1);
	int i;

	rep_expect_faults(r, rep_pages(r), OBS_KIND_ZERO);
	rep_expect(r, all, "blocks", "that first fit looks at");
	rep_expect(r, REQUESTS, "blocks", "that next fit looks at");
	rep_expect(r, all, "blocks", "that best fit looks at");
	rep_expect(r, all, "blocks", "that worst fit looks at");
	rep_because(
		r,
		"%zu holes too small lie before the only one for the %d requests; first fit passes them each time, next fit goes on where it was, the others look at every block",
		holes, REQUESTS);
	for (i = 0; i < HEAP_POLICIES; i++) {
		heaps[i] = open_heap(r, i, area, window->pages * page_size);
		if (!heaps[i])
			return;
	}
	obs_begin(window);
	for (i = 0; i < HEAP_POLICIES; i++)
		examined[i] = search(heaps[i]);
	obs_end(window);
	rep_saw_faults(r, window);
	for (i = 0; i < HEAP_POLICIES; i++) {
		rep_saw(r, examined[i]);
		heap_close(heaps[i]);
	}
}

static const struct rep_step steps[] = {
	{ "Best fit wins where a hole matches each request.", "S11 S12",
	  best_wins },
	{ "Best fit loses where its leftovers are too small for anything.",
	  "S12", best_loses },
	{ "Worst fit wins where a large leftover is asked for next.", "S13",
	  worst_wins },
	{ "Next fit wins where it is the search that costs.", "S11 S12 S13",
	  next_is_quick },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/fit",
	.title = "four fit policies on the same requests",
	.lesson =
		"No policy is best: each has a row of holes and requests that it alone serves, or alone fails.",
	REP_STEPS(steps),
	.pages = 16,
	.copies = 1,
	.set_up = set_up,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
