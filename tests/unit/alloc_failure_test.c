// SPDX-License-Identifier: MIT
/*
 * Memory ends: the back end refuses the first call, the second, and so on, and
 * each time whoever asked gets NULL and ENOMEM, nothing that was there is lost,
 * and the heap goes on.  COW_STEP= leaves calls out: 10 is every tenth one.
 */
#include "alloc/alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <cmocka.h>

#include "in_child.h"

#define BLOCKS 32

struct work {
	struct heap *heap;
	char *blocks[BLOCKS];
	size_t sizes[BLOCKS];
	size_t failures;
};

static void note(struct work *work, size_t i, char *block, size_t size)
{
	if (!block) {
		assert_int_equal(errno, ENOMEM);
		work->failures++;
		return;
	}
	work->blocks[i] = block;
	work->sizes[i] = size;
	memset(block, (int)i, size);
}

static void assert_contents(const struct work *work)
{
	size_t i, j;

	assert_int_equal(heap_check(work->heap, NULL), 0);
	for (i = 0; i < BLOCKS; i++)
		for (j = 0; j < work->sizes[i]; j++)
			if (work->blocks[i][j] != (char)i)
				fail_msg("block %zu changed", i);
}

/* Small ones, such as need a mapping, growing, shrinking, aligned. */
static void do_work(struct work *work)
{
	size_t i;

	for (i = 0; i < BLOCKS; i++) {
		size_t size = i % 5 ? 200 * i : 5000 * i + 1;

		errno = 0;
		if (i % 3)
			note(work, i, heap_malloc(work->heap, size), size);
		else
			note(work, i, heap_memalign(work->heap, 4096, size),
			     size);
	}
	assert_contents(work);
	for (i = 0; i < BLOCKS; i++) {
		size_t size = i % 2 ? 3 * work->sizes[i] + 1 :
				      work->sizes[i] / 3 + 1;

		errno = 0;
		note(work, i, heap_realloc(work->heap, work->blocks[i], size),
		     size);
	}
	assert_contents(work);
	for (i = 0; i < BLOCKS; i += 2) {
		assert_int_equal(heap_free(work->heap, work->blocks[i]), 0);
		work->blocks[i] = NULL;
		work->sizes[i] = 0;
	}
	heap_trim(work->heap, 0);
	assert_contents(work);
}

/* Afterwards all of it can be had, and all of it is given back. */
static void assert_usable(struct work *work)
{
	struct heap_stats stats;
	size_t i;

	for (i = 0; i < BLOCKS; i++) {
		heap_free(work->heap, work->blocks[i]);
		work->blocks[i] = heap_malloc(work->heap, 8000 * i);
		/* The refusal may come only now; it does not come twice. */
		if (!work->blocks[i])
			work->blocks[i] = heap_malloc(work->heap, 8000 * i);
		assert_non_null(work->blocks[i]);
	}
	for (i = 0; i < BLOCKS; i++)
		assert_int_equal(heap_free(work->heap, work->blocks[i]), 0);
	assert_int_equal(heap_check(work->heap, NULL), 0);
	heap_stats(work->heap, &stats);
	assert_int_equal(stats.requested, 0);
	assert_int_equal(stats.used_blocks, 0);
	assert_int_equal(stats.heap_bytes, stats.taken - stats.given);
}

/* Returns whether the refusal came to pass. */
static bool refuse(enum heap_backend backend, enum heap_policy policy, size_t k)
{
	struct heap_config config = { .backend = backend,
				      .policy = policy,
				      .refuse = k,
				      .threshold = 40000,
				      .grow = 8192,
				      .chunk = 65536 };
	struct work work = { 0 };
	struct heap_stats stats;

	assert_int_equal(heap_open(&config, &work.heap), 0);
	do_work(&work);
	heap_stats(work.heap, &stats);
	assert_usable(&work);
	heap_close(work.heap);
	/* auto has somewhere else to go: nobody notices. */
	if (backend == HEAP_AUTO)
		assert_int_equal(work.failures, 0);
	return stats.refused;
}

static size_t wanted_step(void)
{
	const char *text = getenv("COW_STEP");
	size_t step = text ? strtoul(text, NULL, 10) : 1;

	return step ? step : 1;
}

static void test_each_call(void **state)
{
	enum heap_backend backend = *(enum heap_backend *)*state;
	size_t step = wanted_step();
	int policy;
	size_t k;

	for (policy = 0; policy < HEAP_POLICIES; policy++) {
		for (k = 1; refuse(backend, policy, k); k += step)
			;
		assert_true(k > 10);
	}
}

static int count_own(const struct heap_block *block, void *arg)
{
	*(size_t *)arg += block->own_mapping;
	return 0;
}

static struct heap *open_refusing(size_t call)
{
	struct heap_config config = { .backend = HEAP_MMAP,
				      .chunk = 65536,
				      .threshold = 65536,
				      .refuse = call };
	struct heap *heap;

	assert_int_equal(heap_open(&config, &heap), 0);
	return heap;
}

/* A mapping that can't be given back serves ordinary blocks from then on. */
static void test_kept_mapping(void **state)
{
	struct heap *heap = open_refusing(2);
	struct heap_stats stats;
	size_t own = 0;

	(void)state;
	assert_int_equal(heap_free(heap, heap_malloc(heap, 100000)), 0);
	heap_walk(heap, count_own, &own);
	assert_int_equal(own, 0);
	assert_non_null(heap_malloc(heap, 100));
	heap_stats(heap, &stats);
	assert_int_equal(stats.takes, 1);
	assert_true(stats.free_bytes > 90000);
	heap_close(heap);
}

/* Shrinking can't fail: what can't move to a smaller place stays. */
static void test_shrink_stays(void **state)
{
	struct heap *heap = open_refusing(2);
	char *block = heap_malloc(heap, 100000);

	(void)state;
	strcpy(block, "kept");
	assert_ptr_equal(heap_realloc(heap, block, 100), block);
	assert_string_equal(block, "kept");
	assert_ptr_not_equal(heap_realloc(heap, block, 100), block);
	assert_int_equal(heap_check(heap, NULL), 0);
	heap_close(heap);
}

static void test_buffer_ends(void **state)
{
	static char buffer[10001];
	struct heap_config config = { .backend = HEAP_FIXED,
				      .buffer = buffer + 1,
				      .buffer_size = 10000 };
	void *blocks[1000];
	struct heap *heap;
	size_t count = 0;
	size_t again;

	(void)state;
	assert_int_equal(heap_open(&config, &heap), 0);
	while ((blocks[count] = heap_malloc(heap, 100)))
		count++;
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(count, (10000 - 15 - 16) / 112);
	for (again = 0; again < count; again++)
		heap_free(heap, blocks[again]);
	for (again = 0; heap_malloc(heap, 100); again++)
		;
	assert_int_equal(again, count);
	assert_int_equal(heap_check(heap, NULL), 0);
	heap_close(heap);
}

/* The kernel's own refusals, in a child that limits itself. */
static enum heap_backend limited;

static int limited_child(void)
{
	struct rlimit limit = { 64 << 20, 64 << 20 };
	struct heap_config config = { .backend = limited };
	size_t count = 0;
	struct heap *heap;
	void *last = NULL;
	void *block;

	if (heap_open(&config, &heap) || setrlimit(RLIMIT_DATA, &limit))
		return 1;
	while ((block = heap_malloc(heap, 100000))) {
		*(void **)block = last;
		last = block;
		count++;
	}
	if (errno != ENOMEM)
		return 2;
	if (count < 100)
		return 3;
	if (heap_check(heap, NULL))
		return 4;
	while (last) {
		block = last;
		last = *(void **)last;
		heap_free(heap, block);
	}
	return heap_malloc(heap, 1 << 20) ? 0 : 5;
}

static void test_limits(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	/* Their own memory counts as well, and is more than the limit. */
	skip();
#endif
	for (limited = 0; limited < HEAP_FIXED; limited++)
		assert_int_equal(in_child(limited_child), 0);
}

static void test_bad_config(void **state)
{
	struct heap_config config = { .backend = HEAP_FIXED };
	struct heap *heap;

	(void)state;
	assert_int_equal(heap_open(&config, &heap), -EINVAL);
	config = (struct heap_config){ .policy = HEAP_POLICIES };
	assert_int_equal(heap_open(&config, &heap), -EINVAL);
	config = (struct heap_config){ .engine = HEAP_ENGINES };
	assert_int_equal(heap_open(&config, &heap), -EINVAL);
	config = (struct heap_config){ .grow = SIZE_MAX };
	assert_int_equal(heap_open(&config, &heap), -EINVAL);
}

int main(void)
{
	static enum heap_backend backends[] = { HEAP_AUTO, HEAP_BRK,
						HEAP_MMAP };
	const struct CMUnitTest tests[] = {
		{ "auto", test_each_call, NULL, NULL, &backends[0] },
		{ "brk", test_each_call, NULL, NULL, &backends[1] },
		{ "mmap", test_each_call, NULL, NULL, &backends[2] },
		cmocka_unit_test(test_kept_mapping),
		cmocka_unit_test(test_shrink_stays),
		cmocka_unit_test(test_buffer_ends),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_bad_config),
	};

	return cmocka_run_group_tests_name("alloc failure", tests, NULL, NULL);
}
