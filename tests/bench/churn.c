// SPDX-License-Identifier: MIT
/*
 * A set of live objects, one of which at random is replaced at each step; all
 * are written when made. Three arguments make the mixes: how many, from which
 * size, to which size (small ones more often).
 *
 * Usage: churn OBJECTS FROM TO [STEPS]
 */
#include "bench.h"

static size_t mixed(uint64_t *random, size_t from, size_t to)
{
	size_t limit = to;

	/* Halve the range as long as a coin says so. */
	while (limit > 2 * from && bench_next(random) >> 63)
		limit /= 2;
	return from + bench_below(random, limit - from + 1);
}

int main(int argc, char **argv)
{
	size_t count = bench_count(argv, 1, 100000);
	size_t from = bench_count(argv, 2, 16);
	size_t to = bench_count(argv, 3, 1024);
	size_t steps = bench_count(argv, 4, 4000000);
	uint64_t random = bench_seed(3);
	void **live;

	if (!count || !from || to < from)
		errx(2, "usage: churn OBJECTS FROM TO [STEPS]");
	live = bench_books(count * sizeof(*live));
	for (size_t i = 0; i < steps; i++) {
		size_t at = bench_below(&random, count);

		free(live[at]);
		live[at] = bench_block(mixed(&random, from, to), (int)i);
	}
	for (size_t i = 0; i < count; i++)
		free(live[i]);
	return 0;
}
