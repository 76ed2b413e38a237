/* SPDX-License-Identifier: MIT */
/*
 * bump.h - the allocator that you write, as others call it. Leave this file as
 * it is: you are graded with our copy.
 *
 * A bump allocator hands out memory from the program break, one block behind
 * the other, and takes back only what came last.
 */
#ifndef BUMP_H
#define BUMP_H

#include <stddef.h>

/* The break moves by multiples of this, and only when it must. */
#define BUMP_GROW ((size_t)64 << 10)

/**
 * bump_alloc() - get a block
 * @size: bytes, at least 1
 * @align: its address is a multiple of this; a power of two
 *
 * The block begins at the first address that fits, behind the block before it.
 * The very first begins at the break as it is then, or at the first multiple
 * of @align behind it. When a block does not fit into what we hold, the break
 * goes up by sbrk(), by the fewest multiples of BUMP_GROW that are enough.
 *
 * If it has to go up, and somebody else has moved it since we did, then what
 * lies behind our memory is theirs: the block begins at the break as it is now,
 * rounded up, like a first one. Never write to memory that sbrk() did not give
 * to you.
 *
 * Return: the block; NULL with errno EINVAL when @size is 0 or @align is no
 * power of two; NULL with errno ENOMEM when the kernel refuses, or when no
 * address space could ever be large enough. Then nothing has changed: the
 * break is where it was, and a smaller block may still fit.
 */
void *bump_alloc(size_t size, size_t align);

/**
 * bump_mark() - remember how far we are
 *
 * Return: the end of the last block, for bump_release(); NULL before the first
 * block.
 */
void *bump_mark(void);

/**
 * bump_release() - end all blocks that were handed out since a mark
 * @mark: what bump_mark() returned
 *
 * The next block goes where it would have gone at the mark. Less than
 * BUMP_GROW bytes stay between @mark and the break: the rest goes back to the
 * kernel, in multiples of BUMP_GROW.
 *
 * Return: 0; or -1 and nothing changed: with errno EBUSY when somebody else has
 * moved the break since the mark, and so has memory in the way; with errno
 * EINVAL when @mark is NULL, or not in memory that is handed out.
 */
int bump_release(void *mark);

#endif
