/* SPDX-License-Identifier: MIT */
/*
 * The record of a span, out of line: what it says of its blocks, how one is freed,
 * and the frees that other threads leave.
 */
#ifndef COW_ALLOC_SPAN_H
#define COW_ALLOC_SPAN_H

#include "size_class.h"

#include <stdatomic.h>

struct cache;
struct stock;

#define NOT_FOR_LONG 0x40000000 /* no event by counting frees */

enum span_state {
	SPAN_UNUSED, /* a record without a span */
	SPAN_RUN, /* units that no one uses: pages.c */
	SPAN_LARGE, /* one large block */
	SPAN_FULL, /* has no free block worth looking at; on no list */
	SPAN_LISTED, /* has free blocks; on a list of its bin */
	SPAN_CURRENT, /* its bin allocates from it, or did until a fork */
};

/**
 * struct span - a span, out of line
 * @owner: the cache it belongs to; NULL for a run and a large block
 * @remote: frees by other threads; NULL while there were none
 * @next: in a list of its bin or of runs, or of unused records
 * @prev: likewise
 * @units: how long it is
 * @epoch: how many forks there had been when its memory was first written to
 * @begun: how many blocks were ever handed out, or about to be: the first ones
 * @capacity: how many blocks there are
 * @words: room in @map
 * @sc: its size class
 * @state: enum span_state
 * @dirty: somebody wrote to it since the kernel zeroed it, or may have
 * @shelf: number of the shelf where the record lies, from 1 on; 0 for none
 * @base: its first block
 * @inverse: of the odd factor of the block size, modulo 2^64
 * @fast: the cache whose thread may free by setting a bit, and nothing else;
 *	NULL where more has to be looked at
 * @until: so many frees until the span has to be looked at
 * @limit: as @begun; 0 where blocks of this span may not be freed singly
 * @shift: how often 2 is a factor of the block size
 * @map: one bit a block, 1 if it has begun and is free
 */
struct span {
	struct cache *owner;
	struct remote *remote;
	struct span *next;
	struct span *prev;
	uint32_t units;
	uint32_t epoch;
	uint16_t begun;
	uint16_t capacity;
	uint8_t words;
	uint8_t sc;
	uint8_t state;
	bool dirty;
	uint8_t shelf;
	/* From here on what each free() reads, in one cache line. */
	char *base __aligned(64);
	uint64_t inverse;
	struct cache *fast;
	int32_t until;
	uint16_t limit;
	uint16_t shift;
	uint64_t map[];
};

/* Frees by other threads, which the owner collects. */
struct remote {
	struct span *span;
	struct remote *next; /* in the owner's inbox */
	atomic_bool pending; /* it is in an inbox, or about to be */
	atomic_ullong map[];
};

static inline char *span_start(const struct span *span)
{
	return (char *)((uintptr_t)span->base & ~(UNIT - 1));
}

static inline size_t span_bytes(const struct span *span)
{
	return (size_t)span->units << UNIT_SHIFT;
}

/* Words of the map that any block was ever handed out of. */
static inline uint32_t span_words(const struct span *span)
{
	return (span->begun + 63u) / 64;
}

/* Of a span of small blocks, bytes of each. */
static inline size_t span_block_size(const struct span *span)
{
	return class_size(span->sc);
}

static inline uint64_t word_get(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static inline void word_set(uint64_t *word, uint64_t value)
{
	__atomic_store_n(word, value, __ATOMIC_RELAXED);
}

/* span.c: one span's life */

struct span *span_make(struct cache *cache, unsigned int sc, bool used);
void span_release(struct span *span);
size_t span_free_blocks(const struct span *span);
void span_counts_down(struct span *span);
void list_add(struct span **list, struct span *span);
void list_remove(struct stock *stock, struct span *span);
void list_join(struct span **list, struct span **other);

/*
 * The number of a block in its span; true if that is where it begins.  Times the
 * inverse a multiple of the size is its quotient, with zeros turned out below.
 * As that maps no two numbers to one, all others come out above any quotient:
 * one comparison finds them, and what lies before @base or behind the last block.
 */
static inline bool span_index(const struct span *span, const void *ptr,
			      size_t *index)
{
	uint64_t offset = (uint64_t)((const char *)ptr - span->base);
	uint64_t product = offset * span->inverse;

	*index = product >> span->shift | product << (-span->shift & 63);
	return *index < span->limit;
}

/* A live block begins there. */
static inline bool span_has(const struct span *span, const void *ptr)
{
	size_t index;

	return span_index(span, ptr, &index) &&
	       !(word_get(&span->map[index / 64]) >> index % 64 & 1);
}

/* Also if it was another thread that freed it. */
static inline bool span_is_free(struct span *span, size_t index)
{
	const struct remote *remote =
		__atomic_load_n(&span->remote, __ATOMIC_ACQUIRE);
	uint64_t free;

	if (index >= span->begun)
		return true;
	free = word_get(&span->map[index / 64]);
	if (remote)
		free |= atomic_load(&remote->map[index / 64]);
	return free >> index % 64 & 1;
}

/* A block of it is large enough, and not twice as large as it need be. */
static inline bool span_fits(const struct span *span, size_t size)
{
	size_t room = span_block_size(span);

	return size <= room && size >= room / 2;
}

/* The common free(): false where there is more to it, and nothing was done. */
static inline bool span_put(struct span *span, const void *ptr)
{
	uint64_t word;
	size_t index;

	if (unlikely(!span_index(span, ptr, &index)))
		return false;
	word = word_get(&span->map[index / 64]);
	if (unlikely(word >> index % 64 & 1))
		return false;
	word_set(&span->map[index / 64], word | (uint64_t)1 << index % 64);
	return true;
}

#endif
