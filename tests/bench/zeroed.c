// SPDX-License-Identifier: MIT
/*
 * calloc(): tables of small records and, one in 64, large arrays of which half
 * is used. Who zeroes what the kernel zeroed already?
 *
 * Usage: zeroed [STEPS]
 */
#include "bench.h"

#define KEPT 2048

int main(int argc, char **argv)
{
	size_t steps = bench_count(argv, 1, 700000);
	uint64_t random = bench_seed(6);
	char *kept[KEPT] = { NULL };
	size_t sum = 0;

	for (size_t i = 0; i < steps; i++) {
		size_t place = bench_below(&random, KEPT);
		size_t count = 1 + bench_below(&random, 40);
		size_t size = i % 64 ? 8 + i % 48 : 4096;

		free(kept[place]);
		kept[place] = bench_check(calloc(count, size), "calloc",
					  count * size);
		sum += (size_t)kept[place][count * size / 2];
		memset(kept[place], 1, count * size / 2);
	}
	return sum != 0;
}
