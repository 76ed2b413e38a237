// SPDX-License-Identifier: MIT
/*
 * The spans engine takes a pointer back only where a block begins that was
 * handed out: every byte in and around some blocks of each size class.
 */
#include "alloc/internal.h"
#include "alloc/spans.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define BLOCKS 3

/* All others are live, but for the ends of what the class has. */
static bool begins(char *const *blocks, const char *at)
{
	int i;

	for (i = 0; i < BLOCKS; i++)
		if (at == blocks[i])
			return true;
	return false;
}

static void try_class(struct heap *heap, size_t size)
{
	char *blocks[BLOCKS];
	char *at, *end;
	int i;

	for (i = 0; i < BLOCKS; i++) {
		blocks[i] = heap_malloc(heap, size);
		assert_non_null(blocks[i]);
		assert_int_equal(heap_usable_size(heap, blocks[i]), size);
	}
	end = blocks[BLOCKS - 1] + 2 * size;
	for (at = blocks[0] - size; at < end; at++)
		if (!begins(blocks, at))
			assert_int_equal(heap_free(heap, at), -EINVAL);
	for (i = 0; i < BLOCKS; i++) {
		assert_int_equal(heap_free(heap, blocks[i]), 0);
		assert_int_equal(heap_free(heap, blocks[i]), -EINVAL);
	}
}

static void test_all_classes(void **state)
{
	struct heap_config config = { .engine = HEAP_SPANS,
				      .on_misuse = HEAP_QUIET };
	unsigned int sc;
	struct heap *heap;

	(void)state;
	assert_int_equal(heap_open(&config, &heap), 0);
	for (sc = 0; sc < CLASSES; sc++)
		try_class(heap, class_size(sc));
	assert_int_equal(heap_check(heap, NULL), 0);
	heap_close(heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_classes),
	};

	return cmocka_run_group_tests_name("alloc inside", tests, NULL, NULL);
}
