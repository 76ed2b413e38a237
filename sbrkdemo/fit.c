// SPDX-License-Identifier: MIT
/*
 * First, next, best and worst fit on the same requests, side by side: for each
 * policy there is a row of holes in which it alone fails, or alone succeeds, so
 * none of them is the best.
 *
 * Try: fit
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
static void make_holes(struct heap *heap, const size_t *holes, size_t count)
{
	void *blocks[SEVERAL] = { NULL };
	size_t left = SLOTS;

	for (size_t i = 0; i < count && holes[i]; i++) {
		blocks[i] = take(heap, holes[i]);
		take(heap, 1);
		left -= holes[i] + 1;
	}
	take(heap, left);
	for (size_t i = 0; i < count; i++)
		heap_free(heap, blocks[i]);
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

/* How many free blocks REQUESTS searches look at, behind n holes too small. */
static size_t search(struct rep *r, enum heap_policy policy, size_t holes)
{
	size_t slots = 2 * holes + 2 * REQUESTS;
	size_t bytes = slots * SLOT + HEAP_ALIGN;
	void *memory = aligned_alloc(HEAP_ALIGN, bytes);
	void **blocks = calloc(holes, sizeof(*blocks));
	struct heap_stats before = { 0 }, after = { 0 };
	struct heap *heap = NULL;

	if (!memory || !blocks)
		rep_failed(r, -ENOMEM, "prepare %zu holes", holes);
	else
		heap = open_heap(r, policy, memory, bytes);
	for (size_t i = 0; heap && i < 2 * holes; i++) {
		void *block = take(heap, 1);

		if (i % 2 == 0)
			blocks[i / 2] = block;
	}
	for (size_t i = 0; heap && i < holes; i++)
		heap_free(heap, blocks[i]);
	if (heap) {
		heap_stats(heap, &before);
		for (size_t i = 0; i < REQUESTS; i++)
			take(heap, 2);
		heap_stats(heap, &after);
		heap_close(heap);
	}
	free(blocks);
	free(memory);
	return after.examined - before.examined;
}

static void next_is_quick(struct rep *r)
{
	size_t n = rep_pages(r);
	int policy;

	rep_expect(r, REQUESTS * (n + 1), "blocks", "that first fit looks at");
	rep_expect(r, REQUESTS, "blocks", "that next fit looks at");
	rep_expect(r, REQUESTS * (n + 1), "blocks", "that best fit looks at");
	rep_expect(r, REQUESTS * (n + 1), "blocks", "that worst fit looks at");
	rep_because(
		r,
		"%zu holes too small lie before the only one for the %d requests; first fit passes them each time, next fit goes on where it was, the others look at every block",
		n, REQUESTS);
	for (policy = 0; policy < HEAP_POLICIES && rep_going(r); policy++)
		rep_saw(r, search(r, policy, n));
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
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
