// SPDX-License-Identifier: MIT
/*
 * One span of small blocks: made, counted, given back; and the lists of a class.
 *
 * Only a current span hands out blocks, so in any other one the number of live
 * blocks only falls, and @until can tell exactly when the last one is freed.
 */
#include "spans.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

/* A full span is looked at again when this share of it was freed. */
#define WORTH_A_LOOK 32

/* A class with so many spans has pages of records for itself. */
#define SHELVE_FROM 32
_Static_assert(SHELVES == CLASSES, "a shelf for each class");

void list_add(struct span **list, struct span *span)
{
	span->prev = NULL;
	span->next = *list;
	if (span->next)
		span->next->prev = span;
	*list = span;
}

/* It is on one of the two lists of its class. */
void list_remove(struct stock *stock, struct span *span)
{
	if (span->prev)
		span->prev->next = span->next;
	else if (stock->listed == span)
		stock->listed = span->next;
	else
		stock->inherited = span->next;
	if (span->next)
		span->next->prev = span->prev;
}

/*
 * Puts the other list in front of this one.  Where this one is empty no record
 * is written to: after a fork each record written to is a page copied.
 */
void list_join(struct span **list, struct span **other)
{
	struct span *last = *other;

	if (!last)
		return;
	if (*list) {
		while (last->next)
			last = last->next;
		last->next = *list;
		(*list)->prev = last;
	}
	*list = *other;
	*other = NULL;
}

size_t span_free_blocks(const struct span *span)
{
	size_t free = (size_t)span->capacity - span->begun;
	uint64_t word;
	size_t i;

	for (i = 0; i < span_words(span); i++) {
		word = word_get(&span->map[i]);
		if (word)
			free += (size_t)__builtin_popcountll(word);
	}
	return free;
}

/* How many frees until it has to be looked at: see above. */
void span_counts_down(struct span *span)
{
	size_t capacity = span->capacity;

	if (span->state == SPAN_CURRENT)
		span->until = NOT_FOR_LONG;
	else if (span->state == SPAN_LISTED)
		span->until = (int32_t)(capacity - span_free_blocks(span));
	else
		span->until = (int32_t)(capacity / WORTH_A_LOOK + 1);
}

/* A number that a program can't know; any one if the kernel has none. */
static size_t random_below(const struct spans *spans, const void *at,
			   size_t limit)
{
	uint64_t word = spans->heap->secret ^ (uintptr_t)at;

	return limit ? block_mix(word) % limit : 0;
}

/*
 * The blocks begin at a random place within what they leave over, which is a
 * multiple of the greatest alignment that all of them have.
 */
static void place_blocks(struct span *span, const struct spans *spans,
			 size_t size)
{
	size_t bytes = span_bytes(span);
	size_t align = size & -size;
	size_t over = bytes % size;

	if (over >= UNIT)
		over = UNIT - 1;
	over = random_below(spans, span->base, over / align + 1) * align;
	span->capacity = (uint16_t)((bytes - over) / size);
	span->base += over;
}

static void map_units(struct span *span)
{
	char *start = span_start(span);
	size_t unit;

	for (unit = 0; unit < span->units; unit++)
		pagemap_set(start + (unit << UNIT_SHIFT), span);
}

/* Each step doubles the bits that are right; of an odd number 3 are at first. */
static void set_divisor(struct span *span, size_t size)
{
	uint64_t odd, inverse;
	int i;

	span->shift = (uint16_t)__builtin_ctzl(size);
	odd = size >> span->shift;
	inverse = odd;
	for (i = 0; i < 5; i++)
		inverse *= 2 - odd * inverse;
	span->inverse = inverse;
}

static struct span *obtain(struct cache *cache, unsigned int sc, size_t units,
			   bool used)
{
	const struct stock *stock = &cache->stock[sc];
	/* In a sealed heap that would copy a page for each class. */
	bool shelved = stock->spans >= SHELVE_FROM && !cache->spans->sealed;
	const struct wanted wanted = {
		.units = units,
		.align = UNIT,
		.blocks = (units << UNIT_SHIFT) / class_size(sc),
		.shelf = shelved ? sc + 1 : 0,
		.used = used,
	};

	return pages_span(cache->spans, &wanted);
}

/* A span of free blocks, for a bin to have as its current one; as pages_span() */
struct span *span_make(struct cache *cache, unsigned int sc, bool used)
{
	struct stock *stock = &cache->stock[sc];
	struct spans *spans = cache->spans;
	size_t size = class_size(sc);
	struct span *span;

	span = obtain(cache, sc, class_span_units(sc, stock->spans), used);
	/* Of what is left some pieces may do for a short one. */
	if (!span && !used)
		span = obtain(cache, sc, (size + UNIT - 1) >> UNIT_SHIFT, used);
	if (!span)
		return NULL;
	span->sc = (uint8_t)sc;
	set_divisor(span, size);
	place_blocks(span, spans, size);
	memset(span->map, 0, span->words * sizeof(*span->map));
	span->begun = 0;
	map_units(span);
	span->owner = cache;
	span->fast = span->remote ? NULL : cache;
	/* Last: it is never seen as small and, as a large block is, of all. */
	__atomic_store_n(&span->state, SPAN_CURRENT, __ATOMIC_RELEASE);
	span_counts_down(span);
	stock->spans++;
	return span;
}

/* Called with the cache's lock; the span is empty and on no list. Keeps errno. */
void span_release(struct span *span)
{
	struct cache *cache = span->owner;
	int saved = errno;

	cache->stock[span->sc].spans--;
	seal_forget(cache->spans, span->begun * span_block_size(span));
	pages_put(cache->spans, span, true);
	errno = saved;
}
