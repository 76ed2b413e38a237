// SPDX-License-Identifier: MIT
/*
 * Many tiny objects that die young, as arithmetic with numbers of any length
 * makes them: two operands, a product, a remainder, and a few results kept.
 *
 * Usage: tiny [STEPS]
 */
#include "bench.h"

#define KEPT 512

static uint64_t *number(uint64_t *random, size_t words)
{
	uint64_t *digits = bench_malloc((words + 1) * sizeof(*digits));

	digits[0] = words;
	for (size_t i = 1; i <= words; i++)
		digits[i] = bench_next(random);
	return digits;
}

static uint64_t *product(const uint64_t *a, const uint64_t *b)
{
	size_t words = a[0] + b[0];
	uint64_t *out = bench_malloc((words + 1) * sizeof(*out));

	out[0] = words;
	for (size_t i = 1; i <= words; i++)
		out[i] = a[1 + i % a[0]] * b[1 + i % b[0]];
	return out;
}

int main(int argc, char **argv)
{
	size_t steps = bench_count(argv, 1, 15000000);
	uint64_t random = bench_seed(1);
	uint64_t *kept[KEPT] = { NULL };

	for (size_t i = 0; i < steps; i++) {
		uint64_t *a = number(&random, 1 + i % 3);
		uint64_t *b = number(&random, 1 + i % 2);
		uint64_t *c = product(a, b);
		size_t place = bench_below(&random, KEPT * 4);

		free(a);
		if (place < KEPT) {
			free(kept[place]);
			kept[place] = c;
		} else {
			free(c);
		}
		free(b);
	}
	return 0;
}
