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
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#define LARGE ((size_t)300 << 10)

static struct heap *heap;
static atomic_bool ready, go, caught, released;

static int open_heap(enum heap_seal seal)
{
	const struct heap_config config = { .engine = HEAP_SPANS,
					    .seal = seal };

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

static int setup(void **state)
{
	(void)state;
	return open_heap(HEAP_SEAL_AUTO);
}

/* What is inherited serves on. */
static int setup_unsealed(void **state)
{
	(void)state;
	return open_heap(HEAP_SEAL_OFF);
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
	int status;
	pid_t pid;

#ifdef __SANITIZE_THREAD__
	/* It does not follow a process with threads into its child. */
	return 0;
#endif
	pid = fork();
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

#define RECORDS 400 /* more than a page of them */
#define BLOCKS	60
#define SIZE	4096

static pthread_t first_thread;
static void *page;
static char *block[BLOCKS];
static struct span *span; /* that of the first block */

static void protect(int how)
{
	assert_int_equal(mprotect(page, heap_page_size(), how), 0);
}

/* Our own lock may lie on the page, too. */
static void on_fault(int number)
{
	if (pthread_equal(pthread_self(), first_thread))
		protect(PROT_READ | PROT_WRITE);
	else
		stop_here(number);
}

static void *free_first(void *arg)
{
	(void)arg;
	/* What it has of its own is there before the page is taken away. */
	serve_slow_free(heap, serve_slow_malloc(heap, 1));
	ready = true;
	await(&go);
	serve_slow_free(heap, block[0]);
	return NULL;
}

static void *free_others(void *arg)
{
	size_t i;

	(void)arg;
	for (i = 1; i < BLOCKS; i++)
		if (pagemap_get(block[i]) == span)
			serve_slow_free(heap, block[i]);
	return NULL;
}

/* What others freed comes back to us. */
static int get_back(void)
{
	char *got;
	size_t i;

	pthread_join(start(free_others), NULL);
	for (i = 0; i < BLOCKS * BLOCKS; i++) {
		got = serve_slow_malloc(heap, SIZE);
		if (pagemap_get(got) == span)
			return heap_check(heap, NULL) ? 2 : 0;
	}
	return 1;
}

/*
 * Our inbox lies on a page that can't be written to: the other thread is stopped
 * when it has said that it has something for us, but did not yet put it there.
 */
static void test_push_and_fork(void **state)
{
	struct sigaction action = { .sa_handler = on_fault,
				    .sa_flags = SA_NODEFER };
	uintptr_t inbox = (uintptr_t)&self.cache->inbox;
	pthread_t thread;
	size_t i;

	(void)state;
	first_thread = pthread_self();
	for (i = 0; i < RECORDS; i++)
		assert_non_null(serve_slow_malloc(heap, LARGE));
	for (i = 0; i < BLOCKS; i++)
		block[i] = serve_slow_malloc(heap, SIZE);
	span = pagemap_get(block[0]);
	assert_ptr_not_equal(span, self.bins->bin[span->sc].span);
	sigaction(SIGSEGV, &action, NULL);
	page = (void *)(inbox & ~(heap_page_size() - 1));
	thread = start(free_first);
	await(&ready);
	protect(PROT_READ);
	go = true;
	await(&caught);
	assert_true(span->remote->pending);
	assert_null(self.cache->inbox);
	assert_int_equal(in_child(get_back), 0);
	protect(PROT_READ | PROT_WRITE);
	released = true;
	pthread_join(thread, NULL);
	signal(SIGSEGV, SIG_DFL);
	assert_non_null(self.cache->inbox);
	assert_int_equal(get_back(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_large_in_the_making, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_push_and_fork,
						setup_unsealed, teardown),
		cmocka_unit_test_setup_teardown(test_locks_in_order, setup,
						teardown),
	};

	return cmocka_run_group_tests_name("alloc meets", tests, NULL, NULL);
}
