// SPDX-License-Identifier: MIT
/*
 * A server whose threads come and go: each replaces blocks of an array at
 * random, then ends, and its successor goes on with the same array, freeing
 * what another thread made.
 *
 * Usage: larson THREADS [SERVICES]
 */
#include <pthread.h>

#include "bench.h"

#define BLOCKS 2000
#define STEPS  20000
#define MOST   256

struct seat {
	pthread_t thread;
	uint64_t random;
	void *block[BLOCKS];
};

static struct seat *seat;

static void *serve(void *arg)
{
	struct seat *mine = arg;

	for (size_t i = 0; i < STEPS; i++) {
		size_t at = bench_below(&mine->random, BLOCKS);
		size_t size = 8 + bench_below(&mine->random, 500);
		char *p;

		free(mine->block[at]);
		p = bench_malloc(size);
		p[0] = 1;
		p[size - 1] = 1;
		mine->block[at] = p;
	}
	return NULL;
}

static void start(struct seat *who)
{
	int rc = pthread_create(&who->thread, NULL, serve, who);

	if (rc)
		errx(1, "pthread_create: %s", strerror(rc));
}

int main(int argc, char **argv)
{
	size_t threads = bench_count(argv, 1, 4);
	size_t services = bench_count(argv, 2, 600);

	if (!threads || threads > MOST)
		errx(2, "usage: larson 1..%d [SERVICES]", MOST);
	seat = bench_books(threads * sizeof(*seat));
	for (size_t i = 0; i < threads; i++) {
		seat[i].random = bench_seed(i);
		start(&seat[i]);
	}
	for (size_t n = threads; n < services; n += threads) {
		for (size_t i = 0; i < threads; i++) {
			pthread_join(seat[i].thread, NULL);
			start(&seat[i]);
		}
	}
	for (size_t i = 0; i < threads; i++)
		pthread_join(seat[i].thread, NULL);
	return 0;
}
