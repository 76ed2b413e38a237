/* SPDX-License-Identifier: MIT */
/*
 * The spans engine's side towards the kernel: memory for records, and the units
 * that spans are made of.
 */
#ifndef COW_ALLOC_PAGES_H
#define COW_ALLOC_PAGES_H

#include "compiler.h"
#include "internal.h"

/* The smallest piece a span is made of, in bytes; a whole number of pages. */
#if defined(__x86_64__)
#define UNIT_SHIFT 14
#define VA_BITS	   47
#else
#define UNIT_SHIFT 16
#define VA_BITS	   48
#endif
#define UNIT ((size_t)1 << UNIT_SHIFT)

struct span;
struct spans;

/* pagemap.c: from an address to a record */

#define LEAF_BITS 17
#define ROOT_BITS (VA_BITS - UNIT_SHIFT - LEAF_BITS)

extern struct span **pagemap_root[1 << ROOT_BITS] HIDDEN_SYMBOL;
extern struct span *pagemap_near[1 << LEAF_BITS] HIDDEN_SYMBOL;
extern uintptr_t pagemap_near_unit HIDDEN_SYMBOL;

int pagemap_reserve(const char *start, size_t units);
void pagemap_set(const char *start, struct span *span);

/* Where its entry is; NULL if no leaf has been made for it. */
static inline struct span **pagemap_entry(uintptr_t unit)
{
	struct span **leaf = __atomic_load_n(
		&pagemap_root[unit >> LEAF_BITS & ((1 << ROOT_BITS) - 1)],
		__ATOMIC_ACQUIRE);

	return unlikely(!leaf) ? NULL : &leaf[unit & ((1 << LEAF_BITS) - 1)];
}

/*
 * What stands in the map may be outdated: compare it with the record.  Each free()
 * waits for this: of most heaps all is near, and found without the root.
 */
static inline struct span *pagemap_get(const void *address)
{
	uintptr_t unit = (uintptr_t)address >> UNIT_SHIFT;
	uintptr_t place =
		unit - __atomic_load_n(&pagemap_near_unit, __ATOMIC_RELAXED);
	struct span **entry;

	if (likely(place < 1 << LEAF_BITS))
		return __atomic_load_n(&pagemap_near[place], __ATOMIC_ACQUIRE);
	entry = pagemap_entry(unit);
	return entry ? __atomic_load_n(entry, __ATOMIC_ACQUIRE) : NULL;
}

/* meta.c: memory for records, apart from all blocks */

struct meta_chunk;

/* Memory from the kernel, with a gap before and behind that faults. */
struct mapping {
	char *start;
	size_t bytes;
	void *whole;
	size_t whole_bytes;
};

#define RECORD_KINDS 12
#define SHELVES	     72 /* one for each size class */

/**
 * struct shelf - pages of records for one size class alone
 * @next: from here on no record has begun
 * @end: behind the last page
 * @unused: records that were in use before
 */
struct shelf {
	char *next;
	char *end;
	struct span *unused;
};

struct meta {
	struct lock lock;
	struct meta_chunk *chunks;
	char *next;
	char *end;
	struct span *unused[RECORD_KINDS];
	struct shelf shelf[SHELVES];
	struct shelf reserve; /* for records, when memory has ended */
};

int mapping_make(struct mapping *mapping, size_t bytes, size_t align);
void mapping_end(const struct mapping *mapping);
void *meta_alloc(struct meta *meta, size_t bytes);
struct span *meta_record(struct meta *meta, size_t blocks, unsigned int shelf);
struct span *meta_feed(struct meta *meta, char *start, size_t bytes);
void meta_record_drop(struct meta *meta, struct span *span);
void meta_each_unused(struct meta *meta, void (*visit)(struct span *span));
void meta_close(struct meta *meta);

/* pages.c, grow.c, runs.c, purge.c: the units, used and unused */

#define RUN_BINS 80

enum run_kind { RUN_DIRTY, RUN_CLEAN, RUN_STALE, RUN_KINDS };

struct runs {
	struct span *bins[RUN_BINS];
	uint64_t some[(RUN_BINS + 63) / 64];
	size_t units;
};

/* A piece of address space that units are cut from. */
struct chunk {
	struct mapping mapping;
	struct chunk *next;
};

struct pages {
	struct lock lock;
	struct runs runs[RUN_KINDS];
	struct chunk *chunks;
	struct chunk *unused_chunks;
	size_t units; /* in all chunks */
	size_t used; /* of them in spans */
	size_t peak; /* most units in use and dirty */
	size_t swing; /* units that come and go */
	time_t refused; /* when the kernel took less back than asked; or 0 */
};

/**
 * struct wanted - what a span shall be
 * @units: how long
 * @align: a multiple of how many bytes its start is, UNIT or more
 * @blocks: so many bits its record has room for
 * @shelf: number of the shelf where the record lies, from 1 on; 0 for none
 * @moved: so many of its units get pages that are there, and are moved
 * @used: only of units that were used before
 */
struct wanted {
	size_t units;
	size_t align;
	size_t blocks;
	unsigned int shelf;
	size_t moved;
	bool used;
};

struct span *pages_span(struct spans *spans, const struct wanted *wanted);
void pages_put(struct spans *spans, struct span *span, bool dirty);
bool pages_extend(struct spans *spans, struct span *span, size_t units);
void pages_cut(struct spans *spans, struct span *span, size_t units);
void pages_seal(struct spans *spans);
void pages_unseal(struct spans *spans);
void pages_close(struct spans *spans);
size_t pages_trim(struct spans *spans, size_t pad);

bool grow_chunk(struct spans *spans, size_t units);
size_t grow_release(struct spans *spans);
struct span *run_find(struct spans *spans, enum run_kind kind, size_t units,
		      size_t align);
size_t run_gap(const struct span *run, size_t align);
void run_add(struct spans *spans, struct span *run);
void run_remove(struct spans *spans, struct span *run);
enum run_kind run_kind(const struct spans *spans, const struct span *run);
void run_settle(struct spans *spans, struct span *run);
bool run_clean(struct spans *spans, struct span *run);

size_t purge_until(struct spans *spans, size_t keep);
void purge_most(struct spans *spans);
void purge_ahead(struct spans *spans, size_t units);

#endif
