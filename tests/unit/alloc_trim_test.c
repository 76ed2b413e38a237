// SPDX-License-Identifier: MIT
/*
 * Memory that goes back to the kernel: at once or, where it is locked, when it is
 * locked no more; and on request all that is free, whoever had it.
 */
#include "alloc/spans.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
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
	heap_free(heap, locked);
	assert_int_equal(kept(), LARGE);
	/* What is locked is asked for again, and keeps no other one here. */
	pass(2);
	heap_free(heap, second);
	assert_int_equal(kept(), LARGE);
	syscall(SYS_munlock, locked + LARGE / 2, (size_t)1);
	/* It is not asked at each free, but after a while. */
	heap_free(heap, third);
	assert_int_equal(kept(), 2 * LARGE);
	pass(2);
	heap_free(heap, between);
	assert_in_range(kept(), 0, LARGE / 8);
	assert_int_equal(heap->spans->pages.refused, 0);
	heap_free(heap, beside);
	assert_int_equal(heap_check(heap, NULL), 0);
}

/* What grows by moving its pages gives nothing back that it needs again. */
static void test_grown(void **state)
{
	size_t size;
	char *block;
	int round;

	(void)state;
	for (round = 0; round < 3; round++) {
		block = NULL;
		for (size = LARGE; size <= 20 * LARGE; size += LARGE / 2)
			block = heap_realloc(heap, block, size);
		assert_non_null(block);
		heap_free(heap, block);
		assert_in_range(kept(), 0, LARGE / 8);
	}
	assert_in_range(heap->spans->pages.peak, 0, (20 * LARGE) >> UNIT_SHIFT);
	assert_int_equal(heap_check(heap, NULL), 0);
}

#define BLOCKS 2000

/* Blocks of all small sizes, free again. */
static void *use_all_sizes(void *arg)
{
	char *block[BLOCKS];
	size_t i;

	for (i = 0; i < BLOCKS; i++)
		block[i] = serve_slow_malloc(heap, i * 16);
	for (i = 0; i < BLOCKS; i++)
		serve_slow_free(heap, block[i]);
	return arg;
}

static size_t mapped(void)
{
	struct heap_stats stats;

	heap_stats(heap, &stats);
	return stats.heap_bytes;
}

static void test_trim_threads(void **state)
{
	pthread_t thread;

	(void)state;
	heap_serve_threads(heap);
	use_all_sizes(NULL);
	assert_int_equal(pthread_create(&thread, NULL, use_all_sizes, NULL), 0);
	pthread_join(thread, NULL);
	assert_int_not_equal(mapped(), 0);
	heap_trim(heap, 0);
	assert_int_equal(mapped(), 0);
	self = (struct self){ &cache_none, cache_none.bins, class_fine };
}

#define SIZE 1280 /* of a class: blocks lie side by side, across pages */

/* Bytes of a page that free blocks of a span have. */
static size_t free_bytes(const struct span *span, const char *page,
			 size_t bytes)
{
	size_t i, sum = 0;

	for (i = 0; i < span->capacity; i++) {
		const char *from = span->base + i * SIZE;
		const char *to = from + SIZE;

		if (!(span->map[i / 64] >> i % 64 & 1))
			continue;
		from = from > page ? from : page;
		to = to < page + bytes ? to : page + bytes;
		sum += to > from ? (size_t)(to - from) : 0;
	}
	return sum;
}

/* A page stays if anything but free blocks is on it. */
static void look_at_pages(const struct span *span)
{
	size_t bytes = heap_page_size();
	size_t left = span_bytes(span) / bytes;
	char *page = span_start(span);
	unsigned char there;

	for (; left--; page += bytes) {
		assert_int_equal(mincore(page, bytes, &there), 0);
		assert_int_equal(there & 1,
				 free_bytes(span, page, bytes) < bytes);
	}
}

static void test_trim_pages(void **state)
{
	char *block[BLOCKS];
	size_t i, k;

	(void)state;
	for (i = 0; i < BLOCKS; i++)
		block[i] = written(SIZE);
	for (i = 0; i < BLOCKS; i++)
		if (i % 11)
			heap_free(heap, block[i]);
	assert_int_not_equal(heap_trim(heap, 0), 0);
	for (i = 0; i < BLOCKS / 2; i += 11) {
		look_at_pages(pagemap_get(block[i]));
		for (k = 0; k < SIZE; k++)
			assert_int_equal(block[i][k], 1);
	}
	assert_int_equal(heap_check(heap, NULL), 0);
}

static void have_had_a_child(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

/* The child is gone, and nothing is asked for that would show it. */
static void test_trim_after_fork(void **state)
{
	char *block[2] = { written(LARGE), written(32) };

	(void)state;
	have_had_a_child();
	heap_free(heap, block[0]);
	heap_free(heap, block[1]);
	heap_trim(heap, 0);
	assert_int_equal(mapped(), 0);
}

/* The next block shows that the child is gone, also if it is a large one. */
static void test_large_after_fork(void **state)
{
	const struct runs *stale;
	char *block[2] = { written(LARGE), written(LARGE) };

	(void)state;
	stale = &heap->spans->pages.runs[RUN_STALE];
	have_had_a_child();
	heap_free(heap, block[0]);
	heap_free(heap, block[1]);
	assert_int_equal(stale->units << UNIT_SHIFT, 2 * LARGE);
	heap_free(heap, written(LARGE));
	assert_int_equal(stale->units, 0);
	assert_in_range(kept(), 0, LARGE / 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_locked_for_a_while, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_grown, setup, teardown),
		cmocka_unit_test_setup_teardown(test_trim_threads, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_trim_pages, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_trim_after_fork, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_large_after_fork, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("alloc trim", tests, NULL, NULL);
}
