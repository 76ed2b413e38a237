// SPDX-License-Identifier: MIT
/*
 * What is shown of a heap: the walk, the map, and the words of a configuration.
 */
#include "alloc/alloc.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static _Alignas(16) char buffer[1040];

static struct heap *open_fixed(void)
{
	struct heap_config config = { .backend = HEAP_FIXED,
				      .buffer = buffer,
				      .buffer_size = sizeof(buffer) };
	struct heap *heap;

	assert_int_equal(heap_open(&config, &heap), 0);
	return heap;
}

static void test_map(void **state)
{
	struct heap *heap = open_fixed();
	void *a = heap_malloc(heap, 120);
	void *b = heap_malloc(heap, 120);
	char text[64];

	(void)state;
	heap_malloc(heap, 100);
	assert_int_equal(heap_map(heap, 64, text, sizeof(text)), 17);
	assert_string_equal(text, "uuuuu+__________\n");
	heap_free(heap, a);
	heap_map(heap, 64, text, sizeof(text));
	assert_string_equal(text, "__uuu+__________\n");
	heap_free(heap, b);
	heap_map(heap, 128, text, sizeof(text));
	assert_string_equal(text, "__+_____\n");
	/* Too short a buffer gets the beginning, and the whole length. */
	assert_int_equal(heap_map(heap, 128, text, 4), 9);
	assert_string_equal(text, "__+");
	assert_int_equal(heap_map(heap, 0, text, 4), -EINVAL);
	heap_close(heap);
}

static void test_map_regions(void **state)
{
	struct heap_config config = { .backend = HEAP_MMAP, .chunk = 65536 };
	struct heap *heap;
	char text[64];

	(void)state;
	assert_int_equal(heap_open(&config, &heap), 0);
	assert_int_equal(heap_map(heap, 8192, text, sizeof(text)), 0);
	assert_string_equal(text, "");
	heap_malloc(heap, 40000);
	heap_malloc(heap, 1 << 20);
	assert_int_equal(heap_map(heap, 8192, text, sizeof(text)), 11);
	assert_non_null(strstr(text, "uuuu+___\n"));
	assert_non_null(strstr(text, "M\n"));
	heap_close(heap);
}

struct seen {
	size_t used;
	size_t free;
	size_t bytes;
	size_t requested;
	const char *last;
};

static int see(const struct heap_block *block, void *arg)
{
	struct seen *seen = arg;

	assert_true((const char *)block->start > seen->last);
	seen->last = block->start;
	seen->used += block->used;
	seen->free += !block->used;
	seen->bytes += block->size;
	seen->requested += block->requested;
	return seen->used == 3 ? 42 : 0;
}

static void test_walk(void **state)
{
	struct heap *heap = open_fixed();
	struct seen seen = { 0 };
	void *a = heap_malloc(heap, 99);

	(void)state;
	heap_malloc(heap, 31);
	heap_free(heap, a);
	assert_int_equal(heap_walk(heap, see, &seen), 0);
	assert_int_equal(seen.used, 1);
	assert_int_equal(seen.free, 2);
	assert_int_equal(seen.bytes, sizeof(buffer) - 16);
	assert_int_equal(seen.requested, 31);
	heap_malloc(heap, 1);
	heap_malloc(heap, 1);
	memset(&seen, 0, sizeof(seen));
	assert_int_equal(heap_walk(heap, see, &seen), 42);
	heap_close(heap);
}

static void test_config(void **state)
{
	struct heap_config config = { .refuse = 9 };

	(void)state;
	assert_int_equal(
		heap_config_parse(
			"engine=classic,policy=worst,backend=brk,order=lifo,misuse=report,threshold=2M,grow=3,chunk=4K,trim=1G",
			&config, NULL),
		0);
	assert_int_equal(config.policy, HEAP_WORST);
	assert_int_equal(config.backend, HEAP_BRK);
	assert_int_equal(config.order, HEAP_LIFO);
	assert_int_equal(config.on_misuse, HEAP_REPORT);
	assert_int_equal(config.threshold, 2 << 20);
	assert_int_equal(config.grow, 3);
	assert_int_equal(config.chunk, 4096);
	assert_int_equal(config.trim, 1 << 30);
	assert_int_equal(config.refuse, 9);
	assert_int_equal(heap_config_parse("", &config, NULL), 0);
}

static void test_bad_config(void **state)
{
	static const char *const bad[] = { "policy",
					   "policy=",
					   "policy=firs",
					   "policy=firstt",
					   "polic=first",
					   "=first",
					   "backend=fixed",
					   "engine=spanss",
					   "grow=",
					   "grow=K",
					   "grow=0",
					   "grow=1KK",
					   "grow=-1",
					   "grow=0x10",
					   "grow=99999999999999999999",
					   "misuse=no",
					   "order=size",
					   " policy=first",
					   ",",
					   "policy=first,," };
	struct heap_config config = { .policy = HEAP_WORST };
	const char *where;
	char text[80];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		snprintf(text, sizeof(text), "policy=best,%s", bad[i]);
		where = NULL;
		if (heap_config_parse(text, &config, &where) != -EINVAL)
			fail_msg("taken: '%s'", text);
		assert_true(where >= text + 12);
		assert_int_equal(config.policy, HEAP_WORST);
	}
}

/* What one engine knows, and the other not. */
static void test_two_engines(void **state)
{
	static const char *const bad[] = {
		"engine=spans,policy=best", "policy=best,engine=spans",
		"engine=classic,seal=off",  "seal=off,policy=first",
		"policy=first,seal=off",    "engine=spans,engine=classic",
	};
	struct heap_config config = { .refuse = 9 };
	const char *where;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		assert_int_equal(heap_config_parse(bad[i], &config, &where),
				 -ENOTSUP);
		assert_ptr_equal(where, strchr(bad[i], ',') + 1);
	}
	assert_int_equal(heap_config_parse("engine=spans,seal=off,budget=9",
					   &config, NULL),
			 0);
	assert_int_equal(config.engine, HEAP_SPANS);
	assert_int_equal(heap_config_parse("trim=1", &config, NULL), 0);
	assert_int_equal(config.engine, HEAP_CLASSIC);
}

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(heap_policy_name(HEAP_NEXT), "next");
	assert_string_equal(heap_backend_name(HEAP_AUTO), "auto");
	assert_null(heap_policy_name(HEAP_POLICIES));
	assert_null(heap_backend_name(HEAP_BACKENDS));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_map),
		cmocka_unit_test(test_map_regions),
		cmocka_unit_test(test_walk),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_bad_config),
		cmocka_unit_test(test_two_engines),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests_name("alloc look", tests, NULL, NULL);
}
