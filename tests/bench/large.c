// SPDX-License-Identifier: MIT
/*
 * Blocks of 64 KiB to 8 MiB, a page of each four written, a few kept alive:
 * does each cost two system calls and a fault a page?
 *
 * Usage: large [STEPS]
 */
#include "bench.h"
#include "observe/observe.h"

#define KEPT 16

int main(int argc, char **argv)
{
	size_t steps = bench_count(argv, 1, 2000);
	uint64_t random = bench_seed(5);
	char *kept[KEPT] = { NULL };
	size_t page = obs_page_size();

	for (size_t i = 0; i < steps; i++) {
		size_t place = bench_below(&random, KEPT);
		size_t size = 65536UL << bench_below(&random, 7);

		size += bench_below(&random, size);
		free(kept[place]);
		kept[place] = bench_malloc(size);
		touch_write_pages(kept[place], size / (4 * page), 4 * page, 1);
	}
	return 0;
}
