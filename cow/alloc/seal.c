// SPDX-License-Identifier: MIT
/*
 * What a fork changes.  From then on both sides have the same pages, and each
 * page that one of them writes to is copied.  So both allocate from spans made
 * since only: inherited spans take back what is freed, bit by bit, and hand out
 * nothing.  They are sealed.
 *
 * Sealing ends when nobody shares any more: the canary, a page that is never
 * written to, is then mapped once (bit 56 in /proc/self/pagemap).  That costs
 * some 3 us, and is looked at only when a new span would be made.  It ends, too,
 * when the memory taken beside free inherited blocks exceeds a share of the
 * heap.  And a parent in which more is free, for its size, than at an earlier
 * fork is not sealed: so one that forks again and again does not grow.
 */
#include "spans.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAPPED_ONCE ((uint64_t)1 << 56)
#define PRESENT	    ((uint64_t)1 << 63)
#define LEAST_SPENT ((size_t)256 << 10)
#define LEFT_MOST   1.005
#define LOOK_EVERY  ((size_t)64 << 10)
#define COARSE_MOST ((size_t)128 << 10)

/* Maps a page of its own, which is written to once. */
static void *map_page(int advice)
{
	size_t page = heap_page_size();
	uint32_t *at = mmap(NULL, page, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		return NULL;
	/* Without it a fork past pthread_atfork() goes unnoticed, that's all. */
	if (advice)
		madvise(at, page, advice);
	*at = 1;
	return at;
}

int seal_open(struct spans *spans)
{
	spans->canary = map_page(0);
	spans->here = map_page(MADV_WIPEONFORK);
	spans->pages.lock.forked = seal_forked;
	return spans->canary && spans->here ? 0 : -1;
}

void seal_close(struct spans *spans)
{
	if (spans->canary)
		munmap(spans->canary, heap_page_size());
	if (spans->here)
		munmap(spans->here, heap_page_size());
}

/* The canary is nobody else's any more; false where that can't be seen. */
static bool alone(const struct spans *spans)
{
	off_t place = (off_t)((uintptr_t)spans->canary / heap_page_size() *
			      sizeof(uint64_t));
	uint64_t entry = 0;
	int saved = errno;
	int fd;

	/* Not the C library's calls: a thread may be cancelled in those. */
	fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/pagemap",
			  O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (syscall(SYS_pread64, fd, &entry, sizeof(entry), place) !=
		    sizeof(entry))
			entry = 0;
		syscall(SYS_close, fd);
	}
	errno = saved;
	return (entry & PRESENT) && (entry & MAPPED_ONCE);
}

static bool spent(const struct spans *spans)
{
	return spans->heap->config.seal != HEAP_SEAL_ALWAYS &&
	       spans->charge > spans->budget;
}

static void unsealed(struct spans *spans)
{
	if (spans->sealed)
		pages_unseal(spans);
	spans->sealed = false;
}

/* Whoever shares: what is inherited serves again. */
void seal_end(struct spans *spans)
{
	if (lock_take_quiet(&spans->pages.lock))
		return;
	unsealed(spans);
	lock_drop_quiet(&spans->pages.lock);
}

/* Is it over? Also if it never began. */
bool seal_try_end(struct spans *spans)
{
	if (!spans->sealed)
		return true;
	if (spans->heap->config.seal != HEAP_SEAL_BUDGET && alone(spans)) {
		spans->ended_alone++;
		seal_end(spans);
	} else if (spent(spans)) {
		spans->ended_spent++;
		seal_end(spans);
	}
	return !spans->sealed;
}

/* Beyond some memory fine classes waste less than pages that are not full. */
static void count_coarse(struct cache *cache, size_t bytes)
{
	if (!cache->coarse)
		return;
	cache->coarse -= bytes < cache->coarse ? bytes : cache->coarse;
	if (cache->coarse)
		return;
	cache->bins->classes = class_fine;
	if (self.cache == cache)
		self.classes = class_fine;
}

/* What is given back counts no more. */
void seal_forget(struct spans *spans, size_t bytes)
{
	size_t charge = spans->charge;

	while (!atomic_compare_exchange_weak(
		&spans->charge, &charge, charge > bytes ? charge - bytes : 0))
		;
}

/*
 * Blocks begin that nobody had yet, while inherited ones might have served.
 * Every so often is the moment to look whether they may.
 */
void seal_charge(struct cache *cache, size_t bytes)
{
	struct spans *spans = cache->spans;
	size_t before = spans->charge;

	if (!cache->sealed)
		return;
	count_coarse(cache, bytes);
	spans->charge += bytes;
	if (before / LOOK_EVERY != spans->charge / LOOK_EVERY)
		seal_try_end(spans);
}

static void change_bins(struct cache *cache)
{
	struct bins *old = cache->bins;
	struct bins *new = &cache->both[old == &cache->both[0]];

	if (old->former)
		cache_put_down(cache, old->former);
	old->former = NULL;
	new->former = old;
	new->classes = class_coarse;
	cache->coarse = COARSE_MOST;
	cache->bins = new;
	if (self.cache == cache) {
		self.bins = new;
		self.classes = class_coarse;
	}
}

/*
 * Writes to the cache, and to no record unless one fork followed another: after
 * a fork each record written to is a page copied.
 */
static void seal_cache(struct cache *cache)
{
	struct stock *stock;

	if (cache->used)
		change_bins(cache);
	cache->used = false;
	for (stock = cache->stock; stock < cache->stock + CLASSES; stock++)
		list_join(&stock->inherited, &stock->listed);
	cache->sealed = true;
	cache->epoch = cache->spans->epoch;
}

static void unseal_stock(struct stock *stock)
{
	struct span *span, *next;

	for (span = stock->inherited; span; span = next) {
		next = span->next;
		if (span->until && span->until != NOT_FOR_LONG)
			continue;
		/* All of it was freed meanwhile. */
		list_remove(stock, span);
		span_release(span);
	}
	list_join(&stock->listed, &stock->inherited);
}

static void unseal_cache(struct cache *cache)
{
	struct bins *former = cache->bins->former;
	struct stock *stock;

	cache->sealed = false;
	count_coarse(cache, cache->coarse);
	cache->bins->former = NULL;
	/* To the end of the lists: first the gaps in the others are filled. */
	cache_put_down(cache, cache->bins);
	if (former)
		cache_put_down(cache, former);
	for (stock = cache->stock; stock < cache->stock + CLASSES; stock++)
		unseal_stock(stock);
}

/* What was ever used, by what is live: 1 and more. */
static double waste(const struct weight *weight)
{
	return (double)weight->touched / (double)(weight->live + 1);
}

/*
 * What earlier forks took beside free blocks may not be needed again.  A parent
 * that has it still forks often: it shall stay as it is, and at its next forks
 * go on as without a seal.  So what is charged to one fork is no other's.
 */
static bool worth_it(struct spans *spans, const struct weight *now, bool child)
{
	struct weight *least = &spans->least;

	if (child || spans->heap->config.seal == HEAP_SEAL_ALWAYS)
		return true;
	if (least->live && waste(now) > waste(least) * LEFT_MOST)
		return false;
	if (!least->live || waste(now) < waste(least))
		*least = *now;
	spans->charge = 0;
	return true;
}

/* Weighs the heap and seals it; false where it is better left as it is. */
static bool begin(struct spans *spans, bool child)
{
	struct weight now;

	if (spans->heap->config.seal == HEAP_SEAL_OFF)
		return false;
	/* Another thread's span in the making: as if nothing had been heavier. */
	if (spans_weigh(spans, &now))
		now = spans->least;
	if (!worth_it(spans, &now, child))
		return false;
	spans->epoch++;
	spans->sealed = true;
	spans->budget =
		LEAST_SPENT + now.touched / 100 * spans->heap->config.budget;
	pages_seal(spans);
	return true;
}

/*
 * In a child no other thread has a cache; in the parent they go on.  A thread in
 * take_from() sets its bin on, and then looks for a fork, with a fence between;
 * here the fork stands first, and then the bins are stopped.  So with a fence
 * here, too, either it sees the fork, or our stop comes after what it set.
 */
static void tell_others(struct spans *spans, bool child)
{
	struct cache *cache;

	atomic_thread_fence(memory_order_seq_cst);
	for (cache = spans->caches; cache; cache = cache->next) {
		if (cache == self.cache || cache == spans->common ||
		    cache->parked)
			continue;
		if (child)
			cache->parked = true;
		else if (spans->sealed)
			cache_stop(cache);
	}
}

/* With everything locked, or alone in a new child. */
static void after_fork(struct spans *spans, bool child)
{
	struct cache *own = self.cache;

	spans->told = 0;
	if (child) {
		*spans->here = 1;
		remote_forked(spans);
	}
	if (!begin(spans, child))
		unsealed(spans);
	tell_others(spans, child);
	/* A cache that a signal broke into is sealed when it is next used. */
	if (spans->sealed && own->spans == spans && !own->lock.inside)
		seal_cache(own);
}

void seal_forked(struct lock *lock, bool child)
{
	struct spans *spans =
		(struct spans *)((char *)lock -
				 offsetof(struct spans, pages.lock));

	/* The fork happened in a signal handler, in the midst of pages.c. */
	if (lock->inside)
		spans->told = child ? 2 : 1;
	else
		after_fork(spans, child);
}

/* A fork that we were told of too early, or not at all: _Fork(), clone(). */
static void catch_up(struct spans *spans)
{
	bool child = !*spans->here || spans->told == 2;

	if (!child && !spans->told)
		return;
	if (lock_take_quiet(&spans->pages.lock))
		return;
	if (!*spans->here || spans->told)
		after_fork(spans, child);
	lock_drop_quiet(&spans->pages.lock);
}

void seal_update(struct cache *cache)
{
	struct spans *spans = cache->spans;

	if (unlikely(!*spans->here || spans->told))
		catch_up(spans);
	if (cache->sealed && !spans->sealed)
		unseal_cache(cache);
	if (unlikely(cache->epoch != spans->epoch)) {
		if (spans->sealed)
			seal_cache(cache);
		cache->epoch = spans->epoch;
	}
}
