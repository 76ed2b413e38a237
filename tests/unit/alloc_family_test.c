// SPDX-License-Identifier: MIT
/*
 * The malloc family as C and POSIX have it: sizes, alignment, errno, zeroing,
 * realloc in place and by moving, and what the statistics say about it.
 */
#include "alloc/alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>

#include "heap_of.h"

static void test_sizes(void **state)
{
	struct heap *heap = open_heap("");
	char *a = heap_malloc(heap, 0);
	char *b = heap_malloc(heap, 0);
	size_t size;

	(void)state;
	assert_non_null(a);
	assert_non_null(b);
	assert_ptr_not_equal(a, b);
	for (size = 1; size < 300000; size += size / 7 + 1) {
		char *block = heap_malloc(heap, size);

		assert_non_null(block);
		assert_int_equal((uintptr_t)block % HEAP_ALIGN, 0);
		assert_true(heap_usable_size(heap, block) >= size);
		memset(block, 0x5a, heap_usable_size(heap, block));
	}
	close_whole(heap);
}

static void test_overflow(void **state)
{
	const size_t sizes[] = { SIZE_MAX, SIZE_MAX - 8, SIZE_MAX / 2 + 1,
				 (size_t)PTRDIFF_MAX, (size_t)1 << 45 };
	struct heap *heap = open_heap("");
	char *kept = heap_malloc(heap, 100);
	size_t i;

	(void)state;
	strcpy(kept, "kept");
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		errno = 0;
		assert_null(heap_malloc(heap, sizes[i]));
		assert_int_equal(errno, ENOMEM);
		errno = 0;
		assert_null(heap_realloc(heap, kept, sizes[i]));
		assert_int_equal(errno, ENOMEM);
		errno = 0;
		assert_null(heap_memalign(heap, 64, sizes[i]));
		assert_int_equal(errno, ENOMEM);
		errno = 0;
		assert_null(heap_calloc(heap, 1, sizes[i]));
		assert_int_equal(errno, ENOMEM);
	}
	errno = 0;
	assert_null(heap_calloc(heap, SIZE_MAX / 2, 3));
	assert_int_equal(errno, ENOMEM);
	/* A product that wraps to something small. */
	assert_null(heap_calloc(heap, (size_t)1 << 63, 2));
	assert_null(heap_memalign(heap, (size_t)1 << 62, 1));
	assert_string_equal(kept, "kept");
	assert_int_equal(stats_of(heap).used_blocks, 1);
	close_whole(heap);
}

static void test_alignment(void **state)
{
	struct heap *heap = open_heap("");
	size_t align;

	(void)state;
	for (align = 1; align <= (size_t)4 << 20; align *= 2) {
		char *small = heap_memalign(heap, align, 24);
		char *large = heap_memalign(heap, align, 200000);

		assert_non_null(small);
		assert_non_null(large);
		assert_int_equal((uintptr_t)small % align, 0);
		assert_int_equal((uintptr_t)large % align, 0);
		memset(small, 1, 24);
		memset(large, 1, 200000);
		large = heap_realloc(heap, large, 400000);
		assert_non_null(large);
		assert_int_equal(large[199999], 1);
		assert_int_equal(heap_free(heap, large), 0);
	}
	errno = 0;
	assert_null(heap_memalign(heap, 48, 1));
	assert_int_equal(errno, EINVAL);
	assert_null(heap_memalign(heap, 0, 1));
	close_whole(heap);
}

static void test_errno(void **state)
{
	struct heap *heap = open_heap("");
	char *large = heap_malloc(heap, 1 << 20);
	char *small = heap_malloc(heap, 10);

	(void)state;
	errno = EDOM;
	heap_free(heap, large);
	heap_free(heap, small);
	heap_free(heap, NULL);
	heap_free(heap, &small);
	small = heap_malloc(heap, 10);
	large = heap_calloc(heap, 1, 1 << 20);
	large = heap_realloc(heap, large, 2 << 20);
	heap_realloc(heap, large, 0);
	heap_trim(heap, 0);
	assert_int_equal(errno, EDOM);
	close_whole(heap);
}

static void test_realloc_zero(void **state)
{
	struct heap *heap = open_heap("");
	char *block = heap_realloc(heap, NULL, 100);

	(void)state;
	assert_non_null(block);
	assert_int_equal(stats_of(heap).used_blocks, 1);
	assert_null(heap_realloc(heap, block, 0));
	assert_int_equal(stats_of(heap).used_blocks, 0);
	block = heap_realloc(heap, NULL, 0);
	assert_non_null(block);
	close_whole(heap);
}

static void test_realloc_in_place(void **state)
{
	struct heap *heap = open_heap("backend=mmap");
	char *block = heap_malloc(heap, 200);
	char *behind = heap_malloc(heap, 200);
	char *guard = heap_malloc(heap, 200);

	(void)state;
	memset(block, 7, 200);
	heap_free(heap, behind);
	/* The block behind is free: as far as it reaches, nothing moves. */
	assert_ptr_equal(heap_realloc(heap, block, 400), block);
	assert_int_equal(stats_of(heap).moves, 0);
	/* Shrinking never moves, and the rest can be had. */
	assert_ptr_equal(heap_realloc(heap, block, 50), block);
	behind = heap_malloc(heap, 200);
	assert_true(behind > block && behind < guard);
	/* Nothing free behind: it moves and takes its contents along. */
	behind = heap_realloc(heap, block, 300);
	assert_ptr_not_equal(behind, block);
	assert_int_equal(behind[49], 7);
	assert_int_equal(stats_of(heap).moves, 1);
	close_whole(heap);
}

static void test_realloc_at_top(void **state)
{
	struct heap *heap = open_heap("backend=brk");
	char *block = heap_malloc(heap, 100);
	size_t size;

	(void)state;
	for (size = 1000; size < 4000000; size *= 2)
		assert_ptr_equal(heap_realloc(heap, block, size), block);
	assert_int_equal(stats_of(heap).moves, 0);
	close_whole(heap);
}

static void test_realloc_mapping(void **state)
{
	struct heap *heap = open_heap("threshold=128K");
	char *block = heap_malloc(heap, 1 << 20);
	struct heap_stats before, after;

	(void)state;
	memset(block, 9, 1 << 20);
	before = stats_of(heap);
	block = heap_realloc(heap, block, 64 << 20);
	after = stats_of(heap);
	assert_non_null(block);
	assert_int_equal(block[(1 << 20) - 1], 9);
	assert_int_equal(block[1 << 20], 0);
	/* mremap: no copy, and no page faults for one. */
	assert_int_equal(after.moves, before.moves);
	assert_true(after.minor_faults - before.minor_faults < 16);
	block = heap_realloc(heap, block, 100);
	assert_int_equal(block[99], 9);
	assert_int_equal(stats_of(heap).requested, 100);
	close_whole(heap);
}

/* Is a page there? Asked of the kernel, without touching it. */
static size_t resident(void *start, size_t bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *from = (char *)(((uintptr_t)start + page - 1) & ~(page - 1));
	size_t pages = ((char *)start + bytes - from) / page;
	unsigned char *there = malloc(pages);
	size_t count = 0;
	size_t i;

	assert_non_null(there);
	assert_int_equal(mincore(from, pages * page, there), 0);
	for (i = 0; i < pages; i++)
		count += there[i] & 1;
	free(there);
	return count;
}

static void calloc_untouched(const char *text, size_t size)
{
	struct heap *heap = open_heap(text);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *guard = heap_malloc(heap, 10);
	char *block = heap_calloc(heap, 1, size);

	assert_non_null(guard);
	assert_non_null(block);
	/* But for its edges, which its neighbours' heads may share. */
	assert_int_equal(resident(block + page, size - 2 * page), 0);
	memset(block, 0xff, size);
	heap_free(heap, block);
	block = heap_calloc(heap, size, 1);
	for (size_t i = 0; i < size; i++)
		if (block[i])
			fail_msg("%s: byte %zu of %zu is not zero", text, i,
				 size);
	close_whole(heap);
}

static void test_zeroed(void **state)
{
	(void)state;
	calloc_untouched("backend=brk", 1 << 20);
	calloc_untouched("backend=brk,trim=1G", 1 << 20);
	calloc_untouched("backend=mmap", 500000);
	calloc_untouched("backend=mmap", 4 << 20);
	calloc_untouched("backend=auto", 100000);
	calloc_untouched("backend=auto,policy=best,order=lifo", 1 << 20);
}

static void test_stats(void **state)
{
	struct heap *heap = open_heap("backend=mmap,chunk=64K");
	char *block = heap_malloc(heap, 1000);
	struct heap_stats stats = stats_of(heap);

	(void)state;
	assert_int_equal(stats.requested, 1000);
	assert_int_equal(stats.usable, 1000);
	assert_int_equal(stats.heap_bytes, 65536);
	assert_int_equal(stats.usable + stats.free_bytes + stats.overhead,
			 stats.heap_bytes);
	assert_int_equal(stats.largest_free, stats.free_bytes);
	assert_true(stats.internal == 0 && stats.external == 0);
	assert_int_equal(stats.takes, 1);
	assert_int_equal(stats.taken, 65536);
	assert_true(stats.rss > 0 && stats.minor_faults > 0);
	heap_free(heap, block);
	stats = stats_of(heap);
	assert_int_equal(stats.gives, 1);
	assert_int_equal(stats.given, 65536);
	assert_int_equal(stats.heap_bytes, 0);
	assert_int_equal(stats.peak_heap_bytes, 65536);
	assert_int_equal(stats.peak_requested, 1000);
	close_whole(heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_realloc_zero),
		cmocka_unit_test(test_realloc_in_place),
		cmocka_unit_test(test_realloc_at_top),
		cmocka_unit_test(test_realloc_mapping),
		cmocka_unit_test(test_zeroed),
		cmocka_unit_test(test_stats),
	};

	return cmocka_run_group_tests_name("alloc family", tests, NULL, NULL);
}
