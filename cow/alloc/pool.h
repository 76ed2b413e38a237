/* SPDX-License-Identifier: MIT */
/*
 * The pool: blocks of one size, set aside at the beginning.
 */
#ifndef COW_ALLOC_POOL_H
#define COW_ALLOC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a pool keeps the list of its free blocks. */
enum pool_list { POOL_LIST_OUTSIDE, POOL_LIST_INSIDE };

struct pool;

/**
 * pool_create() - set blocks of one size aside
 * @block_size: bytes a block, at least 1; rounded up to HEAP_ALIGN
 * @blocks: how many, at least 1
 * @list: POOL_LIST_OUTSIDE leaves free blocks untouched, POOL_LIST_INSIDE
 *	keeps the link in them, which writes to a block when it is freed
 * @pool: where to put the handle
 *
 * Return: 0, -EINVAL, -ENOMEM (also for a product that wraps).
 */
int pool_create(size_t block_size, size_t blocks, enum pool_list list,
		struct pool **pool);

/**
 * pool_alloc() - take a block, in constant time
 * @pool: the pool
 *
 * Return: a block, or NULL with errno ENOMEM when all are out.
 */
void *pool_alloc(struct pool *pool);

/**
 * pool_free() - put a block back, in constant time
 * @pool: the pool
 * @ptr: a block that is out
 *
 * Return: 0, or -EINVAL with nothing changed when @ptr is foreign, not the
 * start of a block, or not out.
 */
int pool_free(struct pool *pool, void *ptr);

/**
 * pool_left() - blocks that can still be had
 * @pool: the pool
 *
 * Return: a count.
 */
size_t pool_left(struct pool *pool);

/**
 * pool_destroy() - give the memory of a pool back, whatever is still out
 * @pool: the pool, or NULL
 */
void pool_destroy(struct pool *pool);

#ifdef __cplusplus
}
#endif

#endif
