// SPDX-License-Identifier: MIT
/*
 * try.c - a place to play. `make` builds it together with your pool.c; it is
 * not graded. Change it as you like.
 */
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "pool.h"

#define BLOCKS 4000

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

int main(void)
{
	static void *block[BLOCKS];
	struct pool *pool;
	long before;

	if (pool_create(64, BLOCKS, &pool)) {
		puts("there is no pool yet");
		return 1;
	}
	for (int i = 0; i < BLOCKS; i++) {
		block[i] = pool_alloc(pool);
		memset(block[i], 1, 64);
	}
	printf("%zu left, one more: %p\n", pool_left(pool), pool_alloc(pool));
	fflush(stdout);
	if (!fork()) {
		before = faults();
		for (int i = 0; i < BLOCKS; i++)
			pool_free(pool, block[i]);
		printf("a child frees them all, page faults: %ld; its blocks are on %ld pages\n",
		       faults() - before, BLOCKS * 64 / sysconf(_SC_PAGESIZE));
		return 0;
	}
	wait(NULL);
	pool_destroy(pool);
	return 0;
}
