// SPDX-License-Identifier: MIT
/*
 * Memory for records: in mappings of its own, with gaps around them that
 * fault, so that no overflow of a block reaches a record.
 *
 * A record is used again, but only as a record with the same room: a pointer to
 * it that comes late (remote.c, pagemap.c) still finds one.
 */
#include "spans.h"

#include <errno.h>
#include <sys/mman.h>

#define META_CHUNK  ((size_t)256 << 10)
#define RECORD_STEP 64 /* a cache line: no two threads share one */
#define RECORD_HEAD offsetof(struct span, map)

/* The first bytes of a chunk. */
struct meta_chunk {
	struct mapping mapping;
	struct meta_chunk *before;
};

int mapping_make(struct mapping *mapping, size_t bytes, size_t align)
{
	size_t page = heap_page_size();
	uintptr_t start;

	mapping->bytes = heap_page_up(bytes);
	mapping->whole_bytes = mapping->bytes + align + page;
	mapping->whole = mmap(NULL, mapping->whole_bytes, PROT_NONE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
			      0);
	if (mapping->whole == MAP_FAILED)
		return -ENOMEM;
	start = ((uintptr_t)mapping->whole + align) & ~(align - 1);
	mapping->start = (char *)start;
	if (mprotect(mapping->start, mapping->bytes, PROT_READ | PROT_WRITE)) {
		munmap(mapping->whole, mapping->whole_bytes);
		return -ENOMEM;
	}
	return 0;
}

void mapping_end(const struct mapping *mapping)
{
	munmap(mapping->whole, mapping->whole_bytes);
}

static int add_chunk(struct meta *meta, size_t bytes)
{
	struct mapping mapping;
	struct meta_chunk *chunk;

	if (mapping_make(&mapping, bytes > META_CHUNK ? bytes : META_CHUNK,
			 heap_page_size()))
		return -ENOMEM;
	chunk = (struct meta_chunk *)mapping.start;
	chunk->mapping = mapping;
	chunk->before = meta->chunks;
	meta->chunks = chunk;
	meta->next = mapping.start + RECORD_STEP;
	meta->end = mapping.start + mapping.bytes;
	return 0;
}

static size_t steps(size_t bytes)
{
	return (bytes + RECORD_STEP - 1) / RECORD_STEP;
}

/* There is so much between @next and @end, which is at a page's end. */
static int provide(struct meta *meta, size_t bytes)
{
	if (bytes <= (size_t)(meta->end - meta->next))
		return 0;
	return add_chunk(meta, bytes + RECORD_STEP);
}

static void *take(struct meta *meta, size_t bytes)
{
	char *at;

	bytes = steps(bytes) * RECORD_STEP;
	if (provide(meta, bytes))
		return NULL;
	at = meta->next;
	meta->next += bytes;
	return at;
}

/*
 * From pages of the shelf's own.  After a fork a program that replaces objects of
 * one class then writes to few pages of records.
 */
static void *take_shelved(struct meta *meta, struct shelf *shelf, size_t bytes)
{
	size_t page = heap_page_size();
	char *at;

	if (bytes > (size_t)(shelf->end - shelf->next)) {
		if (provide(meta, page))
			return NULL;
		shelf->end = meta->end;
		meta->end -= page;
		shelf->next = meta->end;
	}
	at = shelf->next;
	shelf->next += bytes;
	return at;
}

/* Zeroed, and never given back before the end of the heap. */
void *meta_alloc(struct meta *meta, size_t bytes)
{
	void *at;

	if (lock_take_quiet(&meta->lock))
		return NULL;
	at = take(meta, bytes);
	lock_drop_quiet(&meta->lock);
	return at;
}

/* One that was in use before; with more room than asked for, if need be. */
static struct span *take_unused(struct meta *meta, size_t kind, bool larger)
{
	struct span *span;

	while (larger && kind < RECORD_KINDS - 1 && !meta->unused[kind])
		kind++;
	span = meta->unused[kind];
	if (span)
		meta->unused[kind] = span->next;
	return span;
}

/* What it has room for is known once it was taken from fresh memory. */
static struct span *take_fresh(struct meta *meta, size_t kind,
			       struct shelf *shelf)
{
	size_t bytes = kind * RECORD_STEP;
	struct span *span = shelf ? take_shelved(meta, shelf, bytes) :
				    take(meta, bytes);

	if (span)
		span->words = (uint8_t)((kind * RECORD_STEP - RECORD_HEAD) /
					sizeof(uint64_t));
	return span;
}

/* A record with room for a bit for each of so many blocks; @shelf may be NULL. */
struct span *meta_record(struct meta *meta, size_t blocks, struct shelf *shelf)
{
	size_t words = (blocks + 63) / 64;
	size_t kind = steps(RECORD_HEAD + words * sizeof(uint64_t));
	struct span *span;

	if (lock_take_quiet(&meta->lock))
		return NULL;
	span = take_unused(meta, kind, false);
	if (!span)
		span = take_fresh(meta, kind, shelf);
	if (!span)
		span = take_unused(meta, kind, true);
	lock_drop_quiet(&meta->lock);
	return span;
}

void meta_record_drop(struct meta *meta, struct span *span)
{
	size_t kind = steps(RECORD_HEAD + span->words * sizeof(uint64_t));

	span->state = SPAN_UNUSED;
	span->fast = NULL;
	span->owner = NULL;
	span->limit = 0;
	/* In a signal handler in the midst of this: the record is lost. */
	if (lock_take_quiet(&meta->lock))
		return;
	span->next = meta->unused[kind];
	meta->unused[kind] = span;
	lock_drop_quiet(&meta->lock);
}

void meta_close(struct meta *meta)
{
	struct meta_chunk *chunk = meta->chunks;

	while (chunk) {
		struct mapping mapping = chunk->mapping;

		chunk = chunk->before;
		mapping_end(&mapping);
	}
}
