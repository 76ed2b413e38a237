// SPDX-License-Identifier: MIT
/*
 * exam.c - what a free-list allocator is asked, and what it is worth. Sizes and
 * the order of everything differ for each submission.
 */
#include <errno.h>
#include <inttypes.h>

#include "calls.h"

#define LIVE  40
#define SMALL ((size_t)16384) /* a buffer that is soon full */

static uint64_t some_size(struct exam *e)
{
	return exam_random(e, 6) ? 1 + exam_random(e, 300) :
				   exam_random(e, 3000);
}

static void apart(struct exam *e, const struct exam_block *live, int n,
		  uint64_t at, uint64_t size)
{
	exam_expected(e, "a block that shares no byte with one in use");
	for (int i = 0; i < n; i++)
		if (at < live[i].at + live[i].size && live[i].at < at + size)
			exam_seen(e,
				  "bytes %" PRIu64 " to %" PRIu64
				  ", and one in use from %" PRIu64
				  " to %" PRIu64,
				  at - heap_start, at + size - heap_start,
				  live[i].at - heap_start,
				  live[i].at + live[i].size - heap_start);
}

static void test_valid(struct exam *e)
{
	struct exam_block live[LIVE];
	int n = 0;

	open_heap(e, 65536, (enum fit_policy)exam_random(e, FIT_POLICIES));
	exam_call(e, ASK_FREE, 0, 0);
	for (int i = 0; i < 300; i++) {
		if (n < LIVE && (!n || exam_random(e, 5) < 3)) {
			uint64_t size = some_size(e);
			uint64_t at = alloc(e, size);

			apart(e, live, n, at, size ? size : 1);
			live[n++] = exam_fill(e, at, size);
		} else {
			int k = (int)exam_random(e, (uint64_t)n);

			check(e, &live[k]);
			end(e, live[k].at);
			live[k] = live[--n];
		}
	}
	while (n--)
		check(e, &live[n]);
}

/*
 * Asks for blocks of a size until none is left or there are enough. Return: how
 * many there were.
 */
static uint64_t take(struct exam *e, uint64_t size, uint64_t enough)
{
	struct exam_block live[SMALL / 32];
	uint64_t n, at;

	/* The first has to be there. */
	for (n = 0; n < enough; n++) {
		at = n ? (uint64_t)try_alloc(e, size).value : alloc(e, size);
		if (!at)
			break;
		apart(e, live, (int)n, at, size);
		live[n] = (struct exam_block){ at, size, 0 };
	}
	return n;
}

static void test_split(struct exam *e)
{
	uint64_t size, least, n;

	for (int i = 0; i < 3; i++) {
		size = 17 + exam_random(e, 200);
		open_heap(e, SMALL, (enum fit_policy)i);
		/* Where the policy finds the one hole there is. */
		least = (heap_bytes - 64) / (FIT_HEAD + (size + 15) / 16 * 16);
		n = take(e, size, least);
		exam_did(e, "fit_malloc(%" PRIu64 ") until it fails, %s", size,
			 policies[i]);
		exam_expected(e, "%" PRIu64 " blocks in %" PRIu64 " bytes",
			      least, heap_bytes);
		if (n < least)
			exam_seen(e, "%" PRIu64, n);
	}
}

/* Three neighbours are freed in this order, and have to become one hole. */
static void join_them(struct exam *e, const struct exam_block *b,
		      const int *order)
{
	uint64_t at, size = b[0].size + b[1].size + b[2].size;
	static const char *const name[] = { "first", "second", "third" };

	for (int i = 0; i < 3; i++)
		end(e, b[order[i]].at);
	at = alloc(e, size);
	exam_did(
		e,
		"three neighbours freed (the %s, the %s, the %s), then fit_malloc() of their sum",
		name[order[0]], name[order[1]], name[order[2]]);
	exam_expected(e, "a block at byte %" PRIu64 ", where the first was",
		      b[0].at - heap_start);
	if (at != b[0].at)
		exam_seen(e, "byte %" PRIu64, at - heap_start);
	end(e, at);
	exam_expected(e, "the blocks around them as they were");
	/* Taken whole, so that the next three find no other hole. */
	if (alloc(e, size) != at)
		exam_seen(e, "freed again, the hole is gone");
}

static void test_coalesce(struct exam *e)
{
	static const int orders[6][3] = {
		{ 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
		{ 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 }
	};
	struct exam_block b[24], kept[6];
	uint64_t last = 0;

	open_heap(e, 32768, FIT_FIRST);
	for (int i = 0; i < 24; i++) {
		b[i].size = 33 + exam_random(e, 500);
		b[i].at = alloc(e, b[i].size);
		last = b[i].at + b[i].size;
		if (i % 4 == 3)
			kept[i / 4] = exam_fill(e, b[i].at, b[i].size);
	}
	fill_rest(e, last);
	for (int i = 0; i < 6; i++)
		join_them(e, &b[i * 4], orders[i]);
	for (int i = 0; i < 6; i++)
		check(e, &kept[i]);
}

static void test_whole(struct exam *e)
{
	struct exam_block b[60];
	uint64_t n, size;

	for (int policy = 0; policy < FIT_POLICIES; policy++) {
		open_heap(e, 65536, (enum fit_policy)policy);
		for (n = 0; n < 60; n++) {
			size = 1 + exam_random(e, 800);
			b[n].at = alloc(e, size);
			b[n].size = size;
			apart(e, b, (int)n, b[n].at, size);
		}
		while (n) {
			uint64_t k = exam_random(e, n);

			end(e, b[k].at);
			b[k] = b[--n];
		}
		alloc(e, heap_bytes - 64);
	}
}

static void test_exhaust(struct exam *e)
{
	uint64_t at, size = 200 + exam_random(e, 400);
	struct exam_block kept;

	open_heap(e, 8192, FIT_BEST);
	at = alloc(e, size);
	kept = exam_fill(e, alloc(e, size), size);
	fill_rest(e, kept.at + size);
	refused(e, 64);
	refused(e, SIZE_MAX);
	refused(e, SIZE_MAX - exam_random(e, 40));
	refused(e, (uint64_t)PTRDIFF_MAX + exam_random(e, 100));
	end(e, at);
	refused(e, 2 * size);
	refused(e, SIZE_MAX - FIT_HEAD + 1);
	if (alloc(e, size) != at)
		exam_seen(e, "another block than the one that was freed");
	check(e, &kept);
}

static const struct exam_test tests[] = {
	{ "valid", 15,
	  "blocks are aligned, in the buffer, apart, and keep what is in them",
	  "the size of a block with its head, rounded up; and where a block ends and the rest begins (part 2)",
	  test_valid },
	{ "first", 10, "first fit takes the lowest hole that is large enough",
	  "the order of your list, and where fit_free() puts a hole (part 2)",
	  test_first },
	{ "split", 10, "what a block does not need stays a hole",
	  "the rest of the hole: its size, its head, its place in the list (part 3)",
	  test_split },
	{ "best", 10, "best fit takes the smallest hole that is large enough",
	  "the comparison: of those that are large enough the smallest (part 4)",
	  test_best },
	{ "worst", 10, "worst fit takes the largest hole",
	  "the comparison: of all the largest (part 4)", test_worst },
	{ "coalesce", 10, "neighbouring holes become one, in any order",
	  "both sides: the hole behind and the hole before, also when both are there (part 5)",
	  test_coalesce },
	{ "whole", 5, "when all is freed, all can be had as one block",
	  "holes that touch, or that were lost from the list (part 5)",
	  test_whole },
	{ "exhaust", 5, "what does not fit is ENOMEM, and changes nothing",
	  "a request so large that a sum wraps; a hole that was taken out too early (part 2)",
	  test_exhaust },
	{ "utilisation", 10, "little of the buffer is wasted",
	  "how much a head costs, whether the rest is used, whether holes join (part 6)",
	  test_utilisation },
	{ "throughput", 10, "it is not much slower than the allocator core",
	  "what is searched, and how often: are there blocks in use on the way? (part 6)",
	  test_throughput },
};

static const struct exam_lab lab = {
	.name = "02_fit",
	.title = "a free list: first, best and worst fit",
	.built = 5,
	EXAM_TESTS(tests),
};

int main(int argc, char **argv)
{
	return exam_main(&lab, argc, argv);
}
