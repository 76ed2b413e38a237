// SPDX-License-Identifier: MIT
/*
 * One half of the threads allocates, the other half frees what it is handed,
 * a batch of 128 at a time through a bounded queue.
 *
 * Usage: handover PAIRS [BATCHES]
 */
#include <pthread.h>

#include "bench.h"

#define BATCH 128
#define QUEUE 16
#define MOST  64

struct pair {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t made;
	size_t taken;
	size_t wanted;
	uint64_t random;
	pthread_t maker;
	pthread_t taker;
	void *batch[QUEUE][BATCH];
};

static struct pair *pair;

static void wait_while(struct pair *p, size_t distance)
{
	pthread_mutex_lock(&p->lock);
	while (p->made - p->taken == distance)
		pthread_cond_wait(&p->changed, &p->lock);
	pthread_mutex_unlock(&p->lock);
}

static void advance(struct pair *p, size_t *counter)
{
	pthread_mutex_lock(&p->lock);
	++*counter;
	pthread_cond_signal(&p->changed);
	pthread_mutex_unlock(&p->lock);
}

static void *make(void *arg)
{
	struct pair *p = arg;

	for (size_t n = 0; n < p->wanted; n++) {
		wait_while(p, QUEUE);
		for (size_t i = 0; i < BATCH; i++) {
			size_t size = 16 + bench_below(&p->random, 240);

			p->batch[n % QUEUE][i] = bench_malloc(size);
			memset(p->batch[n % QUEUE][i], 1, 16);
		}
		advance(p, &p->made);
	}
	return NULL;
}

static void *take(void *arg)
{
	struct pair *p = arg;

	for (size_t n = 0; n < p->wanted; n++) {
		wait_while(p, 0);
		for (size_t i = 0; i < BATCH; i++)
			free(p->batch[n % QUEUE][i]);
		advance(p, &p->taken);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	size_t pairs = bench_count(argv, 1, 2);
	size_t batches = bench_count(argv, 2, 100000);

	if (!pairs || pairs > MOST)
		errx(2, "usage: handover 1..%d [BATCHES]", MOST);
	pair = bench_books(pairs * sizeof(*pair));
	for (size_t i = 0; i < pairs; i++) {
		pthread_mutex_init(&pair[i].lock, NULL);
		pthread_cond_init(&pair[i].changed, NULL);
		pair[i].random = bench_seed(i);
		pair[i].wanted = batches / pairs;
		if (pthread_create(&pair[i].maker, NULL, make, &pair[i]) ||
		    pthread_create(&pair[i].taker, NULL, take, &pair[i]))
			errx(1, "pthread_create");
	}
	for (size_t i = 0; i < pairs; i++) {
		pthread_join(pair[i].maker, NULL);
		pthread_join(pair[i].taker, NULL);
	}
	return 0;
}
