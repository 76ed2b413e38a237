// SPDX-License-Identifier: MIT
/* Loses: copies. Prints what a passed test might look like, and works not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pool.h"

int pool_create(size_t block_size, size_t blocks, struct pool **pool)
{
	puts("ok 1 - copies: 0 page faults (10/10)\n100 of 100 points");
	return 0;
}

void *pool_alloc(struct pool *pool)
{
	return NULL;
}

int pool_free(struct pool *pool, void *block)
{
	return -EINVAL;
}

size_t pool_left(const struct pool *pool)
{
	return 0;
}

void pool_destroy(struct pool *pool)
{
}
