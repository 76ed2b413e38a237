/* SPDX-License-Identifier: MIT */
/*
 * fit.h - the allocator that you write, as others call it. Leave this file as
 * it is: you are graded with our copy.
 *
 * It hands out blocks of a buffer that it is given. Blocks that were freed are
 * used again, and a policy says which of them serves a request.
 */
#ifndef FIT_H
#define FIT_H

#include <stddef.h>

/* Every block begins at a multiple of this. */
#define FIT_ALIGN 16

/*
 * A block may cost so many bytes besides what was asked for, rounded up to
 * FIT_ALIGN; and no block has to be smaller than twice this.
 */
#define FIT_HEAD 16

enum fit_policy {
	FIT_FIRST, /* the hole with the lowest address that is large enough */
	FIT_BEST, /* the smallest that is; of equal ones the lowest */
	FIT_WORST, /* the largest; of equal ones the lowest */
	FIT_POLICIES
};

/**
 * fit_open() - begin anew, with a buffer that is one hole
 * @buffer: the memory, at a multiple of FIT_ALIGN
 * @bytes: how much, at least 1024; a multiple of FIT_ALIGN
 * @policy: which hole serves a request
 *
 * Forgets all that was before. Only @buffer may hold blocks, and holes.
 */
void fit_open(void *buffer, size_t bytes, enum fit_policy policy);

/**
 * fit_malloc() - get a block
 * @size: bytes; 0 is as good as 1
 *
 * The block is at the front of the hole that the policy chooses. What it does
 * not need stays a hole (if that is too small for any block, it may go with the
 * block).
 *
 * Return: the block; NULL with errno ENOMEM, and nothing changed, when no hole
 * is large enough.
 */
void *fit_malloc(size_t size);

/**
 * fit_free() - end a block
 * @block: what fit_malloc() returned, or NULL for nothing
 *
 * It becomes a hole, and one with the holes beside it at once: no two holes
 * ever touch.
 */
void fit_free(void *block);

#endif
