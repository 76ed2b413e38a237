// SPDX-License-Identifier: MIT
/*
 * libcowalloc.so: the malloc family, served by one heap of the allocator core.
 * Alone in exporting these names, so that the library itself stays testable
 * beside the C library's.
 */
#include "alloc/preload/preload.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

EXPORT void *malloc(size_t size)
{
	return heap_malloc(preload_heap(), size);
}

EXPORT void free(void *ptr)
{
	heap_free(preload_heap(), ptr);
}

EXPORT void *calloc(size_t count, size_t size)
{
	return heap_calloc(preload_heap(), count, size);
}

EXPORT void *realloc(void *ptr, size_t size)
{
	return heap_realloc(preload_heap(), ptr, size);
}

EXPORT void *reallocarray(void *ptr, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return heap_realloc(preload_heap(), ptr, bytes);
}

EXPORT void *memalign(size_t align, size_t size)
{
	return heap_memalign(preload_heap(), align, size);
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
	return heap_memalign(preload_heap(), align, size);
}

/* POSIX: an error is returned, errno and *@ptr are left alone. */
EXPORT int posix_memalign(void **ptr, size_t align, size_t size)
{
	int saved = errno;
	void *block;

	if (align % sizeof(void *))
		return EINVAL;
	block = heap_memalign(preload_heap(), align, size);
	if (!block) {
		int err = errno;

		errno = saved;
		return err;
	}
	*ptr = block;
	return 0;
}

EXPORT void *valloc(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return heap_memalign(preload_heap(), page, size);
}

EXPORT void *pvalloc(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t whole;

	if (__builtin_add_overflow(size, page - 1, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	return heap_memalign(preload_heap(), page, whole & ~(page - 1));
}

EXPORT size_t malloc_usable_size(void *ptr)
{
	return heap_usable_size(preload_heap(), ptr);
}

EXPORT int malloc_trim(size_t pad)
{
	return heap_trim(preload_heap(), pad);
}

EXPORT struct mallinfo2 mallinfo2(void)
{
	struct heap_stats stats;

	heap_stats(preload_heap(), &stats);
	return (struct mallinfo2){
		.arena = stats.heap_bytes,
		.ordblks = stats.free_blocks,
		.uordblks = stats.usable,
		.fordblks = stats.free_bytes,
	};
}
