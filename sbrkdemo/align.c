// SPDX-License-Identifier: MIT
/*
 * What alignment buys. The break moves by bytes, and allocators and compilers
 * pad what it gives; an object that lies across two pages takes two faults;
 * and an access across two lines of the cache takes longer, an atomic one by
 * far. Times are medians, and only their ratios mean something.
 *
 * Try: align
 * Try: align --pages 7
 * Try: align --json
 */
#include <errno.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

#define LINE 64 /* bytes in a line of the cache, of most processors */
#define MANY 100 /* accesses in a sample, and samples in a median */

/* So much of an object lies before a boundary that it lies across. */
#define HALF (sizeof(uint64_t) / 2)

/* What the compiler aligns. */
struct padded {
	char c;
	int i;
};

static size_t n, page_size;
static char *area;
static struct obs_window *window; /* two pages for each object */

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	page_size = obs_page_size();
	area = rep_area(r, 2 * n);
	window = rep_window(r, area, 2 * n);
}

static void pad_blocks(struct rep *r)
{
	size_t odd = 0;
	char *before;

	rep_expect(r, 1, "bytes", "that sbrk(1) has moved the break by");
	rep_expect(r, 0, "blocks", "of malloc() that are not aligned");
	rep_expect(r, 2 * sizeof(int), "bytes", "of a char and an int");
	rep_because(r, "malloc() gives 1 to 64 bytes at multiples of %zu",
		    alignof(max_align_t));
	for (size_t i = 1; i <= 64; i++) {
		void *block = malloc(i);

		odd += !block || (uintptr_t)block % alignof(max_align_t);
		free(block);
	}
	before = sbrk(1);
	rep_saw(r, (char *)sbrk(0) - before);
	rep_saw(r, odd);
	rep_saw(r, sizeof(struct padded));
}

/* Atomic accesses are not left out; these cost what plain ones do. */
static uint64_t *object(size_t offset)
{
	return (uint64_t *)(area + offset);
}

/* Store an object into every pair of pages, so many bytes into the pair. */
static void store(struct rep *r, size_t offset)
{
	if (mmap(area, 2 * n * page_size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", 2 * n);
	obs_begin(window);
	for (size_t i = 0; i < n && rep_going(r); i++)
		__atomic_store_n(object(2 * i * page_size + offset), i,
				 __ATOMIC_RELAXED);
	obs_end(window);
	rep_saw_faults(r, window);
	rep_strip(r, "objects", window->after, 2 * n);
}

static void store_aligned(struct rep *r)
{
	rep_given(r, "%zu objects of 8 bytes, each in a page of its own", n);
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "the last bytes of every second page: one page each");
	store(r, page_size - sizeof(uint64_t));
}

static void store_across(struct rep *r)
{
	rep_given(r, "%zu objects of 8 bytes, none near another", n);
	rep_expect_faults(r, 2 * n, OBS_KIND_ZERO);
	rep_because(r, "half a step further: the objects lie across two pages");
	store(r, page_size - HALF);
}

static void load_at(uint64_t *at)
{
	for (size_t i = 0; i < MANY; i++)
		__atomic_load_n(at, __ATOMIC_RELAXED);
}

static void store_at(uint64_t *at)
{
	for (size_t i = 0; i < MANY; i++)
		__atomic_store_n(at, i, __ATOMIC_RELAXED);
}

static void add_at(uint64_t *at)
{
	for (size_t i = 0; i < MANY; i++)
		__atomic_fetch_add(at, 1, __ATOMIC_RELAXED);
}

static uint64_t cost(void (*access)(uint64_t *at), size_t offset)
{
	uint64_t sample[MANY];

	for (size_t i = 0; i < MANY; i++) {
		uint64_t start = obs_clock();

		access(object(offset));
		sample[i] = obs_clock() - start;
	}
	return obs_median(sample, MANY);
}

static void say(struct rep *r, const char *what, void (*use)(uint64_t *))
{
	double one = cost(use, 0);

	rep_note(r,
		 "%-7s odd %.1f, two lines %.1f, two pages %.1f times aligned",
		 what, cost(use, 1) / one, cost(use, LINE - HALF) / one,
		 cost(use, page_size - HALF) / one);
}

/* Does the kernel, or the processor, object to atomics across lines? */
static bool objects(void)
{
	char text[8192] = "";
	FILE *file = fopen("/proc/cpuinfo", "r");

	if (!file || !fread(text, 1, sizeof(text) - 1, file) || fclose(file))
		return true;
	return !strstr(text, " lm ") || strstr(text, "split_lock") ||
	       strstr(text, "bus_lock");
}

static void take_time(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	rep_because(r, "all pages are there: what may differ is the time");
	obs_begin(window);
	say(r, "load:", load_at);
	say(r, "store:", store_at);
	obs_end(window);
	rep_saw_faults(r, window);
	if (!objects())
		say(r, "atomic:", add_at);
}

static const struct rep_step steps[] = {
	{ "Who aligns? Not sbrk(), but malloc() and the compiler.", "S23",
	  pad_blocks, "sbrk(1), malloc() of 1 to 64 bytes, and a struct." },
	{ "Objects that lie within a page.", "S23", store_aligned },
	{ "Objects that lie across two.", "S23", store_across },
	{ "What it takes to get at eight bytes.", "S23", take_time },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/align",
	.title = "what alignment buys",
	.lesson =
		"Within a line of the cache, alignment hardly matters. Across lines and pages it does: two faults, slow stores, very slow atomics.",
	REP_STEPS(steps),
	.pages = 32,
	.copies = 2,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
