/* SPDX-License-Identifier: MIT */
/*
 * pool.h - the pool that you write, as others call it. Leave this file as it
 * is: you are graded with our copy.
 *
 * A pool sets blocks of one size aside, and hands them out and takes them back
 * in constant time.
 */
#ifndef POOL_H
#define POOL_H

#include <stddef.h>

/* Every block begins at a multiple of this. */
#define POOL_ALIGN 16

struct pool; /* yours to define */

/**
 * pool_create() - set blocks of one size aside
 * @block_size: bytes a block, at least 1
 * @blocks: how many, at least 1, at most a million
 * @pool: where to put the pool
 *
 * Memory comes from mmap(). There may be several pools at a time.
 *
 * Return: 0; -EINVAL when @block_size or @blocks is 0; -ENOMEM when there is not
 * so much memory, also when a product wraps.
 */
int pool_create(size_t block_size, size_t blocks, struct pool **pool);

/**
 * pool_alloc() - take a block
 * @pool: the pool
 *
 * Return: a block that is not out, at a multiple of POOL_ALIGN; NULL with errno
 * ENOMEM when all are out.
 */
void *pool_alloc(struct pool *pool);

/**
 * pool_free() - put a block back
 * @pool: the pool
 * @block: any pointer
 *
 * The bytes of the block stay as they are, and its page is not written to.
 *
 * Return: 0; -EINVAL, and nothing changed, when @block is not the start of a
 * block of this pool that is out.
 */
int pool_free(struct pool *pool, void *block);

/**
 * pool_left() - how many blocks can still be had
 * @pool: the pool
 *
 * Return: a count.
 */
size_t pool_left(const struct pool *pool);

/**
 * pool_destroy() - give all memory of a pool back, whatever is still out
 * @pool: the pool
 */
void pool_destroy(struct pool *pool);

#endif
