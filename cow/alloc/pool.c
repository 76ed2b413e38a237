// SPDX-License-Identifier: MIT
/*
 * The pool: blocks of one size, all set aside at the beginning, handed out and
 * taken back in constant time.
 *
 * The list of free blocks is a stack.  Kept outside, in a table beside the
 * blocks, freeing does not write to a block; kept inside, the first word of a
 * free block is the link, and freeing after a fork copies its page.  Which
 * blocks are out is a bitmap in either case, so a wrong pointer is found.
 */
#include "internal.h"

#include <errno.h>
#include <sys/mman.h>

struct pool {
	struct lock lock;
	size_t bytes; /* of the whole mapping */
	size_t block_size;
	size_t blocks;
	size_t left;
	size_t unused; /* blocks from here on were never out, nor in the list */
	uint32_t first; /* of the list, counted from 1; 0 is none */
	bool inside;
	unsigned char *out; /* one bit a block */
	uint32_t *links; /* one a block, unless they are inside */
	char *memory;
};

/* Where everything goes in the mapping; -ENOMEM when the sum wraps. */
static int pool_lay_out(struct pool *pool)
{
	size_t links = pool->inside ? 0 : pool->blocks * sizeof(uint32_t);
	size_t head =
		heap_page_up(sizeof(*pool) + links + (pool->blocks + 7) / 8);
	size_t bytes;

	if (__builtin_mul_overflow(pool->block_size, pool->blocks, &bytes) ||
	    bytes > HEAP_MOST)
		return -ENOMEM;
	pool->bytes = heap_page_up(head + bytes);
	return 0;
}

int pool_create(size_t block_size, size_t blocks, enum pool_list list,
		struct pool **pool)
{
	struct pool plan = { .blocks = blocks, .left = blocks };
	struct pool *made;

	if (!block_size || !blocks)
		return -EINVAL;
	if (block_size > HEAP_MOST || blocks >= UINT32_MAX)
		return -ENOMEM;
	plan.block_size = (block_size + HEAP_ALIGN - 1) &
			  ~(size_t)(HEAP_ALIGN - 1);
	plan.inside = list == POOL_LIST_INSIDE;
	if (pool_lay_out(&plan))
		return -ENOMEM;
	made = mmap(NULL, plan.bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		return -ENOMEM;
	*made = plan;
	made->links = plan.inside ? NULL : (uint32_t *)(made + 1);
	made->out = (unsigned char *)(made + 1) +
		    (plan.inside ? 0 : blocks * sizeof(uint32_t));
	made->memory = (char *)made + plan.bytes -
		       heap_page_up(plan.block_size * blocks);
	fork_register(&made->lock);
	*pool = made;
	return 0;
}

static uint32_t *pool_link(struct pool *pool, size_t number)
{
	if (pool->inside)
		return (uint32_t *)(pool->memory + number * pool->block_size);
	return &pool->links[number];
}

static bool pool_is_out(const struct pool *pool, size_t number)
{
	return pool->out[number / 8] >> number % 8 & 1;
}

/* The number of a block to hand out; the list first, then untouched ones. */
static size_t pool_pop(struct pool *pool)
{
	size_t number;

	if (!pool->first)
		return pool->unused++;
	number = pool->first - 1;
	pool->first = *pool_link(pool, number);
	return number;
}

void *pool_alloc(struct pool *pool)
{
	void *block = NULL;
	size_t number;

	if (lock_take(&pool->lock)) {
		errno = EDEADLK;
		return NULL;
	}
	if (pool->left) {
		number = pool_pop(pool);
		pool->left--;
		pool->out[number / 8] |= 1 << number % 8;
		block = pool->memory + number * pool->block_size;
	}
	lock_drop(&pool->lock);
	if (!block)
		errno = ENOMEM;
	return block;
}

static int pool_push(struct pool *pool, const void *ptr)
{
	size_t offset = (uintptr_t)ptr - (uintptr_t)pool->memory;
	size_t number = offset / pool->block_size;

	if ((uintptr_t)ptr < (uintptr_t)pool->memory ||
	    number >= pool->blocks || offset % pool->block_size ||
	    !pool_is_out(pool, number))
		return -EINVAL;
	pool->out[number / 8] &= ~(1 << number % 8);
	*pool_link(pool, number) = pool->first;
	pool->first = (uint32_t)number + 1;
	pool->left++;
	return 0;
}

int pool_free(struct pool *pool, void *ptr)
{
	int err = lock_take(&pool->lock);

	if (err)
		return err;
	err = pool_push(pool, ptr);
	lock_drop(&pool->lock);
	return err;
}

size_t pool_left(struct pool *pool)
{
	size_t left;

	if (lock_take(&pool->lock))
		return 0;
	left = pool->left;
	lock_drop(&pool->lock);
	return left;
}

void pool_destroy(struct pool *pool)
{
	if (!pool)
		return;
	fork_forget(&pool->lock);
	munmap(pool, pool->bytes);
}
