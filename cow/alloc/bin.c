// SPDX-License-Identifier: MIT
/*
 * Which blocks of its current span a bin hands out next: 64 at a time, those that
 * were used before in turn, those that nobody had yet a page at a time.
 */
#include "spans.h"

#include <sys/single_threaded.h>

/* So many larger classes may help out. */
#define BORROW_FROM 4

static inline bool use_word(struct bin *bin, uint32_t i)
{
	struct span *span = bin->span;

	if (!word_get(&span->map[i]))
		return false;
	bin->base = span->base + (size_t)i * 64 * bin->size;
	__atomic_store_n(&bin->word, &span->map[i], __ATOMIC_RELAXED);
	bin->place = i;
	return true;
}

/*
 * The next word of the current span that has free blocks, in turn, so that the
 * others gather some meanwhile.
 */
static inline bool next_word(struct bin *bin)
{
	uint32_t words = span_words(bin->span);
	uint32_t i = bin->place;
	uint32_t n;

	for (n = 0; n < words; n++) {
		if (++i >= words)
			i = 0;
		if (use_word(bin, i))
			return true;
	}
	return false;
}

bool bin_next_word(struct bin *bin)
{
	return next_word(bin);
}

/*
 * So many blocks begin at a time: a page of them, but at least two.  Where the
 * pages are there already nothing is saved by that.
 */
static uint32_t window(const struct bin *bin)
{
	uint32_t blocks;

	if (bin->span->dirty)
		return 64;
	blocks = (uint32_t)(heap_page_size() / bin->size);
	return blocks < 2 ? 2 : blocks;
}

/* The first word with a block that was freed, not only begun a while ago. */
static bool next_gap(struct bin *bin)
{
	uint32_t begun = bin->span->begun;
	uint32_t just = window(bin);
	uint32_t i, used = begun > just ? begun - just : 0;
	uint64_t free;

	for (i = 0; i * 64 < used; i++) {
		free = word_get(&bin->span->map[i]);
		if (used - i * 64 < 64)
			free &= ((uint64_t)1 << used % 64) - 1;
		if (free)
			return use_word(bin, i);
	}
	return false;
}

/* Blocks that nobody had yet: the first of them, within a word. */
bool bin_next_fresh(struct cache *cache, struct bin *bin)
{
	struct span *span = bin->span;
	uint32_t place = span->begun / 64;
	uint32_t first = span->begun % 64;
	uint32_t count = (uint32_t)span->capacity - span->begun;
	uint32_t most = window(bin);

	if (count > most)
		count = most;
	if (count > 64 - first)
		count = 64 - first;
	if (!count)
		return false;
	word_set(&span->map[place], word_get(&span->map[place]) |
					    ~(uint64_t)0 >> (64 - count)
								    << first);
	span->begun += (uint16_t)count;
	span->limit = span->begun;
	seal_charge(cache, (size_t)count * bin->size);
	return use_word(bin, place);
}

/*
 * A block of the word that @next sets the bin on; NULL if there is none.  A fork
 * in another thread stops the bins, and may do so before we set ours on.
 */
static inline __attribute((always_inline)) void *
take_from(struct cache *cache, struct bin *bin, bool (*next)(struct bin *bin))
{
	if (!bin->span || !seal_fits(cache) || !next(bin))
		return NULL;
	if (!__libc_single_threaded) {
		atomic_thread_fence(memory_order_seq_cst);
		if (!seal_fits(cache))
			return NULL;
	}
	return bin_take(bin);
}

/* A block of another word whose blocks were used before; NULL if none has any. */
void *cache_advance(struct cache *cache, unsigned int sc)
{
	return take_from(cache, &cache->bins->bin[sc], next_word);
}

/*
 * A block of a class that is a little larger, among those used before: after a
 * fork it costs no page, as one that nobody had yet may.
 */
void *cache_borrow(struct cache *cache, unsigned int sc)
{
	unsigned int last = sc + BORROW_FROM;
	void *block = NULL;

	while (!block && ++sc < CLASSES && sc <= last)
		block = take_from(cache, &cache->bins->bin[sc], next_gap);
	return block;
}
