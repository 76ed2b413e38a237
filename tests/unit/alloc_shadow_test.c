// SPDX-License-Identifier: MIT
/*
 * Random operations on a heap, beside a shadow map of what must be live: no
 * block overlaps another, each keeps its contents, and the heap stays whole.
 * Every policy, back end and order; COW_OPS= says how many operations each.
 */
#include "alloc/alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SLOTS	      512
#define SHADOW_BUFFER ((size_t)8 << 20)

struct slot {
	unsigned char *start;
	size_t size;
	unsigned char fill;
};

struct shadow {
	struct heap *heap;
	struct slot slots[SLOTS];
	uint64_t state;
	size_t requested;
	size_t live;
};

static uint64_t next(struct shadow *shadow)
{
	shadow->state ^= shadow->state << 13;
	shadow->state ^= shadow->state >> 7;
	shadow->state ^= shadow->state << 17;
	return shadow->state;
}

/* Mostly small, now and then beyond the threshold of a mapping of its own. */
static size_t random_size(struct shadow *shadow)
{
	uint64_t kind = next(shadow) % 256;

	if (!kind)
		return next(shadow) % 400000;
	if (kind < 16)
		return next(shadow) % 20000;
	return next(shadow) % 512;
}

static void assert_kept(const struct slot *slot, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		if (slot->start[i] != slot->fill)
			fail_msg("byte %zu of %p changed", i,
				 (void *)slot->start);
}

static void fill(struct shadow *shadow, struct slot *slot)
{
	slot->fill = (unsigned char)next(shadow);
	memset(slot->start, slot->fill, slot->size);
}

static void take(struct shadow *shadow, struct slot *slot)
{
	size_t align = HEAP_ALIGN;
	size_t i;

	slot->size = random_size(shadow);
	switch (next(shadow) % 4) {
	case 0:
		slot->start = heap_calloc(shadow->heap, 1, slot->size);
		for (i = 0; slot->start && i < slot->size; i++)
			assert_int_equal(slot->start[i], 0);
		break;
	case 1:
		align = (size_t)1 << next(shadow) % 14;
		slot->start = heap_memalign(shadow->heap, align, slot->size);
		break;
	default:
		slot->start = heap_malloc(shadow->heap, slot->size);
	}
	if (!slot->start) {
		assert_int_equal(errno, ENOMEM);
		return;
	}
	assert_int_equal((uintptr_t)slot->start % align, 0);
	assert_true(heap_owns(shadow->heap, slot->start, slot->size));
	assert_true(heap_usable_size(shadow->heap, slot->start) >= slot->size);
	shadow->requested += slot->size;
	shadow->live++;
	fill(shadow, slot);
}

static void drop(struct shadow *shadow, struct slot *slot)
{
	assert_kept(slot, slot->size);
	assert_int_equal(heap_free(shadow->heap, slot->start), 0);
	shadow->requested -= slot->size;
	shadow->live--;
	slot->start = NULL;
}

static void resize(struct shadow *shadow, struct slot *slot)
{
	size_t size = random_size(shadow) + 1;
	size_t common = size < slot->size ? size : slot->size;
	unsigned char *start;

	start = heap_realloc(shadow->heap, slot->start, size);
	if (!start) {
		assert_int_equal(errno, ENOMEM);
		assert_kept(slot, slot->size);
		return;
	}
	slot->start = start;
	assert_kept(slot, common);
	shadow->requested += size - slot->size;
	slot->size = size;
	fill(shadow, slot);
}

static void assert_whole(struct shadow *shadow)
{
	struct heap_fault fault;
	struct heap_stats stats;

	if (heap_check(shadow->heap, &fault))
		fail_msg("not so: %s, at %p", fault.invariant, fault.address);
	heap_stats(shadow->heap, &stats);
	assert_int_equal(stats.used_blocks, shadow->live);
	assert_int_equal(stats.taken - stats.given, stats.heap_bytes);
	/* A block whose shrinking moved nowhere may count for more. */
	assert_true(stats.requested >= shadow->requested);
}

static void operate(struct shadow *shadow)
{
	struct slot *slot = &shadow->slots[next(shadow) % SLOTS];

	if (!slot->start)
		take(shadow, slot);
	else if (next(shadow) % 3)
		drop(shadow, slot);
	else
		resize(shadow, slot);
}

static size_t wanted_operations(void)
{
	const char *text = getenv("COW_OPS");

	return text ? strtoul(text, NULL, 10) : 20000;
}

static void finish(struct shadow *shadow)
{
	struct heap_stats stats;
	size_t i;

	for (i = 0; i < SLOTS; i++)
		if (shadow->slots[i].start)
			drop(shadow, &shadow->slots[i]);
	assert_whole(shadow);
	heap_trim(shadow->heap, 0);
	heap_stats(shadow->heap, &stats);
	assert_int_equal(stats.requested, 0);
	assert_int_equal(stats.heap_bytes, 0);
	heap_close(shadow->heap);
}

static void run(const struct heap_config *config, uint64_t seed)
{
	struct shadow *shadow = calloc(1, sizeof(*shadow));
	size_t operations = wanted_operations();
	size_t i;

	assert_non_null(shadow);
	shadow->state = seed;
	assert_int_equal(heap_open(config, &shadow->heap), 0);
	for (i = 0; i < operations; i++) {
		operate(shadow);
		if (i % 1000 == 0)
			assert_whole(shadow);
	}
	finish(shadow);
	free(shadow);
}

/* The initial state says which policy; all back ends and orders in turn. */
static void test_policy(void **state)
{
	struct heap_config config = { .policy = *(enum heap_policy *)*state };
	void *buffer = malloc(SHADOW_BUFFER);
	int backend, order;

	assert_non_null(buffer);
	for (backend = 0; backend < HEAP_BACKENDS; backend++) {
		for (order = 0; order < HEAP_ORDERS; order++) {
			config.backend = backend;
			config.order = order;
			config.buffer = buffer;
			config.buffer_size = SHADOW_BUFFER;
			run(&config, 88172645463325252ULL + (uint64_t)backend);
		}
	}
	free(buffer);
}

/* It has one policy and one place to get memory from, but huge pages or not. */
static void test_spans(void **state)
{
	struct heap_config config = { .engine = HEAP_SPANS };
	int thp;

	(void)state;
	for (thp = 0; thp < HEAP_THPS; thp++) {
		config.thp = thp;
		run(&config, 88172645463325252ULL + (uint64_t)thp);
	}
}

int main(void)
{
	static enum heap_policy policies[] = { HEAP_FIRST, HEAP_NEXT, HEAP_BEST,
					       HEAP_WORST };
	const struct CMUnitTest tests[] = {
		{ "first fit", test_policy, NULL, NULL, &policies[0] },
		{ "next fit", test_policy, NULL, NULL, &policies[1] },
		{ "best fit", test_policy, NULL, NULL, &policies[2] },
		{ "worst fit", test_policy, NULL, NULL, &policies[3] },
		cmocka_unit_test(test_spans),
	};

	return cmocka_run_group_tests_name("alloc shadow", tests, NULL, NULL);
}
