// SPDX-License-Identifier: MIT
/*
 * pool.c - blocks of one size.
 *
 * The file you hand in. The handout tells what to do, pool.h what each function
 * has to keep. You may change all of it.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>

#include "pool.h"

struct pool {
#ifdef SOLUTION
	size_t bytes; /* of the mapping that all of it is in */
	size_t size; /* of a block */
	size_t blocks;
	size_t left;
	char *memory; /* the first block */
	bool *out; /* of each block */
	uint32_t *unused; /* a stack of the numbers of those that are not */
#else
	/* What do you have to know of a pool? Part 1. */
	size_t blocks;
#endif
};

#ifdef SOLUTION
#define TOO_MUCH ((size_t)1 << 45)

static size_t round_up(size_t bytes, size_t to)
{
	return (bytes + to - 1) / to * to;
}

/* The pool, the stack, who is out; and on pages of their own the blocks. */
static int lay_out(struct pool *plan, size_t *blocks_at)
{
	size_t head = round_up(
		sizeof(*plan) + plan->blocks * (sizeof(uint32_t) + 1), 65536);

	if (plan->size > TOO_MUCH / plan->blocks)
		return -ENOMEM;
	*blocks_at = head;
	plan->bytes = head + plan->size * plan->blocks;
	return 0;
}
#else
/* Part 1: where does everything go? */
#endif

int pool_create(size_t block_size, size_t blocks, struct pool **pool)
{
#ifdef SOLUTION
	struct pool plan = { .blocks = blocks, .left = blocks };
	size_t blocks_at;
	struct pool *made;

	if (!block_size || !blocks)
		return -EINVAL;
	if (block_size > TOO_MUCH || blocks > UINT32_MAX)
		return -ENOMEM;
	plan.size = round_up(block_size, POOL_ALIGN);
	if (lay_out(&plan, &blocks_at))
		return -ENOMEM;
	made = mmap(NULL, plan.bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		return -ENOMEM;
	*made = plan;
	made->unused = (uint32_t *)(made + 1);
	made->out = (bool *)(made->unused + blocks);
	made->memory = (char *)made + blocks_at;
	for (size_t i = 0; i < blocks; i++)
		made->unused[i] = (uint32_t)(blocks - 1 - i);
	*pool = made;
	return 0;
#else
	return -ENOSYS;
#endif
}

void *pool_alloc(struct pool *pool)
{
#ifdef SOLUTION
	uint32_t number;

	if (!pool->left) {
		errno = ENOMEM;
		return NULL;
	}
	number = pool->unused[--pool->left];
	pool->out[number] = true;
	return pool->memory + number * pool->size;
#else
	errno = ENOSYS;
	return NULL;
#endif
}

int pool_free(struct pool *pool, void *block)
{
#ifdef SOLUTION
	size_t offset = (uintptr_t)block - (uintptr_t)pool->memory;
	size_t number = offset / pool->size;

	if ((char *)block < pool->memory || number >= pool->blocks ||
	    offset % pool->size || !pool->out[number])
		return -EINVAL;
	pool->out[number] = false;
	pool->unused[pool->left++] = (uint32_t)number;
	return 0;
#else
	return -ENOSYS;
#endif
}

size_t pool_left(const struct pool *pool)
{
#ifdef SOLUTION
	return pool->left;
#else
	return 0;
#endif
}

void pool_destroy(struct pool *pool)
{
#ifdef SOLUTION
	munmap(pool, pool->bytes);
#else
	/* Part 1. */
#endif
}
