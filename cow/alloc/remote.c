// SPDX-License-Identifier: MIT
/*
 * A block freed by another thread than its cache's goes home by a bit in a
 * second map: no lock, and one entry in the owner's inbox for all the frees to
 * a span that the owner has not yet seen.
 *
 * A record and its remote map belong together for good, so that an entry that
 * comes late, when the span is gone, still finds both.
 */
#include "spans.h"

#include <errno.h>

static __attribute((noinline)) struct remote *remote_make(struct spans *spans,
							  struct span *span)
{
	struct remote *none = NULL;
	struct remote *made;
	int saved = errno;

	made = meta_alloc(&spans->meta,
			  sizeof(*made) + span->words * sizeof(uint64_t));
	errno = saved;
	if (!made)
		return NULL;
	made->span = span;
	/* Of two that come at once the first one's counts. */
	if (!__atomic_compare_exchange_n(&span->remote, &none, made, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return none;
	/* From now on the owner has to look here, too. */
	__atomic_store_n(&span->fast, NULL, __ATOMIC_RELAXED);
	return made;
}

static void push(struct cache *owner, struct remote *remote)
{
	struct remote *first = __atomic_load_n(&owner->inbox, __ATOMIC_RELAXED);

	do
		remote->next = first;
	while (!__atomic_compare_exchange_n(&owner->inbox, &first, remote, true,
					    __ATOMIC_RELEASE,
					    __ATOMIC_RELAXED));
}

/*
 * An entry for the owner, unless there is one.  A fork by another thread between
 * the two words leaves a child in which it is pending, but in no inbox: that one
 * was on its way is counted, with the thread's own cache.
 */
static __attribute((noinline)) void announce(struct cache *owner,
					     struct remote *remote)
{
	struct cache *own = self.cache;

	atomic_fetch_add(&own->pushing, 1);
	if (!atomic_exchange(&remote->pending, true))
		push(owner, remote);
	atomic_fetch_sub(&own->pushing, 1);
}

/* Without memory for the second map the block is lost. */
static enum misuse free_far(struct cache *owner, struct span *span,
			    size_t index)
{
	struct remote *remote =
		__atomic_load_n(&span->remote, __ATOMIC_ACQUIRE);
	uint64_t bit = (uint64_t)1 << index % 64;

	if (!remote)
		remote = remote_make(owner->spans, span);
	if (!remote)
		return 0;
	if (word_get(&span->map[index / 64]) & bit ||
	    atomic_fetch_or(&remote->map[index / 64], bit) & bit)
		return MISUSE_DOUBLE_FREE;
	if (!atomic_load_explicit(&remote->pending, memory_order_acquire))
		announce(owner, remote);
	return 0;
}

/* The owner itself frees: also what another thread has freed is free. */
static enum misuse free_near(struct cache *cache, struct span *span,
			     size_t index)
{
	if (span_is_free(span, index))
		return MISUSE_DOUBLE_FREE;
	word_set(&span->map[index / 64],
		 word_get(&span->map[index / 64]) | (uint64_t)1 << index % 64);
	if (unlikely(!--span->until))
		cache_event(cache, span);
	return 0;
}

/*
 * Frees a block that was handed out at least once: 0 or MISUSE_DOUBLE_FREE.  A
 * span that nobody owns any more is being given back, as all of it is free.
 * @cache is whose we are.
 */
enum misuse remote_free(struct cache *cache, struct span *span, size_t index)
{
	struct cache *owner = __atomic_load_n(&span->owner, __ATOMIC_RELAXED);

	if (unlikely(!owner))
		return MISUSE_DOUBLE_FREE;
	return owner == cache ? free_near(cache, span, index) :
				free_far(owner, span, index);
}

/* The bits go home; how many. */
static int32_t merge(struct span *span, struct remote *remote)
{
	int32_t count = 0;
	size_t i;

	for (i = 0; i < span->words; i++) {
		uint64_t bits = atomic_load(&remote->map[i]);

		if (!bits)
			continue;
		bits = atomic_exchange(&remote->map[i], 0);
		word_set(&span->map[i], word_get(&span->map[i]) | bits);
		count += __builtin_popcountll(bits);
	}
	return count;
}

static void collect_one(struct cache *cache, struct remote *remote)
{
	struct span *span = remote->span;
	struct cache *owner;
	int32_t count;

	/* First: who frees from now on tells the owner there is by then. */
	atomic_store(&remote->pending, false);
	owner = __atomic_load_n(&span->owner, __ATOMIC_SEQ_CST);
	if (owner && owner != cache && !atomic_exchange(&remote->pending, true))
		push(owner, remote);
	if (owner != cache)
		return;
	count = merge(span, remote);
	if (count && span->until <= count)
		cache_look(cache, span);
	else
		span->until -= count;
}

bool remote_collect_all(struct cache *cache)
{
	struct remote *remote, *next;

	for (remote =
		     __atomic_exchange_n(&cache->inbox, NULL, __ATOMIC_ACQUIRE);
	     remote; remote = next) {
		next = remote->next;
		collect_one(cache, remote);
	}
	return true;
}

/* Of a record without a span nothing is pending any more. */
static void push_again(struct span *span)
{
	struct remote *remote = span->remote;

	if (!remote || !remote->pending)
		return;
	if (span->state > SPAN_LARGE)
		push(span->owner, remote);
	else
		remote->pending = false;
}

static int push_span(struct span *span, size_t chunk, void *arg)
{
	(void)chunk;
	(void)arg;
	push_again(span);
	return 0;
}

/* Fills the inboxes anew, from what the records say. */
static void sort_again(struct spans *spans)
{
	struct cache *cache;

	for (cache = spans->caches; cache; cache = cache->next)
		cache->inbox = NULL;
	meta_each_unused(&spans->meta, push_again);
	spans_each(spans, push_span, NULL);
}

/*
 * In a child, alone: what other threads of the parent were about to push is pushed
 * for them.  Not where the fork came from a signal handler that broke into a call
 * which pushes or collects itself: this goes on in the child.  Then the frees to
 * such a span may be lost.
 */
void remote_forked(struct spans *spans)
{
	bool inside = self.cache->pushing;
	bool lost = !inside && atomic_exchange(&cache_none.pushing, 0);
	struct cache *cache;

	for (cache = spans->caches; cache; cache = cache->next) {
		inside |= cache->lock.inside;
		if (cache == self.cache || !cache->pushing)
			continue;
		cache->pushing = 0;
		lost = true;
	}
	if (lost && !inside)
		sort_again(spans);
}
