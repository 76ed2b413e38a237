// SPDX-License-Identifier: MIT
/*
 * The malloc family by the names of the C library, in front of one heap of the
 * allocator core; malloc() and free() themselves stand where they are served.
 * The preload libraries alone export these names, so that the core itself stays
 * testable beside the C library's.
 */
#include "../spans.h"
#include "preload.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <unistd.h>

EXPORT void *calloc(size_t count, size_t size)
{
	return serve_calloc(count, size);
}

EXPORT void *realloc(void *ptr, size_t size)
{
	return serve_realloc(ptr, size);
}

EXPORT void *reallocarray(void *ptr, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return serve_realloc(ptr, bytes);
}

EXPORT void *memalign(size_t align, size_t size)
{
	return serve_memalign(align, size);
}

EXPORT void *aligned_alloc(size_t align, size_t size)
{
	return serve_memalign(align, size);
}

/* POSIX: an error is returned, errno and *@ptr are left alone. */
EXPORT int posix_memalign(void **ptr, size_t align, size_t size)
{
	int saved = errno;
	void *block;
	int err = EINVAL;

	if (!align || align & (align - 1) || align % sizeof(void *))
		return err;
	block = serve_memalign(align, size);
	if (block) {
		*ptr = block;
		return 0;
	}
	err = errno;
	errno = saved;
	return err;
}

EXPORT void *valloc(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return serve_memalign(page, size);
}

EXPORT void *pvalloc(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t whole;

	if (__builtin_add_overflow(size, page - 1, &whole)) {
		errno = ENOMEM;
		return NULL;
	}
	return serve_memalign(page, whole & ~(page - 1));
}

/* Some programs ask at each request and each free. */
EXPORT size_t malloc_usable_size(void *ptr)
{
	const struct span *span = pagemap_get(ptr);

	if (span && span->fast && span_has(span, ptr))
		return span_block_size(span);
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
