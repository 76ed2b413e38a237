// SPDX-License-Identifier: MIT
/*
 * Do two threads' small blocks share a cache line? Each thread gets a small
 * block from the first one, frees it, and then makes, writes many times and
 * frees small blocks of its own.
 *
 * Usage: scratch THREADS [STEPS]
 */
#include <pthread.h>

#include "bench.h"
#include "observe/observe.h"

#define SIZE   8
#define WRITES 200
#define MOST   256

static size_t steps;

static void *work(void *arg)
{
	free(arg);
	for (size_t n = 0; n < steps; n++) {
		char *p = bench_malloc(SIZE);

		for (size_t i = 0; i < WRITES; i++)
			touch_write(&p[i % SIZE], (char)i);
		free(p);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	size_t threads = bench_count(argv, 1, 4);
	pthread_t thread[MOST];
	void *given[MOST];

	if (!threads || threads > MOST)
		errx(2, "usage: scratch 1..%d [STEPS]", MOST);
	steps = bench_count(argv, 2, 5000000 / threads);
	for (size_t i = 0; i < threads; i++)
		given[i] = bench_block(SIZE, 1);
	for (size_t i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, work, given[i]))
			errx(1, "pthread_create");
	for (size_t i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	return 0;
}
