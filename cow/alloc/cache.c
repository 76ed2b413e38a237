// SPDX-License-Identifier: MIT
/*
 * A cache, off the common path: where a bin gets its next blocks from, and what
 * happens when a span has been freed into.
 *
 * Lists change with the cache's lock held: a fork waits for it, so that a child
 * finds them whole, and a thread may take spans from a cache that no thread has.
 */
#include "spans.h"

struct cache cache_none = {
	.bins = &cache_none.both[0],
	.both[0].classes = class_fine,
};

__thread struct self self = { &cache_none, &cache_none.both[0] };

/*
 * So many blocks a bin takes at a time, side by side: a page of them, so that
 * what comes and goes stays within one; but at least two.
 */
static uint64_t window(size_t size)
{
	size_t blocks = heap_page_size() / size;

	if (blocks >= 64)
		return ~(uint64_t)0;
	return ((uint64_t)1 << (blocks < 2 ? 2 : blocks)) - 1;
}

/*
 * The lowest free blocks of the current span, for the bin, so that the end of
 * the span stays untouched for as long as it can.  With @fresh, such as no bin
 * was ever filled from, too.
 */
static bool next_blocks(struct bin *bin, bool fresh)
{
	struct span *span = bin->span;
	uint32_t end = fresh ? span->words : span->begun;
	uint32_t i;

	for (i = 0; i < end; i++) {
		uint64_t word = word_get(&span->map[i]);
		uint64_t taken;

		if (!word)
			continue;
		taken = word & window(bin->size) << __builtin_ctzll(word);
		word_set(&span->map[i], word & ~taken);
		bin->base = span->base + (size_t)i * 64 * bin->size;
		bin->from = &span->map[i];
		bin->place = i;
		bin->at_hand = taken;
		return true;
	}
	return false;
}

static void set_current(struct bin *bin, struct span *span)
{
	span->state = SPAN_CURRENT;
	span_counts_down(span);
	bin->size = (uint32_t)span_block_size(span);
	bin->span = span;
}

/* The current span is used up, but for what nobody touched yet. */
static void retire(struct cache *cache, struct bin *bin)
{
	struct span *span = bin->span;

	bin->span = NULL;
	if (!span_free_blocks(span)) {
		span->state = SPAN_FULL;
		span_counts_down(span);
	} else if (!bin->rest) {
		bin->rest = span;
	} else {
		span->state = SPAN_LISTED;
		span_counts_down(span);
		list_add(&cache->stock[span->sc].listed, span);
	}
}

static bool take_listed(struct cache *cache, unsigned int sc)
{
	struct stock *stock = &cache->stock[sc];
	struct span *span = stock->listed;

	if (!span)
		return false;
	list_remove(stock, span);
	set_current(&cache->bins->bin[sc], span);
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

/* A span of a cache that no thread has. */
static struct span *steal_from(struct cache *from, unsigned int sc)
{
	struct stock *stock = &from->stock[sc];
	struct span *span = NULL;

	/* Not waiting: who has it may want ours. */
	if (!from->parked || lock_try(&from->lock))
		return NULL;
	if (from->parked) {
		seal_check(from);
		remote_collect(from);
		span = stock->listed;
	}
	if (span) {
		list_remove(stock, span);
		stock->spans--;
	}
	lock_drop(&from->lock);
	return span;
}

static bool steal(struct cache *cache, unsigned int sc)
{
	struct cache *from;
	struct span *span;

	for (from = __atomic_load_n(&cache->spans->caches, __ATOMIC_ACQUIRE);
	     from; from = from->next) {
		span = steal_from(from, sc);
		if (!span)
			continue;
		__atomic_store_n(&span->owner, cache, __ATOMIC_RELAXED);
		span->fast = span->remote ? NULL : cache;
		cache->stock[sc].spans++;
		set_current(&cache->bins->bin[sc], span);
		return true;
	}
	return false;
}

/* What there is without asking for memory; first what has been used before. */
static bool refill_from_own(struct cache *cache, unsigned int sc)
{
	struct bin *bin = &cache->bins->bin[sc];

	remote_collect(cache);
	if (bin->span && next_blocks(bin, !cache->stock[sc].listed))
		return true;
	if (bin->span)
		retire(cache, bin);
	return (take_listed(cache, sc) || take_rest(bin)) &&
	       next_blocks(bin, true);
}

static bool refill_from_new(struct cache *cache, unsigned int sc)
{
	struct span *span;

	/* A new span: the moment to see whether inherited ones may serve. */
	if (cache->sealed && seal_try_end(cache->spans)) {
		seal_check(cache);
		if (refill_from_own(cache, sc))
			return true;
	}
	if (!steal(cache, sc)) {
		span = span_make(cache, sc);
		if (!span)
			return false;
		set_current(&cache->bins->bin[sc], span);
	}
	return next_blocks(&cache->bins->bin[sc], true);
}

/* Gives a bin blocks to allocate from; false if memory has ended. */
bool cache_refill(struct cache *cache, unsigned int sc)
{
	struct bin *bin = &cache->bins->bin[sc];
	bool done;

	if (bin->span && seal_fits(cache) &&
	    next_blocks(bin, !cache->stock[sc].listed)) {
		seal_charge(cache, bin);
		return true;
	}
	/* A signal handler in the midst of this has no memory to get. */
	if (lock_take(&cache->lock))
		return false;
	seal_check(cache);
	cache->used = true;
	done = refill_from_own(cache, sc) || refill_from_new(cache, sc);
	if (done)
		seal_charge(cache, &cache->bins->bin[sc]);
	lock_drop(&cache->lock);
	return done;
}

/* A block; NULL if memory has ended. */
void *cache_alloc(struct cache *cache, unsigned int sc)
{
	struct bin *bin;

	/* A fork may have changed the bins meanwhile. */
	while (bin = &cache->bins->bin[sc], !bin->at_hand)
		if (!cache_refill(cache, sc))
			return NULL;
	return bin_take(bin, bin->at_hand);
}

/* The last block was freed. One such span of each class is kept. */
static void emptied(struct cache *cache, struct span *span)
{
	struct stock *stock = &cache->stock[span->sc];
	bool only = stock->listed == span && !span->next;

	span->until = NOT_FOR_LONG;
	if (span_inherited(cache->spans, span) || only)
		return;
	list_remove(stock, span);
	span_release(span);
}

/* A span has been freed into, so often as had been agreed on. */
void cache_look(struct cache *cache, struct span *span)
{
	struct stock *stock = &cache->stock[span->sc];

	if (span->state == SPAN_FULL) {
		bool inherited = span_inherited(cache->spans, span);

		span->state = SPAN_LISTED;
		list_add(inherited ? &stock->inherited : &stock->listed, span);
	}
	span_counts_down(span);
	if (!span->until)
		emptied(cache, span);
}

void cache_event(struct cache *cache, struct span *span)
{
	if (lock_take(&cache->lock)) {
		span->until = 1;
		return;
	}
	seal_check(cache);
	cache_look(cache, span);
	lock_drop(&cache->lock);
}

/* To the list where other threads, or after a fork nobody, may take it. */
static void file(struct cache *cache, struct span *span)
{
	struct stock *stock = &cache->stock[span->sc];
	bool inherited = span_inherited(cache->spans, span);

	span->state = span_free_blocks(span) ? SPAN_LISTED : SPAN_FULL;
	span_counts_down(span);
	if (!span->until && !inherited)
		span_release(span);
	else if (span->state == SPAN_LISTED)
		list_add(inherited ? &stock->inherited : &stock->listed, span);
}

/* What the bin has goes back to its spans. */
static void put_down(struct cache *cache, struct bin *bin)
{
	if (bin->at_hand)
		word_set(bin->from, word_get(bin->from) | bin->at_hand);
	bin->at_hand = 0;
	bin->from = NULL;
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
		put_down(cache, &bins->bin[sc]);
}

struct cache *cache_make(struct spans *spans)
{
	struct cache *cache = meta_alloc(&spans->meta, sizeof(*cache));

	if (!cache)
		return NULL;
	cache->bins = &cache->both[0];
	cache->bins->classes = class_fine;
	cache->spans = spans;
	cache->epoch = spans->epoch;
	fork_register(&cache->lock);
	lock_take_quiet(&spans->lock);
	cache->next = spans->caches;
	__atomic_store_n(&spans->caches, cache, __ATOMIC_RELEASE);
	lock_drop_quiet(&spans->lock);
	return cache;
}
