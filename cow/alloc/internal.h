/* SPDX-License-Identifier: MIT */
/*
 * What the files of the allocator core share: the layout of a block, the table
 * of regions, and the interfaces of lock, back end, index, policy and engine.
 *
 * A region is a contiguous piece of memory, known in a table that lies outside
 * of it.  Blocks fill it without a gap:
 *
 *	region start
 *	|pad|head|payload ......|head|left right largest count ... |size|head|..
 *	    ^block (used)       ^block (free)                       ^footer
 *
 * The head of a block is one word: its size, whether it is used, whether the
 * block before it is free, how many bytes at its end nobody asked for, and a
 * checksum.  Only a free block has a footer, its size again, by which the block
 * behind finds its start; and only one that is not the last of its region, so
 * that fresh memory at the top stays untouched.
 */
#ifndef COW_ALLOC_INTERNAL_H
#define COW_ALLOC_INTERNAL_H

#include "alloc.h"
#include "lock.h"

#include <stdatomic.h>

/* block.c: the layout of one block */

#define HEAD_BYTES sizeof(uint64_t)

/* No request beyond this can succeed, and sums below it don't wrap. */
#define HEAP_MOST ((size_t)1 << 43)

struct block {
	uint64_t head;
};

/* What a free block holds, between its head and its footer. */
struct free_block {
	struct block block;
	struct free_block *left;
	struct free_block *right;
	size_t largest;
	size_t count;
	uint64_t order; /* only in a heap that lists the last freed first */
};

/* What a head says. */
struct head {
	size_t size;
	bool used;
	bool before_is_free;
	unsigned int slack;
};

void block_seal(const struct heap *heap, struct block *block, struct head head);
bool block_intact(const struct heap *heap, const struct block *block);
struct head block_head(const struct block *block);
uint64_t block_mix(uint64_t word);

static inline size_t block_size(const struct block *block)
{
	return block->head & 0xffffffffff0;
}

static inline bool block_used(const struct block *block)
{
	return block->head & 1;
}

static inline struct block *block_end(const struct block *block)
{
	return (struct block *)((char *)block + block_size(block));
}

static inline void *block_payload(const struct block *block)
{
	return (char *)block + HEAD_BYTES;
}

static inline struct block *block_of(const void *payload)
{
	return (struct block *)((char *)payload - HEAD_BYTES);
}

static inline size_t *block_footer(const struct block *block)
{
	return (size_t *)block_end(block) - 1;
}

/* backend.c: where memory comes from */

/**
 * struct backend - one source of memory
 * @name: for people
 * @extends: what it gives may continue what it gave before
 * @zeroed: what it gives is zero, from the first page boundary on
 * @take: get at least *@bytes, and say in *@bytes how many; NULL when refused
 * @give: give a range back, whole pages; 0 or -errno
 * @resize: change the size of a range that is all there is of a region, and
 *	move it if need be; NULL when refused; the member is NULL if it can't
 */
struct backend {
	const char *name;
	bool extends;
	bool zeroed;
	void *(*take)(struct heap *heap, size_t *bytes);
	int (*give)(struct heap *heap, void *start, size_t bytes);
	void *(*resize)(struct heap *heap, void *start, size_t from, size_t to);
};

extern const struct backend backend_brk;
extern const struct backend backend_mmap;
extern const struct backend backend_fixed;

/* Which source serves what: ordinary blocks, then if it fails, large blocks. */
struct supply {
	const struct backend *first;
	const struct backend *second;
	const struct backend *large;
};

extern const struct supply supplies[HEAP_BACKENDS];

bool backend_refuses(struct heap *heap);
void backend_count_taken(struct heap *heap, size_t bytes);
void backend_count_given(struct heap *heap, size_t bytes);
void *backend_take(struct heap *heap, const struct backend *backend,
		   size_t *bytes);
int backend_give(struct heap *heap, const struct backend *backend, void *start,
		 size_t bytes);
void *backend_resize(struct heap *heap, const struct backend *backend,
		     void *start, size_t from, size_t to);
size_t heap_page_size(void);
size_t heap_page_up(size_t bytes);

/* region.c: the table of what is held */

/**
 * struct region - contiguous memory, filled with blocks
 * @start: first byte
 * @end: behind the last byte
 * @first: the first block
 * @last: the last block
 * @fresh: from here to @end nobody wrote since the kernel zeroed it, but for
 *	the head and links of a free block that begins here
 * @backend: where it came from
 * @own: it holds one block, which has it to itself
 * @requested: if @own, the bytes asked for
 */
struct region {
	char *start;
	char *end;
	struct block *first;
	struct block *last;
	char *fresh;
	const struct backend *backend;
	bool own;
	size_t requested;
};

/* Blocks leave a word at each end of a region, for the alignment's sake. */
static inline struct block *region_limit(const struct region *region)
{
	return (struct block *)(region->end - HEAD_BYTES);
}

int region_reserve(struct heap *heap);
struct region *region_find(struct heap *heap, const void *address);
struct region *region_add(struct heap *heap, const struct region *region);
void region_drop(struct heap *heap, struct region *region);

/* index.c: the free blocks, in the order of the policy */

struct index {
	struct free_block *root;
	bool by_size; /* smallest first; else as listed */
	bool lifo; /* listed last freed first; else by address */
	uint64_t order;
};

void index_insert(struct index *index, struct free_block *block);
int index_remove(struct index *index, struct free_block *block);
size_t index_rank(const struct index *index, const struct free_block *block);
const struct free_block *index_at(const struct index *index, size_t rank);
const struct free_block *index_check(const struct index *index);

static inline size_t index_count(const struct free_block *tree)
{
	return tree ? tree->count : 0;
}

static inline size_t index_largest(const struct free_block *tree)
{
	return tree ? tree->largest : 0;
}

/* fit_*.c: the policies */

/* Where next fit goes on: behind this place of the list. */
struct cursor {
	uintptr_t address;
	uint64_t order;
};

/* What a search cost: list entries, and index nodes. */
struct search {
	size_t examined;
	size_t steps;
};

/**
 * struct fit - one policy
 * @by_size: it wants the index in the order of sizes
 * @find: the free block that serves a block of @need bytes; NULL if none can
 */
struct fit {
	bool by_size;
	struct free_block *(*find)(const struct heap *heap, size_t need,
				   struct search *search);
};

extern const struct fit fit_first;
extern const struct fit fit_next;
extern const struct fit fit_best;
extern const struct fit fit_worst;

struct free_block *fit_leftmost(struct free_block *tree, size_t need,
				struct search *search);

/* misuse.c: a wrong pointer, found out and reported */

enum misuse {
	MISUSE_FOREIGN = 1,
	MISUSE_INTERIOR,
	MISUSE_DOUBLE_FREE,
	MISUSE_OVERWRITTEN,
	MISUSE_OVERRUN,
	MISUSE_FREE_WRITTEN,
	MISUSE_REENTERED,
	MISUSES
};

enum misuse misuse_diagnose(struct heap *heap, const void *payload);
void misuse_report(const struct heap *heap, enum misuse misuse,
		   const char *call, const void *address);

/**
 * struct engine - what an engine has to offer, called with the heap locked
 * @open: set up what it needs beyond struct heap; 0 or -ENOMEM
 * @close: give all memory back but struct heap
 * @alloc: a block of @size bytes at a multiple of @align, zeroed or not; NULL
 *	if memory ends
 * @free: end a block; 0, or what is wrong with the pointer
 * @usable: bytes of a block in *@bytes; 0, or what is wrong
 * @resize: change the size of a block where it is, or by moving its mapping;
 *	*@to is where it is now, NULL if it has to be copied; 0, or what is wrong
 * @trim: give back what is free at the end but for @pad bytes; bytes given
 * @owns: as heap_owns()
 * @walk: as heap_walk()
 * @check: as heap_check()
 * @stats: fill in what is known of blocks and regions
 */
struct engine {
	int (*open)(struct heap *heap);
	void (*close)(struct heap *heap);
	void *(*alloc)(struct heap *heap, size_t size, size_t align, bool zero);
	enum misuse (*free)(struct heap *heap, void *payload);
	enum misuse (*usable)(struct heap *heap, void *payload, size_t *bytes);
	enum misuse (*resize)(struct heap *heap, void *payload, size_t size,
			      void **to);
	size_t (*trim)(struct heap *heap, size_t pad);
	bool (*owns)(struct heap *heap, const void *ptr, size_t size);
	int (*walk)(struct heap *heap,
		    int (*visit)(const struct heap_block *block, void *arg),
		    void *arg);
	int (*check)(struct heap *heap, struct heap_fault *fault);
	void (*stats)(struct heap *heap, struct heap_stats *stats);
};

extern const struct engine engine_classic;
extern const struct engine engine_spans;

/* classic.c and classic_*.c: the textbook engine */

/* What a block becomes: where, of which size, for whom. */
struct cut {
	struct region *region;
	struct block *block;
	size_t size; /* bytes at hand */
	size_t need; /* bytes of them the block shall have */
	size_t requested; /* bytes the caller asked for */
	bool before_is_free;
};

int classic_open(struct heap *heap);
void classic_close(struct heap *heap);
size_t classic_block_bytes(const struct heap *heap, size_t size);
void classic_cut(struct heap *heap, const struct cut *cut);
void classic_make_free(struct heap *heap, struct region *region,
		       struct block *block, size_t size);
int classic_detach(struct heap *heap, struct block *block);
void classic_account(struct heap *heap, const struct region *region,
		     const struct block *block, int sign);
size_t classic_requested(const struct region *region,
			 const struct block *block);
enum misuse classic_lookup(struct heap *heap, const void *payload,
			   struct region **region);
struct region *classic_top(struct heap *heap, const struct backend *backend);
int classic_grow(struct heap *heap, size_t need);
bool classic_wants_own(const struct heap *heap, size_t size);
void *classic_own_alloc(struct heap *heap, size_t size, size_t align);
void *classic_own_resize(struct heap *heap, struct region *region, size_t size);
enum misuse classic_resize(struct heap *heap, void *payload, size_t size,
			   void **to);
void classic_give_region(struct heap *heap, struct region *region);
size_t classic_trim_region(struct heap *heap, struct region *region,
			   size_t pad);
size_t classic_trim(struct heap *heap, size_t pad);
int classic_walk(struct heap *heap,
		 int (*visit)(const struct heap_block *block, void *arg),
		 void *arg);
int classic_check(struct heap *heap, struct heap_fault *fault);
bool classic_owns(struct heap *heap, const void *ptr, size_t size);
void classic_stats(struct heap *heap, struct heap_stats *stats);

/* heap.c: the heap itself */

struct heap {
	struct lock lock;
	const struct engine *engine;
	const struct fit *fit;
	const struct supply *supply;
	struct heap_config config;
	uint64_t secret;
	size_t least; /* smallest block, in bytes */
	struct index index;
	struct cursor cursor;
	struct search cost; /* of the search at hand */
	struct region *regions;
	size_t region_count;
	size_t region_room;
	size_t region_hint;
	size_t refuse_left;
	const void *broken; /* a free block found written over by alloc */
	bool buffer_taken;
	struct heap_stats stats;
	struct spans *spans; /* the spans engine's own */
};

/* fork.c: every heap and pool stays usable on both sides of a fork */

void fork_register(struct lock *lock);
void fork_forget(struct lock *lock);

#endif
