// SPDX-License-Identifier: MIT
/*
 * The head of a block: one word that says all about it, with a checksum over
 * the word, its address and a secret of the heap.  So a pointer into the middle
 * of a block, or a head that was written over, shows (all but one in 8192 by
 * chance, and the block behind is looked at as well).
 */
#include "internal.h"

/*
 * bit 0 used, bit 1 the block before is free, bits 4-43 size (a multiple of
 * 16), bits 44-50 slack, bits 51-63 checksum
 */
#define HEAD_USED	    1ULL
#define HEAD_BEFORE_IS_FREE 2ULL
#define HEAD_SLACK_SHIFT    44
#define HEAD_SLACK_MASK	    0x7fULL
#define HEAD_SUM_SHIFT	    51
#define HEAD_SAYS	    ((1ULL << HEAD_SUM_SHIFT) - 1)

uint64_t block_mix(uint64_t word)
{
	word ^= word >> 32;
	word *= 0x9e3779b97f4a7c15;
	word ^= word >> 29;
	word *= 0xbf58476d1ce4e5b9;
	return word ^ word >> 32;
}

static uint64_t block_sum(const struct heap *heap, const struct block *block,
			  uint64_t says)
{
	return block_mix(says ^ (uintptr_t)block ^ heap->secret) >>
	       HEAD_SUM_SHIFT;
}

void block_seal(const struct heap *heap, struct block *block, struct head head)
{
	uint64_t says = head.size;

	if (head.used)
		says |= HEAD_USED;
	if (head.before_is_free)
		says |= HEAD_BEFORE_IS_FREE;
	says |= (uint64_t)head.slack << HEAD_SLACK_SHIFT;
	block->head = says | block_sum(heap, block, says) << HEAD_SUM_SHIFT;
}

bool block_intact(const struct heap *heap, const struct block *block)
{
	uint64_t head = block->head;

	return head >> HEAD_SUM_SHIFT ==
		       block_sum(heap, block, head & HEAD_SAYS) &&
	       block_size(block) >= heap->least;
}

struct head block_head(const struct block *block)
{
	return (struct head){
		.size = block_size(block),
		.used = block->head & HEAD_USED,
		.before_is_free = block->head & HEAD_BEFORE_IS_FREE,
		.slack = block->head >> HEAD_SLACK_SHIFT & HEAD_SLACK_MASK,
	};
}
