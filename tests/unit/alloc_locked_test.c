// SPDX-License-Identifier: MIT
/*
 * Memory that the kernel does not take back as it is locked: the rest of it goes
 * back all the same, and so does this when it is locked no more.
 */
#include "alloc/spans.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <cmocka.h>

#define LARGE ((size_t)2 << 20)

static struct heap *heap;

static int setup(void **state)
{
	const struct heap_config config = { .engine = HEAP_SPANS };

	(void)state;
	return heap_open(&config, &heap);
}

static int teardown(void **state)
{
	(void)state;
	heap_close(heap);
	return 0;
}

/* Bytes of units that are nobody's and were written to. */
static size_t kept(void)
{
	return heap->spans->pages.runs[RUN_DIRTY].units << UNIT_SHIFT;
}

static char *written(size_t size)
{
	char *block = heap_malloc(heap, size);

	assert_non_null(block);
	return memset(block, 1, size);
}

/* As if so many seconds had gone by. */
static void pass(time_t seconds)
{
	assert_int_not_equal(heap->spans->pages.refused, 0);
	heap->spans->pages.refused -= seconds;
}

static void test_locked_for_a_while(void **state)
{
	char *locked = written(LARGE);
	char *between = written(LARGE / 32);
	char *second = written(LARGE);
	char *beside = written(LARGE / 32);
	char *third = written(LARGE);

	(void)state;
	/* Sanitizers have an mlock() of their own, which does nothing. */
	if (syscall(SYS_mlock, locked + LARGE / 2, (size_t)1))
		skip();
	/* One such block is kept in any case; of two all goes that can. */
	heap_free(heap, locked);
	assert_int_equal(kept(), LARGE);
	heap_free(heap, second);
	assert_int_equal(kept(), LARGE);
	syscall(SYS_munlock, locked + LARGE / 2, (size_t)1);
	/* It is not asked at each free, but after a while. */
	heap_free(heap, third);
	assert_int_equal(kept(), 2 * LARGE);
	pass(2);
	heap_free(heap, between);
	assert_in_range(kept(), 0, LARGE / 32);
	assert_int_equal(heap->spans->pages.refused, 0);
	heap_free(heap, beside);
	assert_int_equal(heap_check(heap, NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_locked_for_a_while, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("alloc locked", tests, NULL, NULL);
}
