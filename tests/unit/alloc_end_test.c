// SPDX-License-Identifier: MIT
/*
 * When the kernel gives no more memory, all that is free serves: also where
 * nothing is left for records.
 */
#include "alloc/internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <cmocka.h>

#include "heap_of.h"
#include "in_child.h"

#define BYTES ((size_t)256 << 20)
#define KINDS 3

static struct heap *heap;

/* Blocks in turn, until none of these sizes is served any more; bytes of all. */
static size_t take_all(void)
{
	static const size_t sizes[KINDS] = { 48, 64, 80 };
	size_t bytes = 0;
	size_t kind, served;

	do {
		served = 0;
		for (kind = 0; kind < KINDS; kind++)
			if (heap_malloc(heap, sizes[kind]))
				served += sizes[kind];
		bytes += served;
	} while (served);
	return bytes;
}

/* What large blocks had becomes small ones, and the books stay right. */
static int end_memory(void)
{
	const struct rlimit limit = { 1 << 20, 1 << 20 };
	void *large = heap_malloc(heap, BYTES);

	if (!large || heap_free(heap, large) || setrlimit(RLIMIT_AS, &limit))
		return 1;
	if (take_all() < BYTES - BYTES / 50)
		return 2;
	return heap_check(heap, NULL) ? 3 : 0;
}

static void test_records_last(void **state)
{
	(void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	/* A sanitizer needs memory of its own. */
	skip();
#endif
	heap = open_heap("engine=spans");
	assert_int_equal(in_child(end_memory), 0);
	close_whole(heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_last),
	};

	return cmocka_run_group_tests_name("alloc end", tests, NULL, NULL);
}
