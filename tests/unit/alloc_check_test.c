// SPDX-License-Identifier: MIT
/*
 * Every invariant of the heap has a way to break it, which the check names.
 */
#include "alloc/internal.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct heap *heap;
static char *blocks[8];

static void open_filled(void)
{
	struct heap_config config = { .on_misuse = HEAP_QUIET,
				      .backend = HEAP_MMAP };
	size_t i;

	assert_int_equal(heap_open(&config, &heap), 0);
	for (i = 0; i < 8; i++) {
		blocks[i] = heap_malloc(heap, 200);
		memset(blocks[i], 0, 200);
	}
}

/* Breaks one thing in a heap with a free block at 2, and one at 5. */
static void assert_names(const char *invariant)
{
	struct heap_fault fault = { "nothing", NULL };

	assert_int_equal(heap_check(heap, &fault), -EUCLEAN);
	assert_string_equal(fault.invariant, invariant);
}

static struct block *prepare(void)
{
	open_filled();
	heap_free(heap, blocks[2]);
	heap_free(heap, blocks[5]);
	assert_int_equal(heap_check(heap, NULL), 0);
	return block_of(blocks[2]);
}

static void reseal(struct block *block, size_t size, bool used, bool before)
{
	block_seal(heap, block,
		   (struct head){ .size = size,
				  .used = used,
				  .before_is_free = before });
}

static void test_check_heads(void **state)
{
	struct block *block = prepare();
	size_t size = block_size(block);

	(void)state;
	block->head ^= 16;
	assert_names("a head agrees with its checksum");
	block->head ^= 16;
	reseal(block_end(block), size, true, false);
	assert_names("a head knows whether the block before is free");
	reseal(block_end(block), size, true, true);
	*block_footer(block) += 16;
	assert_names("a free block's footer repeats its size");
	*block_footer(block) -= 16;
	reseal(block, size, true, false);
	reseal(block_end(block), size, true, false);
	assert_names("the index holds the free blocks alone");
	heap_close(heap);
}

static void test_check_layout(void **state)
{
	struct block *block = prepare();
	size_t size = block_size(block);
	struct block *behind = block_end(block);

	(void)state;
	reseal(behind, size, false, true);
	*block_footer(behind) = size;
	reseal(block_end(behind), size, true, true);
	assert_names("no two free blocks touch");
	reseal(behind, 8 << 20, true, true);
	assert_names("a block ends within its region");
	reseal(behind, size, true, true);
	reseal(block_end(behind), size, true, false);
	heap->regions[0].last = block;
	assert_names("a region knows its last block");
	heap_close(heap);
}

static void test_check_index(void **state)
{
	struct free_block *root;

	(void)state;
	prepare();
	root = heap->index.root;
	root->count++;
	assert_names("the index is in order and counts right");
	root->count--;
	root->largest += 16;
	assert_names("the index is in order and counts right");
	root->largest -= 16;
	heap->index.root = root->left ? root->left : root->right;
	assert_names("every free block is in the index");
	heap->index.root = root;
	assert_int_equal(heap_check(heap, NULL), 0);
	heap_close(heap);
}

static void test_check_sums(void **state)
{
	(void)state;
	prepare();
	heap->stats.requested++;
	assert_names("the live memory adds up");
	heap->stats.requested--;
	heap->stats.free_bytes++;
	assert_names("the free memory adds up");
	heap->stats.free_bytes--;
	heap->stats.heap_bytes++;
	assert_names("the memory held adds up");
	heap->stats.heap_bytes--;
	heap_malloc(heap, 4 << 20);
	heap->regions[0].end += 64 << 20;
	assert_int_equal(heap_check(heap, NULL), -EUCLEAN);
	heap->regions[0].end -= 64 << 20;
	heap_close(heap);
}

static void test_check_regions(void **state)
{
	struct region region;

	(void)state;
	prepare();
	heap_malloc(heap, 4 << 20);
	region = heap->regions[0];
	heap->regions[0] = heap->regions[1];
	heap->regions[1] = region;
	assert_names("regions are in order and apart");
	heap->regions[1] = heap->regions[0];
	heap->regions[0] = region;
	heap_close(heap);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_check_heads),
		cmocka_unit_test(test_check_layout),
		cmocka_unit_test(test_check_index),
		cmocka_unit_test(test_check_sums),
		cmocka_unit_test(test_check_regions),
	};

	return cmocka_run_group_tests_name("alloc check", tests, NULL, NULL);
}
