// SPDX-License-Identifier: MIT
/*
 * exam.c - what a pool is asked, and what it is worth. Sizes and orders differ
 * for each submission.
 */
#include <errno.h>
#include <inttypes.h>

#include "calls.h"

static void test_blocks(struct exam *e)
{
	struct exam_block b[MOST];
	static const uint64_t sizes[] = { 1, 16, 17, 100 };

	for (uint64_t i = 0; i < 4; i++) {
		uint64_t size = sizes[i] + exam_random(e, 8);
		uint64_t blocks = 20 + exam_random(e, 20);

		take_all(e, i, size, blocks, b);
		check_all(e, b, blocks);
	}
}

static void test_exhaust(struct exam *e)
{
	struct exam_block b[MOST];
	uint64_t blocks = 1 + exam_random(e, 40), size = 32;

	take_all(e, 0, size, blocks, b);
	for (int i = 0; i < 3; i++)
		exhausted(e, 0, blocks);
	check_all(e, b, blocks);
	bad_create(e, 0, 4, EINVAL);
	bad_create(e, 4, 0, EINVAL);
	bad_create(e, SIZE_MAX, 1, ENOMEM);
	bad_create(e, (uint64_t)1 << 50, 3, ENOMEM);
	bad_create(e, SIZE_MAX / 1000 + 2, 1000, ENOMEM);
	bad_create(e, ((uint64_t)1 << 60) + 16, 16, ENOMEM);
}

static void test_reuse(struct exam *e)
{
	struct exam_block b[MOST];
	uint64_t blocks = 10 + exam_random(e, 30), k, at;

	take_all(e, 0, 48, blocks, b);
	for (int i = 0; i < 100; i++) {
		k = exam_random(e, blocks);
		put_back(e, 0, b[k].at, "a block that is out", 0);
		at = alloc(e, 0);
		exam_expected(e, "the only block that is not out");
		if (at != b[k].at)
			exam_seen(e, "another");
		b[k] = exam_fill(e, at, 48);
		if (i % 10 == 0)
			exhausted(e, 0, blocks);
	}
	for (k = 0; k < blocks; k++)
		put_back(e, 0, b[k].at, "a block that is out", 0);
	for (k = 0; k < blocks; k++)
		b[k] = exam_fill(e, alloc(e, 0), 48);
	exhausted(e, 0, blocks);
	check_all(e, b, blocks);
}

static void test_left(struct exam *e)
{
	uint64_t at[MOST], blocks = 10 + exam_random(e, 30), out = 0;

	create(e, 0, 24, blocks);
	left(e, 0, blocks);
	for (int i = 0; i < 120; i++) {
		if (out < blocks && exam_random(e, 5) < 3)
			at[out++] = alloc(e, 0);
		else if (out)
			put_back(e, 0, at[--out], "a block that is out", 0);
		left(e, 0, blocks - out);
	}
	while (out < blocks)
		at[out++] = alloc(e, 0);
	exhausted(e, 0, blocks);
	left(e, 0, 0);
}

static void test_foreign(struct exam *e)
{
	struct exam_block b[MOST], o[MOST];
	uint64_t blocks = 10 + exam_random(e, 20), memory;

	take_all(e, 0, 64, blocks, b);
	take_all(e, 1, 64, blocks, o);
	memory = (uint64_t)exam_call(e, ASK_MEMORY, 0, 0)->value;
	put_back(e, 0, 0, "NULL", EINVAL);
	put_back(e, 0, memory, "memory of somebody else", EINVAL);
	put_back(e, 0, memory + 64 * exam_random(e, 100),
		 "memory of somebody else", EINVAL);
	put_back(e, 0, o[exam_random(e, blocks)].at, "a block of another pool",
		 EINVAL);
	put_back(e, 0, b[0].at - (blocks << 18), "memory far below", EINVAL);
	put_back(e, 0, b[0].at + (blocks << 18), "memory far above", EINVAL);
	for (uint64_t i = 0, top = 0; i <= blocks; i++) {
		if (i < blocks && b[i].at > top)
			top = b[i].at;
		if (i == blocks)
			put_back(e, 0, top + 64, "memory behind the last block",
				 EINVAL);
	}
	left(e, 0, 0);
	check_all(e, b, blocks);
	check_all(e, o, blocks);
}

static void test_interior(struct exam *e)
{
	struct exam_block b[MOST];
	uint64_t blocks = 10 + exam_random(e, 20), k;

	take_all(e, 0, 96, blocks, b);
	for (uint64_t by = 1; by < 96; by += 1 + exam_random(e, 12)) {
		k = exam_random(e, blocks);
		put_back(e, 0, b[k].at + by, "an address inside a block",
			 EINVAL);
	}
	left(e, 0, 0);
	exhausted(e, 0, blocks);
	put_back(e, 0, b[0].at, "a block that is out", 0);
}

static void test_double(struct exam *e)
{
	struct exam_block b[MOST];
	uint64_t blocks = 10 + exam_random(e, 20), k = exam_random(e, blocks);

	take_all(e, 0, 32, blocks, b);
	put_back(e, 0, b[k].at, "a block that is out", 0);
	put_back(e, 0, b[k].at, "a block that was freed", EINVAL);
	left(e, 0, 1);
	k = (k + 1) % blocks;
	put_back(e, 0, b[k].at, "a block that is out", 0);
	put_back(e, 0, b[k].at, "a block that was freed", EINVAL);
	put_back(e, 0, b[(k + blocks - 1) % blocks].at,
		 "a block that was freed before another", EINVAL);
	left(e, 0, 2);
	alloc(e, 0);
	alloc(e, 0);
	exhausted(e, 0, blocks);
}

static void test_destroy(struct exam *e)
{
	struct exam_block b[MOST];

	take_all(e, 1, 32, 20, b);
	for (int i = 0; i < 300; i++) {
		create(e, 0, 1024, 5000);
		alloc(e, 0);
		exam_did(e, "pool_destroy(), then pool_create() anew, %d times",
			 i + 1);
		exam_call(e, ASK_DESTROY, 0, 0);
	}
	check_all(e, b, 20);
	put_back(e, 1, b[3].at, "a block of another pool that lives", 0);
}

static void test_constant(struct exam *e)
{
	create(e, 0, 16, MANY);
	for (int i = 0; i < 2; i++) {
		exam_did(e, "pool_alloc() of %d blocks", MANY);
		exam_expected(e, "all of them, soon");
		if (exam_call(e, ASK_ALLOC_MANY, 0, MANY)->value != MANY)
			exam_seen(e, "NULL");
		exam_did(e, "pool_free() of %d blocks", MANY);
		if (exam_call(e, ASK_FREE_MANY, 0, 0)->value)
			exam_seen(e, "a block that is out was refused");
	}
	left(e, 0, MANY);
}

static const struct exam_test tests[] = {
	{ "blocks", 10, "blocks are aligned, apart, and hold what they should",
	  "the size of a block, rounded up, and the address of the n-th (part 1)",
	  test_blocks },
	{ "exhaust", 10, "there are as many blocks as were asked for, no more",
	  "when the list is empty; and products that wrap in pool_create() (part 2)",
	  test_exhaust },
	{ "reuse", 10, "a block that was freed can be had again",
	  "what pool_free() puts into the list, and pool_alloc() takes out (part 1)",
	  test_reuse },
	{ "left", 5, "pool_left() counts",
	  "where the count changes, and where it must not (part 1)",
	  test_left },
	{ "foreign", 10, "a pointer into other memory is EINVAL",
	  "the range of the pool's blocks, at both ends (part 2)",
	  test_foreign },
	{ "interior", 10, "a pointer into a block is EINVAL",
	  "the distance from the first block: a multiple of what? (part 2)",
	  test_interior },
	{ "double", 10, "a block that is not out is EINVAL",
	  "how you know which blocks are out (part 2)", test_double },
	{ "destroy", 5, "all memory goes back, and no other pool's",
	  "munmap(): of all that mmap() gave, with the same size (part 1)",
	  test_destroy },
	{ "constant", 5, "it takes the same time with many blocks",
	  "loops over blocks in pool_alloc() and pool_free() (part 2)",
	  test_constant },
	{ "untouched", 10, "a block that was freed keeps its bytes",
	  "where the list is: not in the blocks (part 3)", test_untouched },
	{ "copies", 10, "a child that frees copies few pages",
	  "what pool_free() writes, and on how many pages that is (part 3)",
	  test_copies },
};

static const struct exam_lab lab = {
	.name = "06_pool",
	.title = "a pool of blocks, and what a fork makes of it",
	.built = 5,
	EXAM_TESTS(tests),
};

int main(int argc, char **argv)
{
	return exam_main(&lab, argc, argv);
}
