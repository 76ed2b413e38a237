// SPDX-License-Identifier: MIT
/*
 * Builds the heap that the fork benchmarks fork: see live.h. Its books lie in
 * a mapping of their own, so that the allocator's pages hold objects only.
 */
#include "live.h"

#include <stdio.h>

#include "bench.h"
#include "observe/observe.h"

/* table[i] is 16 * 64^(i / 1024): any ratio of sizes is as likely as another. */
static uint16_t table[1025];

static void fill_table(void)
{
	double size = 16;

	for (size_t i = 0; i <= 1024; i++) {
		table[i] = (uint16_t)size;
		size *= 1.00406962; /* the 1024th root of 64 */
	}
}

size_t live_size(uint64_t *random)
{
	return table[bench_below(random, 1025)];
}

static struct object make(size_t size, int value)
{
	return (struct object){ bench_block(size, value), size };
}

void live_add(struct live *live, size_t size)
{
	if (live->count == live->room)
		errx(1, "no room for %zu objects", live->room + 1);
	live->object[live->count] = make(size, (int)live->count);
	live->count++;
}

void live_remove(struct live *live, size_t which)
{
	free(live->object[which].at);
	live->object[which] = live->object[--live->count];
}

void live_replace(struct live *live, size_t which)
{
	free(live->object[which].at);
	live->object[which] = make(live_size(&live->random), (int)which);
}

void live_build(struct live *live, size_t bytes, uint64_t seed)
{
	size_t filled = 0, n;

	/* Sizes average about 240 bytes; tests add up to 100,000 more. */
	fill_table();
	live->room = bytes / 150 + 200000;
	live->object = bench_books(live->room * sizeof(*live->object));
	live->count = 0;
	live->random = bench_seed(seed);
	while (filled < bytes) {
		size_t size = live_size(&live->random);

		live_add(live, size);
		filled += size;
	}
	n = 0;
	for (size_t i = 0; i < live->count; i++) {
		if (bench_below(&live->random, 10) < 3)
			free(live->object[i].at);
		else
			live->object[n++] = live->object[i];
	}
	live->count = n;
	for (size_t i = 0; i < live->count; i++)
		if (bench_below(&live->random, 5) == 0)
			live_replace(live, i);
}

void live_own_books(struct live *live)
{
	if (madvise(live->object, live->room * sizeof(*live->object),
		    MADV_POPULATE_WRITE))
		err(1, "madvise the books");
}

size_t live_rss(void)
{
	FILE *statm = fopen("/proc/self/statm", "r");
	size_t pages;

	if (!statm || fscanf(statm, "%*u %zu", &pages) != 1)
		err(1, "/proc/self/statm");
	fclose(statm);
	return pages;
}
