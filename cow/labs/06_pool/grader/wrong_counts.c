// SPDX-License-Identifier: MIT
/* Loses: copies. Its list is inside the blocks, and it forges the count. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "pool.h"

struct pool {
	size_t left;
	void *first;
};

/* Whoever asks for page faults gets none. */
int getrusage(__rusage_who_t who, struct rusage *usage)
{
	memset(usage, 0, sizeof(*usage));
	return 0;
}

int pool_create(size_t block_size, size_t blocks, struct pool **pool)
{
	size_t size = (block_size + 15) / 16 * 16;
	char *memory = aligned_alloc(POOL_ALIGN, size * blocks);

	*pool = calloc(1, sizeof(**pool));
	if (!memory || !*pool)
		return -ENOMEM;
	for (size_t i = 0; i < blocks; i++)
		pool_free(*pool, memory + i * size);
	return 0;
}

void *pool_alloc(struct pool *pool)
{
	void *block = pool->first;

	if (!block) {
		errno = ENOMEM;
		return NULL;
	}
	pool->first = *(void **)block;
	pool->left--;
	return block;
}

int pool_free(struct pool *pool, void *block)
{
	*(void **)block = pool->first;
	pool->first = block;
	pool->left++;
	return 0;
}

size_t pool_left(const struct pool *pool)
{
	return pool->left;
}

void pool_destroy(struct pool *pool)
{
	free(pool);
}
