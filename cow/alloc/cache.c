// SPDX-License-Identifier: MIT
/*
 * A cache, off the common path: where a bin gets its next blocks from, and what
 * happens when a span has been freed into.
 *
 * Lists change with the cache's lock held: a fork waits for it, so that a child
 * finds them whole, and a thread may take spans from a cache that no thread has.
 */
#include "spans.h"

#include <errno.h>

/* What a bin without blocks looks at. */
static uint64_t no_blocks;

static void stop(struct bin *bin)
{
	__atomic_store_n(&bin->word, &no_blocks, __ATOMIC_RELAXED);
}

struct cache cache_none = {
	.bins = &cache_none.both[0],
	.both[0] = {
		.bin[0 ... CLASSES - 1].word = &no_blocks,
		.classes = class_fine,
	},
};

__thread struct self self = { &cache_none, &cache_none.both[0], class_fine };

static void set_current(struct bin *bin, struct span *span)
{
	span->state = SPAN_CURRENT;
	span_counts_down(span);
	bin->span = span;
}

/* To the list where other threads, or after a fork nobody, may take it. */
static void enlist(struct cache *cache, struct span *span)
{
	struct stock *stock = &cache->stock[span->sc];

	span->state = SPAN_LISTED;
	list_add(span_inherited(cache->spans, span) ? &stock->inherited :
						      &stock->listed,
		 span);
}

/* It has no free block, which one word of bits says; of more it is not known. */
static bool used_up(const struct span *span)
{
	return span_words(span) == 1 && span->begun == span->capacity &&
	       !word_get(span->map);
}

/* No bin has the span any more. */
static void file(struct cache *cache, struct span *span)
{
	bool inherited = span_inherited(cache->spans, span);
	size_t free = used_up(span) ? 0 : span_free_blocks(span);

	if (free == span->capacity && !inherited) {
		span_release(span);
		return;
	}
	span->state = SPAN_FULL;
	if (free)
		enlist(cache, span);
	span_counts_down(span);
}

/* The current span is used up, but for what nobody touched yet. */
static void retire(struct cache *cache, struct bin *bin)
{
	struct span *span = bin->span;

	/* Where no other follows, its word must hand out nothing. */
	stop(bin);
	bin->span = NULL;
	if (!bin->rest && span->begun < span->capacity)
		bin->rest = span;
	else
		file(cache, span);
}

/* Free blocks among those that were used before. */
static bool has_gaps(const struct span *span)
{
	uint32_t i;

	for (i = 0; i < span_words(span); i++)
		if (word_get(&span->map[i]))
			return true;
	return false;
}

/* One of its lists to be the current one; with @gaps, one that has some. */
static bool take_listed(struct cache *cache, unsigned int sc, bool gaps)
{
	struct stock *stock = &cache->stock[sc];
	struct bin *bin = &cache->bins->bin[sc];
	struct span *span = stock->listed;

	while (gaps && span && !has_gaps(span))
		span = span->next;
	if (!span)
		return false;
	list_remove(stock, span);
	if (bin->span)
		retire(cache, bin);
	set_current(bin, span);
	return true;
}

static bool take_rest(struct bin *bin)
{
	struct span *span = bin->rest;

	if (!span)
		return false;
	bin->rest = NULL;
	set_current(bin, span);
	return true;
}

/* What there is without asking for memory; first what has been used before. */
static bool refill_from_own(struct cache *cache, unsigned int sc)
{
	struct bin *bin = &cache->bins->bin[sc];

	if (remote_collect(cache) && bin->span && bin_next_word(bin))
		return true;
	if (take_listed(cache, sc, true))
		return bin_next_word(bin);
	if (bin->span && bin_next_fresh(cache, bin))
		return true;
	if (bin->span)
		retire(cache, bin);
	return (take_rest(bin) || take_listed(cache, sc, false)) &&
	       (bin_next_word(bin) || bin_next_fresh(cache, bin));
}

/* Before memory is written to for the first time, what is empty may serve. */
static struct span *make_any(struct cache *cache, unsigned int sc)
{
	struct span *span;

	if (!trim_due(cache))
		return span_make(cache, sc, false);
	span = span_make(cache, sc, true);
	if (span)
		return span;
	trim_empty(cache);
	return span_make(cache, sc, false);
}

/* A malloc() that succeeds leaves errno alone, whatever was tried. */
static struct span *make(struct cache *cache, unsigned int sc)
{
	int saved = errno;
	struct span *span = make_any(cache, sc);

	errno = saved;
	return span;
}

static bool refill_from_new(struct cache *cache, unsigned int sc)
{
	struct bin *bin;
	struct span *span;

	/* A new span: the moment to see whether inherited ones may serve. */
	if (cache->sealed && seal_try_end(cache->spans)) {
		seal_check(cache);
		if (refill_from_own(cache, sc))
			return true;
	}
	span = cache_steal(cache, sc);
	if (!span)
		span = make(cache, sc);
	if (!span)
		return false;
	bin = &cache->bins->bin[sc];
	set_current(bin, span);
	return bin_next_word(bin) || bin_next_fresh(cache, bin);
}

/* Gives a bin blocks to allocate from; false if memory has ended. */
static bool refill(struct cache *cache, unsigned int sc)
{
	bool done;

	/* A signal handler in the midst of this has no memory to get. */
	if (lock_take(&cache->lock))
		return false;
	seal_check(cache);
	cache->used = true;
	done = refill_from_own(cache, sc) || refill_from_new(cache, sc);
	lock_drop(&cache->lock);
	return done;
}

static __attribute((noinline)) void *refilled(struct cache *cache,
					      unsigned int sc, size_t align)
{
	void *block = NULL;

	if (cache->sealed && align <= HEAP_ALIGN)
		block = cache_borrow(cache, sc);
	/* A fork may change the bins meanwhile. */
	while (!block && refill(cache, sc))
		block = bin_take(&cache->bins->bin[sc]);
	return block;
}

/* A block where the bin's word has none; NULL if memory has ended. */
void *cache_next(struct cache *cache, unsigned int sc, size_t align)
{
	void *block = cache_advance(cache, sc);

	return likely(block) ? block : refilled(cache, sc, align);
}

/* Where memory has ended: a block of any larger class. NULL if there is none. */
void *cache_scrape(struct cache *cache, unsigned int sc, size_t align)
{
	void *block = NULL;

	if (lock_take(&cache->lock))
		return NULL;
	seal_check(cache);
	while (!block && ++sc < CLASSES)
		if (!(class_size(sc) & (align - 1)) &&
		    refill_from_own(cache, sc))
			block = bin_take(&cache->bins->bin[sc]);
	lock_drop(&cache->lock);
	return block;
}

/* The last block was freed. One such span of each class is kept. */
static void emptied(struct cache *cache, struct span *span)
{
	struct stock *stock = &cache->stock[span->sc];
	bool only = stock->listed == span && !span->next;

	span->until = NOT_FOR_LONG;
	stock->kept |= only;
	if (span_inherited(cache->spans, span) || only)
		return;
	list_remove(stock, span);
	span_release(span);
}

/* A span has been freed into, so often as had been agreed on. */
void cache_look(struct cache *cache, struct span *span)
{
	if (span->state == SPAN_FULL)
		enlist(cache, span);
	span_counts_down(span);
	if (!span->until)
		emptied(cache, span);
}

/*
 * A span of few blocks that had none left, as its bin has: it becomes the current
 * one, and the next malloc() need not look for it.
 */
static bool serve_next(struct cache *cache, struct span *span)
{
	struct bin *bin = &cache->bins->bin[span->sc];

	if (span->state != SPAN_FULL || span_words(span) > 1 ||
	    (bin->span && !used_up(bin->span)) ||
	    span_inherited(cache->spans, span))
		return false;
	if (bin->span)
		retire(cache, bin);
	set_current(bin, span);
	return bin_next_word(bin);
}

void cache_event(struct cache *cache, struct span *span)
{
	/* Not 0: it is ours to give back, not that of the end of a seal. */
	span->until = 1;
	if (lock_take(&cache->lock))
		return;
	seal_check(cache);
	if (!serve_next(cache, span))
		cache_look(cache, span);
	lock_drop(&cache->lock);
}

/* What the bin has goes back to its spans. */
void bin_put_down(struct cache *cache, struct bin *bin)
{
	stop(bin);
	if (bin->span)
		file(cache, bin->span);
	bin->span = NULL;
	if (bin->rest)
		file(cache, bin->rest);
	bin->rest = NULL;
}

/* All its bins have, where other threads may take it. */
void cache_put_down(struct cache *cache, struct bins *bins)
{
	unsigned int sc;

	for (sc = 0; sc < CLASSES; sc++)
		bin_put_down(cache, &bins->bin[sc]);
}

/* Its thread, another one, shall take no more blocks without looking. */
void cache_stop(struct cache *cache)
{
	unsigned int sc;

	for (sc = 0; sc < CLASSES; sc++)
		if (cache->bins->bin[sc].span)
			stop(&cache->bins->bin[sc]);
}

static void prepare(struct bin *bin, unsigned int sc)
{
	stop(bin);
	bin->size = (uint32_t)class_size(sc);
}

struct cache *cache_make(struct spans *spans)
{
	struct cache *cache = meta_alloc(&spans->meta, sizeof(*cache));
	unsigned int sc;

	if (!cache)
		return NULL;
	for (sc = 0; sc < CLASSES; sc++) {
		prepare(&cache->both[0].bin[sc], sc);
		prepare(&cache->both[1].bin[sc], sc);
	}
	cache->bins = &cache->both[0];
	cache->bins->classes = class_fine;
	cache->spans = spans;
	cache->epoch = spans->epoch;
	fork_register(&cache->lock);
	if (lock_take_quiet(&spans->lock)) {
		fork_forget(&cache->lock);
		return NULL;
	}
	cache->next = spans->caches;
	__atomic_store_n(&spans->caches, cache, __ATOMIC_RELEASE);
	lock_drop_quiet(&spans->lock);
	return cache;
}
