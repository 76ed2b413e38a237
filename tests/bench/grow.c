// SPDX-License-Identifier: MIT
/*
 * Vectors that grow by realloc(), an element at a time, doubling or by half;
 * many small ones at once, and now and then a large one.
 *
 * Usage: grow [VECTORS]
 */
#include "bench.h"

#define SIDE_BY_SIDE 32
#define AT_A_TIME    8

struct vector {
	uint64_t *at;
	size_t count;
	size_t room;
	size_t wanted;
};

static void push(struct vector *vector, uint64_t value)
{
	if (vector->count == vector->room) {
		size_t more = vector->wanted & 1 ? vector->room :
						   vector->room / 2;
		size_t size;

		vector->room += more + 2;
		size = vector->room * sizeof(value);
		vector->at =
			bench_check(realloc(vector->at, size), "realloc", size);
	}
	vector->at[vector->count++] = value;
}

/* All is where it was pushed, however often it moved. */
static void check(const struct vector *vector)
{
	for (size_t i = 0; i < vector->count; i++)
		if (vector->at[i] != i % AT_A_TIME)
			errx(1, "element %zu is %llu", i,
			     (unsigned long long)vector->at[i]);
}

static struct vector fresh(uint64_t *random)
{
	size_t wanted = 1 + bench_below(random, 400);

	/* One in 256 is large. */
	if (bench_below(random, 256) == 0)
		wanted *= 400;
	return (struct vector){ .wanted = wanted };
}

int main(int argc, char **argv)
{
	size_t left = bench_count(argv, 1, 250000);
	uint64_t random = bench_seed(4);
	struct vector vector[SIDE_BY_SIDE] = { 0 };

	while (left) {
		for (size_t i = 0; i < SIDE_BY_SIDE && left; i++) {
			struct vector *v = &vector[i];

			for (size_t n = 0;
			     n < AT_A_TIME && v->count < v->wanted; n++)
				push(v, n);
			if (v->count == v->wanted) {
				check(v);
				free(v->at);
				*v = fresh(&random);
				left--;
			}
		}
	}
	return 0;
}
