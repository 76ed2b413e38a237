/* SPDX-License-Identifier: MIT */
/*
 * What the benchmarks' workloads share: random numbers, sizes, and memory for
 * their own books, which must not come from the allocator under test.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <err.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* xorshift64: two workloads with the same seed ask for the same sizes. */
static inline uint64_t bench_next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return *state = x;
}

/* A number below a limit of at most 32 bits, without a division. */
static inline size_t bench_below(uint64_t *state, size_t limit)
{
	return (size_t)(((bench_next(state) >> 32) * limit) >> 32);
}

static inline uint64_t bench_seed(uint64_t seed)
{
	return (seed + 1) * 0x9e3779b97f4a7c15;
}

static inline void *bench_check(void *p, const char *call, size_t size)
{
	if (!p)
		err(1, "%s(%zu)", call, size);
	return p;
}

static inline void *bench_malloc(size_t size)
{
	return bench_check(malloc(size), "malloc", size);
}

/* A block as programs use it: written from its first to its last byte. */
static inline void *bench_block(size_t size, int value)
{
	return memset(bench_malloc(size), value, size);
}

/* Memory for a workload's books, there before it is first written. */
static inline void *bench_books(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap %zu bytes for the books", size);
	return p;
}

/* A count from the command line; @fallback where there is none. */
static inline size_t bench_count(char **argv, int n, size_t fallback)
{
	char *end;
	unsigned long long value;

	for (int i = 1; i <= n; i++)
		if (!argv[i])
			return fallback;
	errno = 0;
	value = strtoull(argv[n], &end, 10);
	if (errno || *end || end == argv[n] || value > UINT32_MAX)
		errx(2, "'%s' is no count; usage: see the top of the source",
		     argv[n]);
	return value;
}

#endif
