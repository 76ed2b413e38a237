// SPDX-License-Identifier: MIT
/*
 * Large blocks: a span each, a whole number of units.  They come from the runs
 * and go back to them, so that memory that comes and goes stays mapped; and the
 * largest grow by moving page table entries, not bytes.
 */
#include "spans.h"

#include <string.h>
#include <sys/mman.h>

/* From here on it is cheaper to move page table entries than to copy. */
#define MOVE_LEAST ((size_t)256 << 10)

static size_t units_of(size_t size)
{
	return (size + UNIT - 1) >> UNIT_SHIFT;
}

/*
 * As of a small block: first what was used before, what a seal keeps that nobody
 * needs any more, and what is empty.
 */
static struct span *make(struct cache *cache, size_t units, size_t align)
{
	struct wanted wanted = { .units = units, .align = align };
	struct span *span;

	if (!trim_due(cache) && !cache->spans->sealed)
		return pages_span(cache->spans, &wanted);
	wanted.used = true;
	span = pages_span(cache->spans, &wanted);
	if (span)
		return span;
	seal_try_end(cache->spans);
	cache_trim(cache);
	wanted.used = false;
	return pages_span(cache->spans, &wanted);
}

void *large_alloc(struct cache *cache, size_t size, size_t align, bool zero)
{
	struct span *span = make(cache, units_of(size ? size : 1),
				 align < UNIT ? UNIT : align);

	if (!span)
		return NULL;
	if (zero && span->dirty)
		memset(span->base, 0, size);
	return span->base;
}

void large_free(struct spans *spans, struct span *span)
{
	pages_put(spans, span, true);
}

/* Moves the pages; what they leave is zero, and still mapped (Linux 5.7). */
static bool move_pages(const struct span *span, const struct span *to)
{
	size_t bytes = span_bytes(span);

	return mremap(span->base, bytes, bytes,
		      MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
		      to->base) != MAP_FAILED;
}

/* What refuses to move pages may have unmapped the place before. */
static bool map_again(const struct span *to, size_t bytes)
{
	return mmap(to->base, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
		    0) != MAP_FAILED;
}

/*
 * To a longer span.  Where that has pages, copying is cheaper than the faults
 * that the place left would take when it serves again.
 */
static struct span *move(struct spans *spans, struct span *span, size_t units)
{
	const struct wanted wanted = {
		.units = units,
		.align = UNIT,
		.moved = span->units,
	};
	struct span *to = pages_span(spans, &wanted);
	bool copy;

	if (!to)
		return NULL;
	copy = to->dirty || !move_pages(span, to);
	/* Without a mapping its units serve nobody any more. */
	if (copy && !to->dirty && !map_again(to, span_bytes(span)))
		return NULL;
	if (copy)
		memcpy(to->base, span->base, span_bytes(span));
	else
		to->epoch = span->epoch;
	pages_put(spans, span, copy);
	return to;
}

/* The block where it is then; NULL where it has to be copied. */
void *large_resize(struct spans *spans, struct span *span, size_t size)
{
	size_t units = units_of(size);

	if (size <= SMALL_MOST)
		return NULL;
	if (units > span->units) {
		if (pages_extend(spans, span, units))
			return span->base;
		if (span_bytes(span) < MOVE_LEAST)
			return NULL;
		span = move(spans, span, units);
		return span ? span->base : NULL;
	}
	/* Keep a little: what shrinks may grow again. */
	if (units < span->units - span->units / 8)
		pages_cut(spans, span, units);
	return span->base;
}
