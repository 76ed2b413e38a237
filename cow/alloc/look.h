/* SPDX-License-Identifier: MIT */
/*
 * Looking at a heap: its statistics, block by block, whether it is whole, and a
 * picture of it.
 */
#ifndef COW_ALLOC_LOOK_H
#define COW_ALLOC_LOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct heap;

/**
 * struct heap_stats - what a heap holds and what it did
 * @requested: bytes asked for in live blocks; the spans engine does not write
 *	them down, and says @usable
 * @usable: bytes those blocks really have
 * @free_bytes: bytes in free blocks, their headers included
 * @overhead: bytes that are neither usable nor free: headers and padding.
 *	@usable + @free_bytes + @overhead = @heap_bytes
 * @heap_bytes: bytes held from the back end
 * @peak_requested: highest @requested so far
 * @peak_heap_bytes: highest @heap_bytes so far
 * @largest_free: bytes of the largest free block
 * @used_blocks: live blocks
 * @free_blocks: free blocks
 * @regions: contiguous pieces of memory held
 * @internal: internal fragmentation, 1 - @requested / @usable (0 when nothing
 *	is live): the share of the handed out bytes that nobody asked for
 * @external: external fragmentation, 1 - @largest_free / @free_bytes (0 when
 *	nothing is free): the share of the free bytes that one request for as
 *	much as possible can't have
 * @mallocs: blocks handed out
 * @frees: blocks ended
 * @moves: reallocations that copied to another place
 * @searches: searches for a free block
 * @examined: free blocks a plain list in this order would have looked at in
 *	them; best and worst fit look at every one
 * @steps: nodes of the index that were looked at instead
 * @takes: back-end calls that took memory
 * @taken: bytes taken so
 * @gives: back-end calls that gave memory back
 * @given: bytes given so
 * @refused: back-end calls that failed
 * @forks: forks that sealed what was there (spans engine)
 * @sealed: inherited spans hand out nothing now
 * @ended_alone: times that this ended since nobody shared them any more
 * @ended_spent: times that it ended since the budget was spent
 * @charge: bytes taken beside free inherited blocks since nobody shared
 * @budget: how many may be
 * @minor_faults: of the whole process, getrusage(2)
 * @major_faults: of the whole process
 * @rss: resident bytes of the whole process, /proc/self/statm; 0 without /proc
 */
struct heap_stats {
	size_t requested;
	size_t usable;
	size_t free_bytes;
	size_t overhead;
	size_t heap_bytes;
	size_t peak_requested;
	size_t peak_heap_bytes;
	size_t largest_free;
	size_t used_blocks;
	size_t free_blocks;
	size_t regions;
	double internal;
	double external;
	uint64_t mallocs;
	uint64_t frees;
	uint64_t moves;
	uint64_t searches;
	uint64_t examined;
	uint64_t steps;
	uint64_t takes;
	uint64_t taken;
	uint64_t gives;
	uint64_t given;
	uint64_t refused;
	uint64_t forks;
	bool sealed;
	uint64_t ended_alone;
	uint64_t ended_spent;
	size_t charge;
	size_t budget;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t rss;
};

/**
 * heap_stats() - measure a heap
 * @heap: the heap
 * @stats: filled in
 */
void heap_stats(struct heap *heap, struct heap_stats *stats);

/**
 * struct heap_block - one block, as heap_walk() shows it
 * @region: number of its region, from 0, in the order of addresses
 * @start: its first byte, the header
 * @size: its bytes, the header included
 * @payload: what the caller of malloc() got, or would get
 * @requested: bytes asked for; 0 when free
 * @used: live, not free
 * @own_mapping: it has a mapping of its own
 */
struct heap_block {
	size_t region;
	const void *start;
	size_t size;
	void *payload;
	size_t requested;
	bool used;
	bool own_mapping;
};

/**
 * heap_walk() - visit every block in the order of addresses
 * @heap: the heap, which is locked meanwhile: @visit must not call into it
 * @visit: called with each block; a value other than 0 ends the walk
 * @arg: handed to @visit
 *
 * Return: 0, or what @visit returned, or -EUCLEAN where a broken header ends
 * the walk (heap_check() says which).
 */
int heap_walk(struct heap *heap,
	      int (*visit)(const struct heap_block *block, void *arg),
	      void *arg);

/**
 * struct heap_fault - the first thing wrong with a heap
 * @invariant: the sentence that does not hold, a constant
 * @address: the block or region where it does not
 */
struct heap_fault {
	const char *invariant;
	const void *address;
};

/**
 * heap_check() - go through the whole heap and hold it to its invariants
 * @heap: the heap
 * @fault: says what is wrong, on failure; may be NULL
 *
 * Return: 0, or -EUCLEAN.
 */
int heap_check(struct heap *heap, struct heap_fault *fault);

/**
 * heap_map() - draw a heap, one line a region, one character a slot
 * @heap: the heap
 * @slot: bytes a character stands for
 * @text: where to write; always ends in a NUL
 * @size: bytes of @text
 *
 * 'u' a slot all used, '_' all free, '+' some of both, 'M' a mapping of its
 * own (drawn once, not in its length).
 *
 * Return: characters that the whole picture needs, as snprintf(3) does, or
 * -EUCLEAN.
 */
int heap_map(struct heap *heap, size_t slot, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
