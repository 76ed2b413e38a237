// SPDX-License-Identifier: MIT
/*
 * A heap on the program break, which others move as well: what is theirs stays
 * theirs, and what is free at the top goes back.
 */
#include "alloc/alloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "heap_of.h"

static void test_foreign_sbrk(void **state)
{
	struct heap *heap = open_heap("backend=brk");
	char *first = heap_malloc(heap, 100000);
	char *theirs = sbrk(5001);
	char *second, *third;

	(void)state;
	memset(theirs, 0x77, 5001);
	second = heap_malloc(heap, 200000);
	third = heap_calloc(heap, 1, 200000);
	assert_non_null(first);
	assert_non_null(second);
	assert_non_null(third);
	assert_int_equal(stats_of(heap).regions, 2);
	assert_true(second > theirs + 5000);
	memset(second, 0x11, 200000);
	assert_int_equal(theirs[5000], 0x77);
	heap_free(heap, first);
	heap_free(heap, second);
	heap_free(heap, third);
	assert_int_equal(heap_check(heap, NULL), 0);
	assert_int_equal(heap_trim(heap, 0), 1);
	assert_int_equal(theirs[5000], 0x77);
	assert_int_equal(stats_of(heap).regions, 1);
	heap_close(heap);
}

/* What others leave behind where the break stood is no fresh zero. */
static void test_foreign_remains(void **state)
{
	struct heap *heap = open_heap("backend=brk");
	char *theirs = sbrk(300);
	char *block;
	size_t i;

	(void)state;
	memset(theirs, 0x77, 300);
	assert_true(sbrk(-200) != (void *)-1);
	block = heap_calloc(heap, 1, 500);
	for (i = 0; i < 500; i++)
		assert_int_equal(block[i], 0);
	heap_free(heap, block);
	close_whole(heap);
	assert_true(sbrk(-100) != (void *)-1);
}

/* Nothing is given back from under somebody else's feet. */
static void test_foreign_top(void **state)
{
	struct heap *heap = open_heap("backend=brk");
	char *theirs;

	(void)state;
	heap_free(heap, heap_malloc(heap, 100000));
	theirs = sbrk(100);
	memset(theirs, 0x77, 100);
	assert_int_equal(heap_trim(heap, 0), 0);
	assert_ptr_equal(sbrk(0), theirs + 100);
	assert_int_equal(theirs[99], 0x77);
	assert_int_equal(heap_check(heap, NULL), 0);
	assert_true(sbrk(-100) != (void *)-1);
	assert_int_equal(heap_trim(heap, 0), 1);
	close_whole(heap);
}

static void test_trim(void **state)
{
	struct heap *heap = open_heap("backend=brk,trim=64M");
	char *start = sbrk(0);
	char *low = heap_malloc(heap, 1 << 20);
	char *high = heap_malloc(heap, 100);

	(void)state;
	heap_free(heap, low);
	/* Pinned by one block at the top. */
	assert_true(stats_of(heap).free_bytes >= 1 << 20);
	heap_trim(heap, 0);
	assert_true((char *)sbrk(0) > high);
	heap_free(heap, high);
	assert_int_equal(heap_trim(heap, 0), 1);
	assert_ptr_equal(sbrk(0), start);
	assert_int_equal(heap_trim(heap, 0), 0);
	assert_int_equal(stats_of(heap).heap_bytes, 0);
	close_whole(heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_foreign_sbrk),
		cmocka_unit_test(test_foreign_remains),
		cmocka_unit_test(test_foreign_top),
		cmocka_unit_test(test_trim),
	};

	return cmocka_run_group_tests_name("alloc break", tests, NULL, NULL);
}
