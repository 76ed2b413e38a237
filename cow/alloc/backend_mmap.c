// SPDX-License-Identifier: MIT
/*
 * Private anonymous mappings as a source of memory: each can be given back by
 * itself, and moved by mremap(2) without copying.
 */
#include "internal.h"

#include <errno.h>
#include <sys/mman.h>

static void *mmap_take(struct heap *heap, size_t *bytes)
{
	void *start;

	(void)heap;
	*bytes = heap_page_up(*bytes);
	start = mmap(NULL, *bytes, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return start == MAP_FAILED ? NULL : start;
}

static int mmap_give(struct heap *heap, void *start, size_t bytes)
{
	(void)heap;
	return munmap(start, bytes) ? -errno : 0;
}

static void *mmap_resize(struct heap *heap, void *start, size_t from, size_t to)
{
	void *moved;

	(void)heap;
	moved = mremap(start, from, to, MREMAP_MAYMOVE);
	return moved == MAP_FAILED ? NULL : moved;
}

const struct backend backend_mmap = {
	.name = "mmap",
	.zeroed = true,
	.take = mmap_take,
	.give = mmap_give,
	.resize = mmap_resize,
};
