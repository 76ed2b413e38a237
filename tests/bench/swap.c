// SPDX-License-Identifier: MIT
/*
 * Threads that swap blocks with each other through a shared table, at random:
 * a block is seldom freed where it was made, sizes vary widely, and the
 * threads end and start anew a few times.
 *
 * Usage: swap THREADS [TURNS]
 */
#include <pthread.h>

#include "bench.h"

#define TABLE 1000
#define STEPS 25000
#define MINE  100
#define MOST  256

static void *shared[TABLE];
static uint64_t seeds[MOST];

static void *any_block(uint64_t *random)
{
	size_t size = 8UL << bench_below(random, 8);

	/* One in 1000 is large. */
	if (bench_below(random, 1000) == 0)
		size = 65536 + bench_below(random, 100000);
	else
		size += bench_below(random, size);
	return memset(bench_malloc(size), 1, size < 256 ? size : 256);
}

static void *work(void *arg)
{
	uint64_t *random = arg;
	void *mine[MINE] = { NULL };

	for (size_t i = 0; i < STEPS; i++) {
		void **at = &mine[bench_below(random, MINE)];

		free(*at);
		*at = any_block(random);
		if (i & 1)
			*at = __atomic_exchange_n(
				&shared[bench_below(random, TABLE)], *at,
				__ATOMIC_ACQ_REL);
	}
	for (size_t i = 0; i < MINE; i++)
		free(mine[i]);
	return NULL;
}

int main(int argc, char **argv)
{
	size_t threads = bench_count(argv, 1, 4);
	size_t turns = bench_count(argv, 2, 200);
	pthread_t thread[MOST];

	if (!threads || threads > MOST)
		errx(2, "usage: swap 1..%d [TURNS]", MOST);
	for (size_t n = 0; n < turns; n += threads) {
		for (size_t i = 0; i < threads; i++) {
			seeds[i] = bench_seed(n + i);
			if (pthread_create(&thread[i], NULL, work, &seeds[i]))
				errx(1, "pthread_create");
		}
		for (size_t i = 0; i < threads; i++)
			pthread_join(thread[i], NULL);
	}
	for (size_t i = 0; i < TABLE; i++)
		free(shared[i]);
	return 0;
}
