// SPDX-License-Identifier: MIT
/*
 * Address space for the units: chunks with gaps around them that fault, each
 * larger than the ones before, and given back when nothing is in them and the
 * kernel has no more.
 */
#include "spans.h"

#include <sys/mman.h>

#define CHUNK_LEAST ((size_t)1 << 20)
#define CHUNK_MOST  ((size_t)64 << 20)
#define CHUNK_SHARE 4
#define HUGE_PAGE   ((size_t)2 << 20)

static size_t chunk_bytes(const struct spans *spans)
{
	size_t bytes = (spans->pages.units << UNIT_SHIFT) / CHUNK_SHARE;

	if (bytes < CHUNK_LEAST)
		bytes = CHUNK_LEAST;
	return bytes > CHUNK_MOST ? CHUNK_MOST : bytes;
}

static size_t round_up(size_t bytes, size_t to)
{
	return (bytes + to - 1) & ~(to - 1);
}

/* Asked for, or refused; otherwise as the system does it. */
static void advise_huge(const struct spans *spans, const struct mapping *made)
{
	enum heap_thp thp = spans->heap->config.thp;

	/* Advice: a kernel without huge pages may refuse it. */
	if (thp == HEAP_THP_ON)
		madvise(made->start, made->bytes, MADV_HUGEPAGE);
	else if (thp == HEAP_THP_OFF)
		madvise(made->start, made->bytes, MADV_NOHUGEPAGE);
}

static struct chunk *chunk_record(struct spans *spans)
{
	struct chunk *chunk = spans->pages.unused_chunks;

	if (chunk)
		spans->pages.unused_chunks = chunk->next;
	else
		chunk = meta_alloc(&spans->meta, sizeof(*chunk));
	return chunk;
}

static void drop_record(struct spans *spans, struct chunk *chunk)
{
	chunk->next = spans->pages.unused_chunks;
	spans->pages.unused_chunks = chunk;
}

/* Maps it, if the kernel and a test allow, and makes one clean run of it. */
static bool map_chunk(struct spans *spans, struct chunk *chunk,
		      struct span *run, size_t bytes)
{
	bool huge = spans->heap->config.thp == HEAP_THP_ON;
	struct mapping *made = &chunk->mapping;

	bytes = round_up(bytes, huge ? HUGE_PAGE : UNIT);
	if (backend_refuses(spans->heap) ||
	    mapping_make(made, bytes, huge ? HUGE_PAGE : UNIT))
		return false;
	if (pagemap_reserve(made->start, bytes >> UNIT_SHIFT)) {
		mapping_end(made);
		return false;
	}
	advise_huge(spans, made);
	backend_count_taken(spans->heap, bytes);
	chunk->next = spans->pages.chunks;
	spans->pages.chunks = chunk;
	spans->pages.units += bytes >> UNIT_SHIFT;
	run->base = made->start;
	run->units = (uint32_t)(bytes >> UNIT_SHIFT);
	run->epoch = spans->epoch;
	run->dirty = false;
	run->state = SPAN_RUN;
	run_add(spans, run);
	return true;
}

bool grow_chunk(struct spans *spans, size_t units)
{
	size_t bytes = units << UNIT_SHIFT;
	size_t usual = chunk_bytes(spans);
	struct chunk *chunk = chunk_record(spans);
	struct span *run = meta_record(&spans->meta, 0, 0);

	if (chunk && run && bytes < usual &&
	    map_chunk(spans, chunk, run, usual))
		return true;
	if (chunk && run && map_chunk(spans, chunk, run, bytes))
		return true;
	spans->heap->stats.refused++;
	if (chunk)
		drop_record(spans, chunk);
	if (run)
		meta_record_drop(&spans->meta, run);
	return false;
}

/* The run that is all of a chunk, NULL if something is in there. */
static struct span *whole_run(const struct chunk *chunk)
{
	struct span *run = pagemap_get(chunk->mapping.start);

	if (run && run->state == SPAN_RUN && !run->dirty &&
	    run->base == chunk->mapping.start &&
	    span_bytes(run) == chunk->mapping.bytes)
		return run;
	return NULL;
}

static void forget(struct spans *spans, struct chunk *chunk)
{
	const struct mapping *mapping = &chunk->mapping;
	size_t at;

	for (at = 0; at < mapping->bytes; at += UNIT)
		pagemap_set(mapping->start + at, NULL);
	mapping_end(mapping);
	spans->pages.units -= mapping->bytes >> UNIT_SHIFT;
	backend_count_given(spans->heap, mapping->bytes);
}

/* Gives all chunks back in which nothing is; bytes. */
size_t grow_release(struct spans *spans)
{
	struct chunk **link = &spans->pages.chunks;
	size_t given = 0;

	while (*link) {
		struct chunk *chunk = *link;
		struct span *run = whole_run(chunk);

		if (!run) {
			link = &chunk->next;
			continue;
		}
		run_remove(spans, run);
		meta_record_drop(&spans->meta, run);
		*link = chunk->next;
		given += chunk->mapping.bytes;
		forget(spans, chunk);
		drop_record(spans, chunk);
	}
	return given;
}

void pages_close(struct spans *spans)
{
	struct chunk *chunk;

	for (chunk = spans->pages.chunks; chunk; chunk = chunk->next)
		forget(spans, chunk);
}
