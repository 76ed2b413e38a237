// SPDX-License-Identifier: MIT
/*
 * The index must find exactly the block that going through the list would find.
 * So before each request the list is written down, by address or last freed
 * first, gone through as the policy says, and the answer compared; so is the
 * number of entries that were looked at.
 */
#include "alloc/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define SLOTS  200
#define ROUNDS 3000

struct list {
	const struct free_block *entries[4 * SLOTS];
	size_t count;
};

static int write_down(const struct heap_block *block, void *arg)
{
	struct list *list = arg;

	if (!block->used)
		list->entries[list->count++] = block->start;
	return 0;
}

static int by_order(const void *left, const void *right)
{
	const struct free_block *a = *(const struct free_block *const *)left;
	const struct free_block *b = *(const struct free_block *const *)right;

	return a->order < b->order ? 1 : -(a->order > b->order);
}

static size_t size_of(const struct free_block *entry)
{
	return block_size(&entry->block);
}

static bool is_behind(const struct heap *heap, const struct free_block *entry)
{
	if (heap->config.order == HEAP_LIFO)
		return entry->order <= heap->cursor.order;
	return (uintptr_t)entry >= heap->cursor.address;
}

/* First and next fit: from an entry on, around the end of the list. */
static const struct free_block *look_from(const struct list *list, size_t from,
					  size_t need, size_t *examined)
{
	size_t i;

	for (i = 0; i < list->count; i++) {
		size_t at = (from + i) % list->count;

		if (size_of(list->entries[at]) >= need) {
			*examined = i + 1;
			return list->entries[at];
		}
	}
	*examined = list->count;
	return NULL;
}

/* Best and worst fit: all of it; a later one must be better to be taken. */
static const struct free_block *look_at_all(const struct list *list, bool best,
					    size_t need)
{
	const struct free_block *found = NULL;
	size_t i;

	for (i = 0; i < list->count; i++) {
		const struct free_block *entry = list->entries[i];

		if (size_of(entry) < need)
			continue;
		if (!found || (best ? size_of(entry) < size_of(found) :
				      size_of(entry) > size_of(found)))
			found = entry;
	}
	return found;
}

static const struct free_block *expect(struct heap *heap, size_t need,
				       size_t *examined)
{
	struct list list = { 0 };
	size_t from = 0;

	assert_int_equal(heap_walk(heap, write_down, &list), 0);
	if (heap->config.order == HEAP_LIFO)
		qsort(list.entries, list.count, sizeof(*list.entries),
		      by_order);
	*examined = list.count;
	if (heap->config.policy == HEAP_BEST)
		return look_at_all(&list, true, need);
	if (heap->config.policy == HEAP_WORST)
		return look_at_all(&list, false, need);
	if (heap->config.policy == HEAP_NEXT)
		while (from < list.count &&
		       !is_behind(heap, list.entries[from]))
			from++;
	return look_from(&list, from, need, examined);
}

static void *take_as_expected(struct heap *heap, size_t size)
{
	const struct free_block *expected;
	struct heap_stats before, after;
	size_t examined;
	void *got;

	expected = expect(heap, classic_block_bytes(heap, size), &examined);
	heap_stats(heap, &before);
	got = heap_malloc(heap, size);
	heap_stats(heap, &after);
	assert_non_null(got);
	if (expected) {
		assert_ptr_equal(got, block_payload(&expected->block));
		assert_int_equal(after.examined - before.examined, examined);
	}
	return got;
}

static void run(enum heap_policy policy, enum heap_order order)
{
	struct heap_config config = { .policy = policy,
				      .order = order,
				      .backend = HEAP_MMAP,
				      .chunk = 65536 };
	void *slots[SLOTS] = { NULL };
	struct heap *heap;
	int i;

	srand(policy * 10 + order + 1);
	assert_int_equal(heap_open(&config, &heap), 0);
	for (i = 0; i < ROUNDS; i++) {
		void **slot = &slots[rand() % SLOTS];

		if (*slot) {
			heap_free(heap, *slot);
			*slot = NULL;
		} else {
			*slot = take_as_expected(heap, rand() % 1500);
		}
	}
	assert_int_equal(heap_check(heap, NULL), 0);
	heap_close(heap);
}

static void test_choice(void **state)
{
	enum heap_policy policy = *(enum heap_policy *)*state;

	run(policy, HEAP_BY_ADDRESS);
	run(policy, HEAP_LIFO);
}

int main(void)
{
	static enum heap_policy policies[] = { HEAP_FIRST, HEAP_NEXT, HEAP_BEST,
					       HEAP_WORST };
	const struct CMUnitTest tests[] = {
		{ "first fit", test_choice, NULL, NULL, &policies[0] },
		{ "next fit", test_choice, NULL, NULL, &policies[1] },
		{ "best fit", test_choice, NULL, NULL, &policies[2] },
		{ "worst fit", test_choice, NULL, NULL, &policies[3] },
	};

	return cmocka_run_group_tests_name("alloc policy", tests, NULL, NULL);
}
