// SPDX-License-Identifier: MIT
/*
 * One heap and one pool among threads: blocks that one thread takes and another
 * frees, looks at the heap meanwhile, and forks in between.
 */
#include "alloc/spans.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "in_child.h"

#define THREADS 4
#define SLOTS	64
#define ROUNDS	20000
#define POOL	40

static struct heap *heap;
static struct pool *pool;
static char *_Atomic slots[SLOTS];
static atomic_size_t failures;
static atomic_bool stop;

/* Puts a new block in a slot, and frees whatever was there, whoever took it. */
static void *exchange(void *arg)
{
	unsigned int seed = (unsigned int)(uintptr_t)arg;
	int i;

	for (i = 0; i < ROUNDS; i++) {
		size_t size = 1 + rand_r(&seed) % (i % 100 ? 300 : 200000);
		char *block = heap_malloc(heap, size);
		char *old;

		if (!block) {
			failures++;
			continue;
		}
		memset(block, 1, size);
		if (i % 3 == 0)
			block = heap_realloc(heap, block, 2 * size);
		old = atomic_exchange(&slots[rand_r(&seed) % SLOTS], block);
		if (heap_free(heap, old))
			failures++;
	}
	return NULL;
}

/* Fewer blocks than threads want: some calls find none. */
static void *use_pool(void *arg)
{
	char *mine[POOL / 2] = { NULL };
	int i;

	for (i = 0; i < ROUNDS; i++) {
		char **slot = &mine[i % (POOL / 2)];

		if (*slot &&
		    (**slot != (char)(uintptr_t)arg || pool_free(pool, *slot)))
			failures++;
		*slot = pool_alloc(pool);
		if (*slot)
			**slot = (char)(uintptr_t)arg;
	}
	for (i = 0; i < POOL / 2; i++)
		if (mine[i] && pool_free(pool, mine[i]))
			failures++;
	return NULL;
}

static void *look(void *arg)
{
	struct heap_stats stats;
	char text[100];

	while (!stop) {
		if (heap_check(heap, NULL))
			failures++;
		heap_map(heap, 4096, text, sizeof(text));
		heap_stats(heap, &stats);
		heap_trim(heap, 0);
	}
	return arg;
}

static void join(pthread_t *threads, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

/*
 * Without one of them there is no test, and the others must not meet the next.
 * Their stacks are small, as the C library calls abort() when the kernel does not
 * take back one too many to keep (nptl_free_stacks()).
 */
static void start(pthread_t *threads, size_t count, void *(*run)(void *arg))
{
	pthread_attr_t attr;
	uintptr_t i;
	int err;

	assert_int_equal(pthread_attr_init(&attr), 0);
	assert_int_equal(pthread_attr_setstacksize(&attr, 1 << 20), 0);
	for (i = 0; i < count; i++) {
		err = pthread_create(&threads[i], &attr, run, (void *)(i + 1));
		if (!err)
			continue;
		fprintf(stderr, "make a thread: %s\n", strerror(err));
		_exit(1);
	}
	pthread_attr_destroy(&attr);
}

static void test_heap(void **state)
{
	pthread_t threads[THREADS];
	pthread_t looker;
	struct heap_stats stats;
	int i;

	(void)state;
	stop = false;
	assert_int_equal(heap_open(NULL, &heap), 0);
	start(&looker, 1, look);
	start(threads, THREADS, exchange);
	join(threads, THREADS);
	stop = true;
	join(&looker, 1);
	for (i = 0; i < SLOTS; i++)
		heap_free(heap, atomic_exchange(&slots[i], NULL));
	assert_int_equal(failures, 0);
	assert_int_equal(heap_check(heap, NULL), 0);
	heap_stats(heap, &stats);
	assert_int_equal(stats.used_blocks, 0);
	assert_int_equal(stats.mallocs, THREADS * ROUNDS);
	assert_int_equal(stats.frees, THREADS * ROUNDS);
	heap_close(heap);
}

static void test_pool(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	assert_int_equal(pool_create(32, POOL, POOL_LIST_INSIDE, &pool), 0);
	start(threads, THREADS, use_pool);
	join(threads, THREADS);
	assert_int_equal(failures, 0);
	assert_int_equal(pool_left(pool), POOL);
	pool_destroy(pool);
}

static int look_around(void)
{
	char *block, *cell;

	/* A lock that stayed locked would wait for ever. */
	alarm(30);
	block = heap_malloc(heap, 1000);
	cell = pool_alloc(pool);
	if (!block || heap_check(heap, NULL))
		return 1;
	heap_free(heap, block);
	if (cell && pool_free(pool, cell))
		return 2;
	return 0;
}

static void test_fork(void **state)
{
	pthread_t threads[2 * THREADS];
	int i;

	(void)state;
#ifdef __SANITIZE_THREAD__
	/* It does not follow a process with threads into its child. */
	skip();
#endif
	assert_int_equal(heap_open(NULL, &heap), 0);
	assert_int_equal(pool_create(32, POOL, POOL_LIST_OUTSIDE, &pool), 0);
	start(threads, THREADS, exchange);
	start(threads + THREADS, THREADS, use_pool);
	for (i = 0; i < 200; i++)
		assert_int_equal(in_child(look_around), 0);
	join(threads, 2 * THREADS);
	assert_int_equal(failures, 0);
	pool_destroy(pool);
	heap_close(heap);
}

/* As the threads of a process do, each with a cache of its own. */
static void exchange_cached(unsigned int seed)
{
	int i;

	for (i = 0; i < 1000; i++) {
		size_t size = 1 + rand_r(&seed) % (i % 20 ? 3000 : 300000);
		char *block = serve_slow_malloc(heap, size);
		char *old;

		if (!block) {
			failures++;
			continue;
		}
		memset(block, 1, size < 100 ? size : 100);
		if (i % 9 == 0)
			block = serve_slow_realloc(heap, block, 2 * size);
		old = atomic_exchange(&slots[rand_r(&seed) % SLOTS], block);
		serve_slow_free(heap, old);
	}
}

static void *keep_exchanging(void *arg)
{
	while (!stop)
		exchange_cached((unsigned int)(uintptr_t)arg);
	return NULL;
}

static void free_slots(void)
{
	int i;

	for (i = 0; i < SLOTS; i++)
		serve_slow_free(heap, atomic_exchange(&slots[i], NULL));
}

/* Whatever the other threads were at: it is whole, and stays so. */
static int in_cached_child(void)
{
	alarm(30);
	if (heap_check(heap, NULL))
		return 1;
	exchange_cached(1);
	free_slots();
	heap_trim(heap, 0);
	return heap_check(heap, NULL) ? 2 : failures != 0;
}

static void test_fork_cached(void **state)
{
	const struct heap_config config = { .engine = HEAP_SPANS };
	pthread_t threads[THREADS];
	struct heap_stats stats;
	int i;

	(void)state;
#ifdef __SANITIZE_THREAD__
	/* It does not follow a process with threads into its child. */
	skip();
#endif
	stop = false;
	assert_int_equal(heap_open(&config, &heap), 0);
	heap_serve_threads(heap);
	memset(slots, 0, sizeof(slots));
	start(threads, THREADS, keep_exchanging);
	for (i = 0; i < 60; i++) {
		exchange_cached((unsigned int)i);
		assert_int_equal(in_child(in_cached_child), 0);
	}
	stop = true;
	join(threads, THREADS);
	free_slots();
	heap_trim(heap, 0);
	heap_stats(heap, &stats);
	assert_int_equal(failures, 0);
	assert_int_equal(stats.used_blocks, 0);
	assert_int_equal(stats.heap_bytes, 0);
	self = (struct self){ &cache_none, cache_none.bins, class_fine };
	heap_close(heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_heap),
		cmocka_unit_test(test_pool),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_fork_cached),
	};

	return cmocka_run_group_tests_name("alloc threads", tests, NULL, NULL);
}
