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

static struct span *pop(struct span **list)
{
	struct span *span = *list;

	if (span)
		*list = span->next;
	return span;
}

/* One that was in use before; with more room than asked for, if need be. */
static struct span *take_unused(struct meta *meta, size_t kind, bool larger)
{
	while (larger && kind < RECORD_KINDS - 1 && !meta->unused[kind])
		kind++;
	return pop(&meta->unused[kind]);
}

static size_t words_of(size_t kind)
{
	return (kind * RECORD_STEP - RECORD_HEAD) / sizeof(uint64_t);
}

/* What it has room for is known once it was taken from fresh memory. */
static struct span *begin(void *at, size_t kind)
{
	struct span *span = at;

	if (span)
		span->words = (uint8_t)words_of(kind);
	return span;
}

static struct span *next_on(struct shelf *shelf, size_t kind)
{
	size_t bytes = kind * RECORD_STEP;

	if (bytes > (size_t)(shelf->end - shelf->next))
		return NULL;
	shelf->next += bytes;
	return begin(shelf->next - bytes, kind);
}

static struct span *unused_on(struct shelf *shelf, size_t kind)
{
	if (!shelf->unused || shelf->unused->words < words_of(kind))
		return NULL;
	return pop(&shelf->unused);
}

/*
 * From pages for one class: after a fork a program that replaces objects of one
 * class then writes to few pages of records.  NULL if there is no memory for one.
 */
static struct span *take_shelved(struct meta *meta, size_t kind,
				 unsigned int number)
{
	struct shelf *shelf = &meta->shelf[number - 1];
	struct span *span = unused_on(shelf, kind);
	size_t page = heap_page_size();

	if (span)
		return span;
	span = next_on(shelf, kind);
	if (!span && !provide(meta, page)) {
		shelf->end = meta->end;
		meta->end -= page;
		shelf->next = meta->end;
		span = next_on(shelf, kind);
	}
	if (span)
		span->shelf = (uint8_t)number;
	return span;
}

/* Where memory has ended: one that is kept for some class, or of the reserve. */
static struct span *take_any(struct meta *meta, size_t kind)
{
	struct span *span = take_unused(meta, kind, true);
	size_t i;

	for (i = 0; i < SHELVES && !span; i++)
		span = unused_on(&meta->shelf[i], kind);
	return span ? span : next_on(&meta->reserve, kind);
}

/* A record with room for a bit for each of so many blocks; on a shelf, or on 0. */
struct span *meta_record(struct meta *meta, size_t blocks, unsigned int shelf)
{
	size_t words = (blocks + 63) / 64;
	size_t kind = steps(RECORD_HEAD + words * sizeof(uint64_t));
	struct span *span = NULL;

	if (lock_take_quiet(&meta->lock))
		return NULL;
	if (shelf)
		span = take_shelved(meta, kind, shelf);
	if (!span)
		span = take_unused(meta, kind, false);
	if (!span)
		span = begin(take(meta, kind * RECORD_STEP), kind);
	if (!span)
		span = take_any(meta, kind);
	lock_drop_quiet(&meta->lock);
	return span;
}

/* Zeroed memory for the time when there is no other; the first record in it. */
struct span *meta_feed(struct meta *meta, char *start, size_t bytes)
{
	struct span *span;

	if (lock_take_quiet(&meta->lock))
		return NULL;
	meta->reserve = (struct shelf){ start, start + bytes, NULL };
	span = next_on(&meta->reserve, steps(RECORD_HEAD));
	lock_drop_quiet(&meta->lock);
	return span;
}

static struct span **list_of(struct meta *meta, const struct span *span)
{
	if (span->shelf)
		return &meta->shelf[span->shelf - 1].unused;
	return &meta->unused[steps(RECORD_HEAD +
				   span->words * sizeof(uint64_t))];
}

void meta_record_drop(struct meta *meta, struct span *span)
{
	struct span **list = list_of(meta, span);

	span->state = SPAN_UNUSED;
	span->fast = NULL;
	span->owner = NULL;
	span->limit = 0;
	/* In a signal handler in the midst of this: the record is lost. */
	if (lock_take_quiet(&meta->lock))
		return;
	span->next = *list;
	*list = span;
	lock_drop_quiet(&meta->lock);
}

/* Of records that are in no use. Called alone, or with all locks. */
void meta_each_unused(struct meta *meta, void (*visit)(struct span *span))
{
	struct span *span;
	size_t i;

	for (i = 0; i < RECORD_KINDS; i++)
		for (span = meta->unused[i]; span; span = span->next)
			visit(span);
	for (i = 0; i < SHELVES; i++)
		for (span = meta->shelf[i].unused; span; span = span->next)
			visit(span);
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
