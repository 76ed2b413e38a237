// SPDX-License-Identifier: MIT
/*
 * The program break as a source of memory.  It grows at one end only, so it
 * shrinks only from there; and it belongs to the whole process: someone else
 * may move it in between.  Then the next piece begins behind theirs (the heap
 * has a hole), and what lies below theirs can't be given back.
 */
#include "internal.h"

#include <errno.h>
#include <unistd.h>

/* Rounds up so that the break stays at a page boundary. */
static void *brk_take(struct heap *heap, size_t *bytes)
{
	char *now = sbrk(0);
	size_t lead, ask;
	char *start;

	(void)heap;
	if (now == (char *)-1)
		return NULL;
	lead = -(uintptr_t)now & (HEAP_ALIGN - 1);
	ask = heap_page_up((uintptr_t)now + lead + *bytes) - (uintptr_t)now;
	start = sbrk((intptr_t)ask);
	if (start == (char *)-1)
		return NULL;
	/* Somebody else was quicker: what we got may not be aligned as asked. */
	lead = -(uintptr_t)start & (HEAP_ALIGN - 1);
	*bytes = (ask - lead) & ~(size_t)(HEAP_ALIGN - 1);
	return start + lead;
}

static int brk_give(struct heap *heap, void *start, size_t bytes)
{
	(void)heap;
	if (sbrk(0) != (char *)start + bytes)
		return -EBUSY;
	if (sbrk(-(intptr_t)bytes) == (void *)-1)
		return -errno;
	return 0;
}

const struct backend backend_brk = {
	.name = "brk",
	.extends = true,
	.zeroed = true,
	.take = brk_take,
	.give = brk_give,
};
