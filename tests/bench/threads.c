// SPDX-License-Identifier: MIT
/*
 * Each thread on its own: batches of small blocks of sizes that repeat, of
 * which some are freed in order, some in reverse, and every third batch stays
 * until the next but two.
 *
 * Usage: threads THREADS [BATCHES]
 */
#include <pthread.h>

#include "bench.h"

#define BATCH 1000
#define HELD  3
#define MOST  256

struct worker {
	pthread_t thread;
	uint64_t random;
	size_t batches;
	void *held[HELD][BATCH];
};

static struct worker *worker;

static void drop(void **batch, size_t n)
{
	for (size_t i = 0; i < BATCH; i++) {
		size_t at = n & 1 ? i : BATCH - 1 - i;

		free(batch[at]);
		batch[at] = NULL;
	}
}

static void *work(void *arg)
{
	struct worker *me = arg;

	for (size_t n = 0; n < me->batches; n++) {
		void **batch = me->held[n % HELD];

		drop(batch, n);
		for (size_t i = 0; i < BATCH; i++) {
			/* Mostly small: the square of the range. */
			size_t x = bench_below(&me->random, 32);

			batch[i] = bench_malloc(8 + x * x);
			*(char *)batch[i] = 1;
		}
		if (n % HELD)
			drop(batch, n + 1);
	}
	for (size_t i = 0; i < HELD; i++)
		drop(me->held[i], i);
	return NULL;
}

int main(int argc, char **argv)
{
	size_t threads = bench_count(argv, 1, 4);
	size_t batches = bench_count(argv, 2, 16000);

	if (!threads || threads > MOST)
		errx(2, "usage: threads 1..%d [BATCHES]", MOST);
	worker = bench_books(threads * sizeof(*worker));
	for (size_t i = 0; i < threads; i++) {
		worker[i].random = bench_seed(i);
		worker[i].batches = batches / threads;
		if (pthread_create(&worker[i].thread, NULL, work, &worker[i]))
			errx(1, "pthread_create");
	}
	for (size_t i = 0; i < threads; i++)
		pthread_join(worker[i].thread, NULL);
	return 0;
}
