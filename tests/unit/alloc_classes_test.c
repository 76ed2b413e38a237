// SPDX-License-Identifier: MIT
/*
 * The size classes and the spans that they are cut from, whatever a unit is on
 * this machine.
 */
#include "alloc/spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#define SPANS_MOST 8 /* more spans make none longer */

static int setup(void **state)
{
	(void)state;
	class_init();
	return 0;
}

/* A block for each size, in the smallest class that has room. */
static void test_sizes(void **state)
{
	unsigned int sc;
	size_t size;

	(void)state;
	for (size = 0; size <= SMALL_MOST; size++) {
		sc = class_of(class_fine, size);
		assert_in_range(class_size(sc), size, SMALL_MOST);
		assert_true(!sc || class_size(sc - 1) < size);
		assert_in_range(class_of(class_coarse, size), sc, sc + 1);
	}
}

/* Steps of a record with a bit for each of so many blocks, as in meta.c. */
static size_t kind_of(size_t blocks)
{
	size_t bytes = offsetof(struct span, map) + (blocks + 63) / 64 * 8;

	return (bytes + 63) / 64;
}

static void test_span_lengths(void **state)
{
	unsigned int sc, spans;
	size_t bytes, blocks;

	(void)state;
	for (sc = 0; sc < CLASSES; sc++) {
		for (spans = 0; spans <= SPANS_MOST; spans++) {
			bytes = class_span_units(sc, spans) << UNIT_SHIFT;
			assert_in_range(bytes, 2 * class_size(sc),
					(size_t)1 << 20);
			blocks = bytes / class_size(sc);
			assert_in_range(kind_of(blocks), 0, RECORD_KINDS - 1);
			assert_in_range(blocks, 0, UINT16_MAX);
		}
		assert_int_equal(class_span_units(sc, UINT32_MAX),
				 class_span_units(sc, SPANS_MOST));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_span_lengths),
	};

	return cmocka_run_group_tests_name("alloc classes", tests, setup, NULL);
}
