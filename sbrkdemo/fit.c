// SPDX-License-Identifier: MIT
/*
 * First, next, best and worst fit on the same requests, side by side: for each
 * there is a row of holes in which it does best, and one in which it doesn't.
 *
 * Try: fit
 * Try: fit --json
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "alloc/alloc.h"
#include "report/report.h"

/* Holes and requests are counted in slots: one character of the map each. */
#define SLOT	64
#define SLOTS	30
#define SEVERAL 12

/* The holes, from the bottom, each ended by a live block, and what is asked. */
struct scene {
	size_t holes[SEVERAL];
	size_t requests[SEVERAL];
	bool open; /* behind the last hole the heap is free, too */
};

static size_t area_bytes, many; /* small holes */
static char *area;
static struct obs_window *window;

static void set_up(struct rep *r)
{
	many = rep_vary(r, 10, 4, 10);
	area_bytes = rep_pages(r) * obs_page_size();
	area = rep_area(r, rep_pages(r));
	window = rep_window(r, area, rep_pages(r));
	if (rep_going(r) &&
	    mmap(area, area_bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu bytes", area_bytes);
}

static void *take(struct heap *heap, size_t slots)
{
	return heap_malloc(heap, slots * SLOT - sizeof(size_t));
}

static void make_holes(struct heap *heap, const struct scene *scene)
{
	void *blocks[SEVERAL] = { NULL };
	size_t left = SLOTS;

	for (size_t i = 0; i < SEVERAL && scene->holes[i]; i++) {
		blocks[i] = take(heap, scene->holes[i]);
		take(heap, 1);
		left -= scene->holes[i] + 1;
	}
	if (!scene->open)
		take(heap, left);
	for (size_t i = 0; i < SEVERAL; i++)
		heap_free(heap, blocks[i]);
}

/* Returns how many requests were served, or blocks looked at for them. */
static uint64_t play(const struct scene *scene, struct heap *heap, char *map)
{
	struct heap_stats before, after;
	uint64_t served = 0;

	make_holes(heap, scene);
	heap_stats(heap, &before);
	for (size_t i = 0; i < SEVERAL && scene->requests[i]; i++)
		served += !!take(heap, scene->requests[i]);
	heap_stats(heap, &after);
	heap_map(heap, SLOT, map, SLOTS + 1);
	return scene->open ? after.examined - before.examined : served;
}

static void compare(struct rep *r, const struct scene *scene)
{
	struct heap_config config = { .backend = HEAP_FIXED, .buffer = area };
	char maps[HEAP_POLICIES][SLOTS + 1];
	struct heap *heaps[HEAP_POLICIES];
	uint64_t seen[HEAP_POLICIES];

	config.buffer_size = SLOTS * SLOT + HEAP_ALIGN;
	for (int i = 0; i < HEAP_POLICIES; i++) {
		config.policy = i;
		if (rep_failed(r, heap_open(&config, &heaps[i]), "open a heap"))
			return;
	}
	obs_begin(window);
	for (int i = 0; i < HEAP_POLICIES; i++)
		seen[i] = play(scene, heaps[i], maps[i]);
	obs_end(window);
	rep_saw_faults(r, window);
	for (int i = 0; i < HEAP_POLICIES; i++) {
		rep_note(r, "%-5s %s", heap_policy_name(i), maps[i]);
		rep_saw(r, seen[i]);
		heap_close(heaps[i]);
	}
}

/* What all predict, and then what is seen. */
static void scene(struct rep *r, const struct scene *scene, size_t faults,
		  const uint64_t *results, const char *why)
{
	static const char *const what[] = { "by first fit", "by next fit",
					    "by best fit", "by worst fit" };
	const char *unit = scene->open ? "blocks looked at" : "requests served";

	rep_given(r, "%.*s", (int)strcspn(why, ":"), why);
	rep_expect_faults(r, faults, OBS_KIND_ZERO);
	for (int i = 0; i < HEAP_POLICIES; i++)
		rep_expect(r, results[i], unit, what[i]);
	rep_because(r, "%s", why);
	compare(r, scene);
}

static void best_wins(struct rep *r)
{
	static const struct scene holes = { { 6, 4, 8 }, { 4, 6, 8 }, false };

	scene(r, &holes, 1, (uint64_t[]){ 2, 2, 3, 2 },
	      "holes of 6, 4 and 8 slots; requests for 4, 6 and 8: each has a hole of its size, if no other takes it; the area is touched first");
}

static void best_loses(struct rep *r)
{
	static const struct scene holes = { { 13, 12 }, { 10, 11, 3 }, false };

	scene(r, &holes, 0, (uint64_t[]){ 3, 3, 2, 3 },
	      "holes of 13 and 12 slots; requests for 10, 11 and 3: the best fit leaves 2 and 2, any other choice leaves 3");
}

static void worst_wins(struct rep *r)
{
	static const struct scene holes = { { 5, 9 }, { 4, 5, 5 }, false };

	scene(r, &holes, 0, (uint64_t[]){ 2, 2, 2, 3 },
	      "holes of 5 and 9 slots; requests for 4, 5 and 5: the larger hole leaves 5, the smaller one nothing that is of use");
}

static void next_is_quick(struct rep *r)
{
	struct scene holes = { { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
			       { 2, 2, 2 },
			       true };
	size_t far = 3 * (many + 1);
	char why[200];

	holes.holes[many] = 0;
	snprintf(
		why, sizeof(why),
		"%zu holes of 1 slot, then room; 3 requests for 2: first fit passes all holes each time, next fit goes on where it was, others look at all blocks",
		many);
	scene(r, &holes, 0, (uint64_t[]){ far, 3, far, far }, why);
}

static const struct rep_step steps[] = {
	{ "Best fit wins where a hole matches each request.", "S11 S12",
	  best_wins, "A hole matches each request." },
	{ "Best fit loses where its leftovers are too small for anything.",
	  "S12", best_loses, "Leftovers of a close fit are too small." },
	{ "Worst fit wins where a large leftover is asked for next.", "S13",
	  worst_wins, "A large leftover is asked for next." },
	{ "Next fit wins where it is the search that costs.", "S11 S12 S13",
	  next_is_quick, "Many free blocks; each search looks at some." },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/fit",
	.title = "four fit policies on the same requests",
	.lesson =
		"No policy is best: each has a row of holes and requests that it alone serves, or alone fails.",
	REP_STEPS(steps),
	.pages = 1,
	.copies = 1,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
