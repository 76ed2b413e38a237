// SPDX-License-Identifier: MIT
/*
 * Two threads that meet within the spans engine, at places where they would
 * hardly ever: one is stopped there, by a lock or a signal, for as long as the
 * other one needs.
 */
#include "alloc/spans.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define LARGE ((size_t)300 << 10)

static struct heap *heap;
static atomic_bool ready, go, caught, released;

static int setup(void **state)
{
	const struct heap_config config = { .engine = HEAP_SPANS };

	(void)state;
	/* What waits for ever ends the test. */
	alarm(60);
	ready = false;
	go = false;
	caught = false;
	released = false;
	if (heap_open(&config, &heap))
		return -1;
	heap_serve_threads(heap);
	return serve_slow_malloc(heap, 1) ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	self = (struct self){ &cache_none, cache_none.bins, class_fine };
	heap_close(heap);
	return 0;
}

static void await(const atomic_bool *what)
{
	while (!*what)
		usleep(100);
}

static pthread_t start(void *(*run)(void *arg))
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, run, NULL), 0);
	return thread;
}

/* Another thread waits for a lock that we have. */
static void await_waiter(struct lock *lock)
{
	while (!(lock->state >> 31))
		usleep(100);
}

/* Stops its thread where it is. */
static void stop_here(int number)
{
	(void)number;
	caught = true;
	while (!released)
		;
}

/* What a function says in a child, which must not take long. */
static int in_child(int (*run)(void))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		alarm(20);
		_exit(run());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void *make_large(void *arg)
{
	(void)arg;
	serve_slow_free(heap, serve_slow_malloc(heap, 1));
	ready = true;
	await(&go);
	return serve_slow_malloc(heap, LARGE);
}

/* A whole heap, and it serves. */
static int check_heap(void)
{
	char *block = serve_slow_malloc(heap, LARGE);

	if (!block || heap_check(heap, NULL))
		return 1;
	serve_slow_free(heap, block);
	return heap_check(heap, NULL) ? 2 : 0;
}

/* Signals wait while a thread has the lock of the pages, but no longer. */
static void test_large_in_the_making(void **state)
{
	struct sigaction action = { .sa_handler = stop_here };
	struct lock *lock = &heap->spans->pages.lock;
	pthread_t thread = start(make_large);
	void *block;

	(void)state;
	sigaction(SIGUSR1, &action, NULL);
	await(&ready);
	lock_take(lock);
	go = true;
	await_waiter(lock);
	pthread_kill(thread, SIGUSR1);
	lock_drop(lock);
	await(&caught);
	assert_int_equal(heap_check(heap, NULL), 0);
	assert_int_equal(in_child(check_heap), 0);
	released = true;
	pthread_join(thread, &block);
	assert_non_null(block);
	assert_int_equal(heap_check(heap, NULL), 0);
	serve_slow_free(heap, block);
}

static void *use_some(void *arg)
{
	(void)arg;
	serve_slow_free(heap, serve_slow_malloc(heap, 1));
	return NULL;
}

/*
 * Who forks takes the locks of all caches first, then that of their list: a new
 * thread which waits for the one must not have the other.
 */
static void test_locks_in_order(void **state)
{
	const struct timespec soon = { .tv_sec = 1 };
	struct spans *spans = heap->spans;
	struct cache *parked;
	pthread_t thread;

	(void)state;
	pthread_join(start(use_some), NULL);
	parked = spans->caches;
	assert_true(parked->parked);
	lock_take(&parked->lock);
	thread = start(use_some);
	await_waiter(&parked->lock);
	assert_int_equal(lock_take_soon(&spans->lock, &soon), 0);
	lock_drop(&spans->lock);
	lock_drop(&parked->lock);
	pthread_join(thread, NULL);
	assert_ptr_equal(spans->caches, parked);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_large_in_the_making, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_locks_in_order, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("alloc meets", tests, NULL, NULL);
}
