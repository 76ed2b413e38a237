/* SPDX-License-Identifier: MIT */
/* A heap for a test: opened by its configuration in words, closed if whole. */
#ifndef TESTS_UNIT_HEAP_OF_H
#define TESTS_UNIT_HEAP_OF_H

#include "alloc/alloc.h"

static inline struct heap *open_heap(const char *text)
{
	struct heap_config config = { .on_misuse = HEAP_QUIET };
	struct heap *heap;

	assert_int_equal(heap_config_parse(text, &config, NULL), 0);
	assert_int_equal(heap_open(&config, &heap), 0);
	return heap;
}

static inline struct heap_stats stats_of(struct heap *heap)
{
	struct heap_stats stats;

	heap_stats(heap, &stats);
	return stats;
}

static inline void close_whole(struct heap *heap)
{
	struct heap_fault fault;

	if (heap_check(heap, &fault))
		fail_msg("not so: %s", fault.invariant);
	heap_close(heap);
}

#endif
