// SPDX-License-Identifier: MIT
/*
 * Which thread has which cache: a thread gets one at its first request, one
 * that an ended thread left if there is one, and leaves it when it ends.  Spans of
 * those that are left serve others.
 */
#include "spans.h"

#include <errno.h>
#include <pthread.h>

static pthread_key_t key;
static bool key_made;
static __thread bool leaving __attribute((tls_model("initial-exec")));

static void park(struct cache *cache)
{
	lock_take(&cache->lock);
	seal_check(cache);
	remote_collect(cache);
	cache_put_down(cache, cache->bins);
	cache->parked = true;
	lock_drop(&cache->lock);
}

/* At the end of a thread. What its other destructors do takes the slow way. */
static void leave(void *cache)
{
	leaving = true;
	self = (struct self){ &cache_none, cache_none.bins, class_fine };
	park(cache);
}

/* It is ours from now on, if no one else was quicker. */
static bool take_over(struct cache *cache)
{
	bool parked;

	if (lock_take(&cache->lock))
		return false;
	parked = cache->parked;
	if (parked) {
		/* A fork may have caught its thread between two words. */
		cache_stop(cache);
		cache->parked = false;
	}
	lock_drop(&cache->lock);
	return parked;
}

/*
 * The list only ever grows, at its head: it is read without its lock, which who
 * forks takes after those of the caches.
 */
static struct cache *take_parked(struct spans *spans)
{
	struct cache *cache;

	for (cache = __atomic_load_n(&spans->caches, __ATOMIC_ACQUIRE); cache;
	     cache = cache->next)
		if (cache->parked && take_over(cache))
			break;
	return cache;
}

/*
 * A cache for the calling thread, or NULL.  A signal handler that breaks in has
 * got one for it; or has forked, and ours is parked, as nobody's.
 */
static struct cache *take(struct spans *spans)
{
	struct cache *cache = take_parked(spans);

	if (!cache)
		cache = cache_make(spans);
	if (!cache)
		return NULL;
	if (self.cache != &cache_none) {
		park(cache);
		return self.cache;
	}
	self = (struct self){ cache, cache->bins, cache->bins->classes };
	lock_take(&cache->lock);
	cache->parked = false;
	lock_drop(&cache->lock);
	return cache;
}

/* The calling thread's cache, NULL if it can't have one. */
struct cache *cache_attach(struct spans *spans)
{
	struct cache *cache;
	int saved = errno;

	if (self.cache != &cache_none)
		return self.cache;
	if (leaving || !key_made)
		return NULL;
	/* First, as pthread_setspecific() may itself call calloc(). */
	quiet_begin();
	cache = take(spans);
	quiet_end();
	if (cache && pthread_setspecific(key, cache)) {
		leave(cache);
		cache = NULL;
	}
	errno = saved;
	return cache;
}

/*
 * A span of a cache that no thread has.  It changes hands with that cache's lock
 * held: the next thread to have the cache must not take it for its own.
 */
static struct span *steal_from(struct cache *cache, struct cache *from,
			       unsigned int sc)
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
		__atomic_store_n(&span->owner, cache, __ATOMIC_RELAXED);
		span->fast = span->remote ? NULL : cache;
	}
	lock_drop(&from->lock);
	return span;
}

/* A span of some cache that no thread has; NULL if none has a free block. */
struct span *cache_steal(struct cache *cache, unsigned int sc)
{
	struct span *span = NULL;
	struct cache *from;

	for (from = __atomic_load_n(&cache->spans->caches, __ATOMIC_ACQUIRE);
	     from && !span; from = from->next)
		span = steal_from(cache, from, sc);
	if (span)
		cache->stock[sc].spans++;
	return span;
}

/* From now on the threads of the process get caches. */
void cache_serve_threads(void)
{
	key_made = !pthread_key_create(&key, leave);
}
