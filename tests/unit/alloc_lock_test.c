// SPDX-License-Identifier: MIT
/*
 * The lock: it has an owner from the first time on, and its owner can't take it
 * twice but for a fork.
 */
#include "alloc/lock.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

static struct lock lock;

static void assert_free(void)
{
	assert_int_equal(lock_try(&lock), 0);
	lock_drop(&lock);
	assert_int_equal(lock.state, 0);
}

static void test_once(void **state)
{
	(void)state;
	assert_int_equal(lock_take(&lock), 0);
	assert_int_not_equal(lock.state, 0);
	assert_int_equal(lock_take(&lock), -EDEADLK);
	assert_int_equal(lock_try(&lock), -EDEADLK);
	lock_drop(&lock);
	assert_free();
}

/* A handler of a fork allocates in the thread that has all locks. */
static void test_passed(void **state)
{
	(void)state;
	assert_int_equal(lock_take(&lock), 0);
	lock_pass(true);
	assert_int_equal(lock_take(&lock), 0);
	lock_drop(&lock);
	assert_int_not_equal(lock.state, 0);
	lock_pass(false);
	assert_int_equal(lock_take(&lock), -EDEADLK);
	lock_drop(&lock);
	assert_free();
}

static void *try(void *arg)
{
	*(int *)arg = lock_try(&lock);
	return NULL;
}

static void test_another(void **state)
{
	pthread_t thread;
	int err = 0;

	(void)state;
	assert_int_equal(lock_take(&lock), 0);
	assert_int_equal(pthread_create(&thread, NULL, try, &err), 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(err, -EBUSY);
	lock_drop(&lock);
	assert_free();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_once),
		cmocka_unit_test(test_passed),
		cmocka_unit_test(test_another),
	};

	return cmocka_run_group_tests_name("alloc lock", tests, NULL, NULL);
}
