// SPDX-License-Identifier: MIT
/*
 * A buffer of the caller's as the source of memory: all of it at once, and then
 * no more.  For tests and simulations, where the end must come at a known byte.
 */
#include "internal.h"

#include <errno.h>

static void *fixed_take(struct heap *heap, size_t *bytes)
{
	const struct heap_config *config = &heap->config;
	size_t lead = -(uintptr_t)config->buffer & (HEAP_ALIGN - 1);

	if (heap->buffer_taken || config->buffer_size < lead + *bytes)
		return NULL;
	heap->buffer_taken = true;
	*bytes = (config->buffer_size - lead) & ~(size_t)(HEAP_ALIGN - 1);
	return (char *)config->buffer + lead;
}

static int fixed_give(struct heap *heap, void *start, size_t bytes)
{
	(void)start;
	(void)bytes;
	heap->buffer_taken = false;
	return 0;
}

const struct backend backend_fixed = {
	.name = "fixed",
	.take = fixed_take,
	.give = fixed_give,
};
