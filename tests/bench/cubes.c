// SPDX-License-Identifier: MIT
/*
 * Sets of small bit rows, built, joined and dropped as a logic minimizer does:
 * a block for the set, a block a row, rows of two or three sizes, most of them
 * gone with the next step.
 *
 * Usage: cubes [STEPS]
 */
#include "bench.h"

#define SETS 64

struct set {
	size_t rows;
	size_t words;
	uint32_t *row[];
};

static struct set *new_set(uint64_t *random, size_t rows, size_t words)
{
	struct set *set = bench_malloc(sizeof(*set) + rows * sizeof(void *));

	set->rows = rows;
	set->words = words;
	for (size_t i = 0; i < rows; i++) {
		set->row[i] = bench_malloc(words * sizeof(uint32_t));
		for (size_t j = 0; j < words; j++)
			set->row[i][j] = (uint32_t)bench_next(random);
	}
	return set;
}

static void drop(struct set *set)
{
	if (!set)
		return;
	for (size_t i = 0; i < set->rows; i++)
		free(set->row[i]);
	free(set);
}

/* The rows of both, each in the size of the first. */
static struct set *join(const struct set *a, const struct set *b)
{
	size_t rows = a->rows + b->rows;
	struct set *set = bench_malloc(sizeof(*set) + rows * sizeof(void *));

	set->rows = rows;
	set->words = a->words;
	for (size_t i = 0; i < rows; i++) {
		const struct set *from = i < a->rows ? a : b;
		const uint32_t *row = from->row[i < a->rows ? i : i - a->rows];

		set->row[i] = bench_malloc(a->words * sizeof(uint32_t));
		for (size_t j = 0; j < a->words; j++)
			set->row[i][j] = row[j % from->words];
	}
	return set;
}

int main(int argc, char **argv)
{
	size_t steps = bench_count(argv, 1, 400000);
	uint64_t random = bench_seed(2);
	struct set *sets[SETS] = { NULL };

	for (size_t i = 0; i < steps; i++) {
		size_t words = 4 + 3 * bench_below(&random, 3);
		struct set *a = new_set(&random, 4 + i % 29, words);
		struct set *b = new_set(&random, 4 + i % 13, words + 1);
		size_t place = bench_below(&random, SETS);

		drop(sets[place]);
		sets[place] = join(a, b);
		drop(a);
		drop(b);
	}
	for (size_t i = 0; i < SETS; i++)
		drop(sets[i]);
	return 0;
}
