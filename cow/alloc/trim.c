// SPDX-License-Identifier: MIT
/*
 * What is kept although it is empty, and given back: when a program asks for
 * that, and before it is told that memory has ended.
 */
#include "spans.h"

/* Listed spans count down to 0; one that is kept by emptied() then forgets it. */
static bool is_empty(const struct span *span)
{
	return !span->until || span->until == NOT_FOR_LONG;
}

static void release_empty(struct stock *stock)
{
	struct span *span, *next;

	for (span = stock->listed; span; span = next) {
		next = span->next;
		if (!is_empty(span))
			continue;
		list_remove(stock, span);
		span_release(span);
	}
}

/* Also what its bins have put aside. Called with the lock. */
static void trim_cache(struct cache *cache)
{
	unsigned int sc;

	seal_check(cache);
	remote_collect(cache);
	cache_put_down(cache, cache->bins);
	for (sc = 0; sc < CLASSES; sc++)
		release_empty(&cache->stock[sc]);
}

/*
 * The calling thread's cache, and those that no thread has.  Not waiting: who
 * forks takes their locks before that of the heap, which the caller may have.
 */
static void trim_own(struct spans *spans)
{
	struct cache *cache;

	for (cache = __atomic_load_n(&spans->caches, __ATOMIC_ACQUIRE); cache;
	     cache = cache->next) {
		if (!(cache->parked || cache == self.cache) ||
		    lock_try(&cache->lock))
			continue;
		if (cache->parked || cache == self.cache)
			trim_cache(cache);
		lock_drop(&cache->lock);
	}
}

/* Called with the lock of the heap, which is that of the common cache, too. */
static void trim_common(struct spans *spans)
{
	if (lock_take(&spans->common->lock))
		return;
	trim_cache(spans->common);
	lock_drop(&spans->common->lock);
}

/* Called with the lock of the heap; bytes given back. A seal may be over. */
size_t spans_trim(struct heap *heap, size_t pad)
{
	seal_try_end(heap->spans);
	trim_common(heap->spans);
	trim_own(heap->spans);
	return pages_trim(heap->spans, pad);
}

/*
 * Memory has ended: what is empty shall serve, whatever it was kept for.  A seal
 * ends, too, as a page that is copied is better than none.  @locked: the caller
 * has the lock of the heap.
 */
void spans_gather(struct spans *spans, bool locked)
{
	struct lock *lock = &spans->heap->lock;

	if (spans->sealed)
		spans->ended_spent++;
	seal_end(spans);
	trim_own(spans);
	if (locked) {
		trim_common(spans);
	} else if (!lock_try(lock)) {
		trim_common(spans);
		lock_drop(lock);
	}
	pages_trim(spans, 0);
}
