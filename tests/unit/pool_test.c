// SPDX-License-Identifier: MIT
/*
 * The pool: every block once, NULL when all are out, wrong pointers refused
 * with nothing changed, and freeing that writes to the blocks only if asked to.
 */
#include "alloc/alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define BLOCKS 32

static struct pool *create(size_t size, enum pool_list list)
{
	struct pool *pool;

	assert_int_equal(pool_create(size, BLOCKS, list, &pool), 0);
	return pool;
}

static void take_all(struct pool *pool, size_t size, char **blocks)
{
	size_t i, j;

	for (i = 0; i < BLOCKS; i++) {
		blocks[i] = pool_alloc(pool);
		assert_non_null(blocks[i]);
		assert_int_equal((uintptr_t)blocks[i] % HEAP_ALIGN, 0);
		for (j = 0; j < i; j++)
			assert_true(blocks[i] >= blocks[j] + size ||
				    blocks[i] + size <= blocks[j]);
		memset(blocks[i], (int)i, size);
	}
	assert_int_equal(pool_left(pool), 0);
	errno = 0;
	assert_null(pool_alloc(pool));
	assert_int_equal(errno, ENOMEM);
}

static void use(size_t size, enum pool_list list)
{
	struct pool *pool = create(size, list);
	char *blocks[BLOCKS];
	int round;
	size_t i;

	for (round = 0; round < 3; round++) {
		take_all(pool, size, blocks);
		for (i = 0; i < BLOCKS; i++) {
			char *block = blocks[i * 7 % BLOCKS];

			assert_int_equal(block[size - 1], i * 7 % BLOCKS);
			assert_int_equal(pool_free(pool, block), 0);
		}
		assert_int_equal(pool_left(pool), BLOCKS);
	}
	pool_destroy(pool);
}

static void test_use(void **state)
{
	(void)state;
	use(32, POOL_LIST_OUTSIDE);
	use(32, POOL_LIST_INSIDE);
	use(1, POOL_LIST_OUTSIDE);
	use(1, POOL_LIST_INSIDE);
	use(10000, POOL_LIST_OUTSIDE);
	use(10000, POOL_LIST_INSIDE);
}

static void refuse_wrong(enum pool_list list)
{
	struct pool *pool = create(32, list);
	struct pool *other = create(32, list);
	char *block = pool_alloc(pool);
	char *second = pool_alloc(pool);
	int local;

	assert_int_equal(pool_free(pool, NULL), -EINVAL);
	assert_int_equal(pool_free(pool, &local), -EINVAL);
	assert_int_equal(pool_free(pool, block + 1), -EINVAL);
	assert_int_equal(pool_free(pool, block + 16), -EINVAL);
	assert_int_equal(pool_free(pool, block - 32), -EINVAL);
	assert_int_equal(pool_free(pool, block + (size_t)32 * BLOCKS), -EINVAL);
	assert_int_equal(pool_free(pool, second + 32), -EINVAL);
	assert_int_equal(pool_free(other, block), -EINVAL);
	assert_int_equal(pool_left(pool), BLOCKS - 2);
	assert_int_equal(pool_free(pool, block), 0);
	assert_int_equal(pool_free(pool, block), -EINVAL);
	assert_int_equal(pool_left(pool), BLOCKS - 1);
	assert_ptr_equal(pool_alloc(pool), block);
	pool_destroy(other);
	pool_destroy(pool);
}

static void test_wrong(void **state)
{
	(void)state;
	refuse_wrong(POOL_LIST_OUTSIDE);
	refuse_wrong(POOL_LIST_INSIDE);
}

/* Outside: a freed block keeps every byte. Inside: the link goes there. */
static void test_writes(void **state)
{
	char before[32];
	int list;

	(void)state;
	memset(before, 0x5a, sizeof(before));
	for (list = POOL_LIST_OUTSIDE; list <= POOL_LIST_INSIDE; list++) {
		struct pool *pool = create(32, list);
		char *block = pool_alloc(pool);

		memcpy(block, before, sizeof(before));
		pool_free(pool, block);
		assert_int_equal(!!memcmp(block, before, sizeof(before)),
				 list == POOL_LIST_INSIDE);
		pool_destroy(pool);
	}
}

static void test_bad_sizes(void **state)
{
	struct pool *pool;

	(void)state;
	assert_int_equal(pool_create(0, 1, POOL_LIST_OUTSIDE, &pool), -EINVAL);
	assert_int_equal(pool_create(1, 0, POOL_LIST_OUTSIDE, &pool), -EINVAL);
	assert_int_equal(pool_create(SIZE_MAX, 1, POOL_LIST_INSIDE, &pool),
			 -ENOMEM);
	assert_int_equal(pool_create(1, SIZE_MAX, POOL_LIST_INSIDE, &pool),
			 -ENOMEM);
	assert_int_equal(pool_create((size_t)1 << 40, (size_t)1 << 30,
				     POOL_LIST_INSIDE, &pool),
			 -ENOMEM);
	pool_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_use),
		cmocka_unit_test(test_wrong),
		cmocka_unit_test(test_writes),
		cmocka_unit_test(test_bad_sizes),
	};

	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
