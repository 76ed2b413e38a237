// SPDX-License-Identifier: MIT
/*
 * A number of blocks of one size, freed again in reverse or in the same order,
 * for several numbers and sizes: the fast path and little else.
 *
 * Usage: lifo [ROUNDS]
 */
#include "bench.h"

#define MOST 1600

static void *block[MOST];

static void round_trip(size_t count, size_t size, size_t round)
{
	for (size_t i = 0; i < count; i++) {
		block[i] = bench_malloc(size);
		*(char *)block[i] = (char)i;
	}
	for (size_t i = 0; i < count; i++)
		free(block[round & 1 ? i : count - 1 - i]);
}

int main(int argc, char **argv)
{
	static const size_t counts[] = { 25, 100, 400, MOST };
	static const size_t sizes[] = { 8, 16, 32, 64, 128, 256, 512, 1024 };
	size_t rounds = bench_count(argv, 1, 3000);

	for (size_t n = 0; n < 4; n++)
		for (size_t s = 0; s < 8; s++)
			for (size_t i = 0; i < rounds * MOST / counts[n] / 4;
			     i++)
				round_trip(counts[n], sizes[s], i);
	return 0;
}
