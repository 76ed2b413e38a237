/* SPDX-License-Identifier: MIT */
/*
 * The spans engine: what its files share, and the few lines of malloc() and
 * free() that nearly every call is.
 *
 * A span is a run of units, cut into blocks of one size class, or one large
 * block.  Nothing is ever written into a free block, nor beside one: a span's
 * record, with one bit a block that says "free", lies in memory of its own, and
 * a map leads from an address to the record.
 *
 *	address --pagemap--> record --bit--> free or not
 *	thread  --bins--> bin of the class --> 64 blocks, and their bits
 *
 * malloc() clears the lowest bit of its thread's bin, a word of a record; free()
 * sets it again.  None of them takes a lock: a span belongs to one cache, and
 * other threads leave their frees in a second set of bits (remote.c).
 *
 * After fork() both sides allocate from spans made since only (seal.c): pages
 * that both have would be copied for every block handed out of them.
 */
#ifndef COW_ALLOC_SPANS_H
#define COW_ALLOC_SPANS_H

#include "internal.h"
#include "size_class.h"
#include "span.h"

/* A cache: what one thread allocates from */

/**
 * struct bin - 64 blocks of one size class, to be handed out if they are free
 * @word: their bits in the span's map, or a word that has none
 * @base: the first of the 64
 * @size: bytes of a block
 * @place: number of @word in that map
 * @span: the current span; NULL for none
 * @rest: a span put aside whose end nobody touched yet; NULL for none
 */
struct bin {
	uint64_t *word;
	char *base;
	uint32_t size;
	uint32_t place;
	struct span *span;
	struct span *rest;
} __aligned(64);

/**
 * struct bins - what malloc() and free() look at, by size class
 * @bin: one of each class
 * @classes: the class of each size
 * @former: the bins that were in use when the process forked; NULL once they
 *	are put down
 */
struct bins {
	struct bin bin[CLASSES];
	const uint8_t *classes;
	struct bins *former;
};

/**
 * struct stock - the other spans of a size class
 * @listed: those with free blocks
 * @inherited: those of them that were there when the process forked
 * @spans: how many spans there are
 * @kept: one without a live block is on the first list, or was
 */
struct stock {
	struct span *listed;
	struct span *inherited;
	uint32_t spans;
	bool kept;
};

/**
 * struct cache - the spans of one thread, or of a heap without threads
 * @bins: the bins in use, one of @both.  A fork changes to the other one: so a
 *	malloc() that a signal handler interrupts, and forks, finds its bin as
 *	it was
 * @both: the bins
 * @stock: what else there is of each class
 * @lock: held while lists change; a fork waits for it, others may steal
 * @spans: the engine
 * @inbox: what other threads freed
 * @pushing: entries its thread is about to put into other inboxes
 * @next: of all caches there are
 * @epoch: the fork up to which it is sealed
 * @coarse: bytes that may be used yet before classes become fine
 * @wait: spans to be made before the next look for empty ones
 * @pause: what @wait was at the last look
 * @used: its bins were given something since
 * @sealed: it has something inherited
 * @parked: no thread has it
 */
struct cache {
	struct bins *bins;
	struct bins both[2];
	struct stock stock[CLASSES];
	struct lock lock;
	struct spans *spans;
	struct remote *inbox;
	atomic_uint pushing;
	struct cache *next;
	uint32_t epoch;
	size_t coarse;
	uint8_t wait;
	uint8_t pause;
	bool used;
	bool sealed;
	bool parked;
};

/*
 * The calling thread's: cache_none, which no span has, before it has one.  The
 * table of classes is the one of the bins, read without waiting for them.
 */
struct self {
	struct cache *cache;
	struct bins *bins;
	const uint8_t *classes;
};

extern struct cache cache_none HIDDEN_SYMBOL;
extern __thread struct self self __attribute((tls_model("initial-exec")))
HIDDEN_SYMBOL;

/* Bytes of blocks that were ever used, and of live ones. */
struct weight {
	size_t touched;
	size_t live;
};

struct spans {
	struct heap *heap;
	struct pages pages;
	struct meta meta;
	struct cache *common; /* for whoever has the heap's lock */
	struct cache *caches;
	struct lock lock; /* of the list of caches */
	atomic_uint epoch; /* forks so far */
	atomic_int told; /* of a fork in the midst of pages.c: 1, in a child 2 */
	atomic_bool sealed;
	atomic_size_t charge; /* bytes not taken from inherited spans */
	size_t budget; /* how many may be */
	struct weight least; /* when fewest were free, at a fork */
	void *canary; /* a page never written to again */
	uint32_t *here; /* 0 in a child whose fork we were not told of */
	uint64_t ended_alone; /* seals that ended since nobody shared */
	uint64_t ended_spent; /* and since the budget was spent, or memory */
};

/* bin.c: what a bin hands out next */

bool bin_next_word(struct bin *bin);
bool bin_next_fresh(struct cache *cache, struct bin *bin);
void *cache_advance(struct cache *cache, unsigned int sc);
void *cache_borrow(struct cache *cache, unsigned int sc);

/* cache.c, threads.c: slow paths of a cache, and whose it is */

void *cache_next(struct cache *cache, unsigned int sc, size_t align);
void *cache_scrape(struct cache *cache, unsigned int sc, size_t align);
void cache_event(struct cache *cache, struct span *span);
void cache_look(struct cache *cache, struct span *span);
void bin_put_down(struct cache *cache, struct bin *bin);
void cache_put_down(struct cache *cache, struct bins *bins);
void cache_stop(struct cache *cache);
struct cache *cache_make(struct spans *spans);
struct cache *cache_attach(struct spans *spans);
struct span *cache_steal(struct cache *cache, unsigned int sc);
void cache_serve_threads(void);

/* remote.c: frees by other threads */

enum misuse remote_free(struct cache *cache, struct span *span, size_t index);
bool remote_collect_all(struct cache *cache);
void remote_forked(struct spans *spans);

/* Takes in what other threads freed. Called with the cache's lock. */
static inline bool remote_collect(struct cache *cache)
{
	return unlikely(__atomic_load_n(&cache->inbox, __ATOMIC_RELAXED)) &&
	       remote_collect_all(cache);
}

/* seal.c: what a fork changes */

void seal_update(struct cache *cache);
void seal_forget(struct spans *spans, size_t bytes);
void seal_charge(struct cache *cache, size_t bytes);
bool seal_try_end(struct spans *spans);
void seal_end(struct spans *spans);
void seal_forked(struct lock *lock, bool child);
int seal_open(struct spans *spans);
void seal_close(struct spans *spans);

/* Nothing has changed since the cache was brought up to date. */
static inline bool seal_fits(const struct cache *cache)
{
	return cache->epoch == cache->spans->epoch &&
	       cache->sealed == cache->spans->sealed;
}

/* Brings a cache up to date. Called with its lock. */
static inline void seal_check(struct cache *cache)
{
	const struct spans *spans = cache->spans;

	if (unlikely(!*spans->here || spans->told || !seal_fits(cache)))
		seal_update(cache);
}

static inline bool span_inherited(const struct spans *spans,
				  const struct span *span)
{
	return spans->sealed && span->epoch < spans->epoch;
}

/* large.c: blocks that are a span each */

void *large_alloc(struct cache *cache, size_t size, size_t align, bool zero);
void large_free(struct spans *spans, struct span *span);
void *large_resize(struct spans *spans, struct span *span, size_t size);

/* trim.c: what is kept empty, and given back */

bool trim_due(struct cache *cache);
void trim_empty(struct cache *cache);
void cache_trim(struct cache *cache);
size_t spans_trim(struct heap *heap, size_t pad);
void spans_gather(struct spans *spans, bool locked);

/* spans.c, spans_look.c: the engine's calls */

enum misuse spans_locate(struct spans *spans, const void *ptr,
			 struct span **span, size_t *index);
void *spans_alloc(struct spans *spans, struct cache *cache, size_t size,
		  size_t align, bool zero);
enum misuse spans_free(struct spans *spans, struct cache *cache, void *ptr);
enum misuse spans_resize(struct spans *spans, void *ptr, size_t size, void **to,
			 size_t *room);
int spans_walk(struct heap *heap,
	       int (*visit)(const struct heap_block *block, void *arg),
	       void *arg);
int spans_each(struct spans *spans,
	       int (*visit)(struct span *span, size_t chunk, void *arg),
	       void *arg);
int spans_weigh(struct spans *spans, struct weight *weight);
int spans_check(struct heap *heap, struct heap_fault *fault);
void spans_stats(struct heap *heap, struct heap_stats *stats);

/* serve.c: the calls of a process's threads, off the common path */

void *serve_slow_malloc(struct heap *heap, size_t size);
void *serve_slow_memalign(struct heap *heap, size_t align, size_t size);
void *serve_slow_calloc(struct heap *heap, size_t count, size_t size);
void *serve_slow_realloc(struct heap *heap, void *ptr, size_t size);
void serve_slow_free(struct heap *heap, void *ptr);

static inline char *bin_block(const struct bin *bin, uint64_t word)
{
	return bin->base + (uint32_t)__builtin_ctzll(word) * bin->size;
}

/*
 * The common malloc(): the lowest free block; NULL if there is none.  As nothing
 * was written to the next one when it was freed, it may be in no CPU cache: it
 * is fetched until it is asked for.
 */
static inline void *bin_take(const struct bin *bin)
{
	uint64_t *at = __atomic_load_n(&bin->word, __ATOMIC_RELAXED);
	uint64_t word = word_get(at);
	uint64_t rest = word & (word - 1);
	void *block;

	if (unlikely(!word))
		return NULL;
	word_set(at, rest);
	block = bin_block(bin, word);
	__builtin_prefetch(bin_block(bin, rest | (uint64_t)1 << 63), 1);
	if (!block)
		__builtin_unreachable();
	return block;
}

#endif
