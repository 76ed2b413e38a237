/* SPDX-License-Identifier: MIT */
/*
 * The allocator core: who hands out the bytes.
 *
 * A heap takes memory from the kernel through a back end (the program break,
 * anonymous mappings, both, or a buffer of the caller's), cuts it into blocks
 * and chooses among the free ones by a policy.  heap_open() makes as many
 * independent heaps as one likes; the preload library serves malloc() and its
 * family from one of them.  Every number about fragmentation is measured.
 *
 * Functions return 0 or -errno, or a pointer or NULL with errno set.
 *
 * Programs include this file; its parts stand in one header each.
 */
#ifndef COW_ALLOC_ALLOC_H
#define COW_ALLOC_ALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "look.h"
#include "pool.h"
#include "trace.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The alignment of every block, in bytes: that of max_align_t on 64 bits. */
#define HEAP_ALIGN 16

enum heap_engine { HEAP_CLASSIC, HEAP_SPANS, HEAP_ENGINES };

enum heap_policy {
	HEAP_FIRST,
	HEAP_NEXT,
	HEAP_BEST,
	HEAP_WORST,
	HEAP_POLICIES
};

enum heap_backend { HEAP_AUTO, HEAP_BRK, HEAP_MMAP, HEAP_FIXED, HEAP_BACKENDS };

enum heap_order { HEAP_BY_ADDRESS, HEAP_LIFO, HEAP_ORDERS };

/* When spans that a fork made shared may hand out blocks again. */
enum heap_seal {
	HEAP_SEAL_AUTO, /* when nobody shares them, or the budget is spent */
	HEAP_SEAL_BUDGET, /* when the budget is spent: /proc is not looked at */
	HEAP_SEAL_ALWAYS, /* when nobody shares them, however long that is */
	HEAP_SEAL_OFF, /* at once: a fork changes nothing */
	HEAP_SEALS
};

/* Transparent huge pages: as the system does it, asked for, or refused. */
enum heap_thp { HEAP_THP_SYSTEM, HEAP_THP_ON, HEAP_THP_OFF, HEAP_THPS };

/* What to do about a wrong pointer: say it and abort, say it, or neither. */
enum heap_on_misuse { HEAP_ABORT, HEAP_REPORT, HEAP_QUIET, HEAP_ON_MISUSES };

/**
 * struct heap_config - what kind of heap to open; all zero is the default
 * @engine: HEAP_CLASSIC, boundary tags over a searchable set of free blocks;
 *	or HEAP_SPANS, size classes with all state out of line, which after a
 *	fork un-shares next to nothing.  It has one way to choose a block and
 *	maps its memory: @policy, @backend and @order must be 0
 * @policy: which free block serves a request
 * @backend: where memory comes from
 * @order: how the free blocks are listed: by address, or last freed first
 * @on_misuse: what follows a double free or a wrong pointer
 * @threshold: bytes from which a block gets a mapping of its own (auto, mmap);
 *	0 is 128 KiB for auto, as C libraries have it, and @chunk for mmap
 * @grow: least bytes taken from the break at a time; 0 is 128 KiB
 * @chunk: bytes of a mapping that small blocks share; 0 is 1 MiB
 * @trim: free bytes at the top of the break, beyond @grow, that are given back
 *	by themselves; 0 is 128 KiB
 * @refuse: number of the back-end call that is refused, counted from 1, as a
 *	kernel short of memory would; 0 is none
 * @seal: of HEAP_SPANS, what ends the sealing of inherited spans after a fork
 * @budget: of HEAP_SPANS, how much memory may be taken beside free inherited
 *	blocks until sealing ends, in percent of the heap at the fork; 0 is 25
 * @thp: of HEAP_SPANS, transparent huge pages
 * @stats: the preload library says at exit, on standard error, what it did
 * @buffer: the memory of HEAP_FIXED; unused otherwise
 * @buffer_size: bytes of @buffer
 */
struct heap_config {
	enum heap_engine engine;
	enum heap_policy policy;
	enum heap_backend backend;
	enum heap_order order;
	enum heap_on_misuse on_misuse;
	size_t threshold;
	size_t grow;
	size_t chunk;
	size_t trim;
	size_t refuse;
	enum heap_seal seal;
	size_t budget;
	enum heap_thp thp;
	bool stats;
	void *buffer;
	size_t buffer_size;
};

struct heap;

/**
 * heap_config_parse() - read a configuration such as "policy=best,backend=mmap"
 * @text: comma-separated key=value pairs: engine=classic|spans,
 *	policy=first|next|best|worst, backend=auto|brk|mmap, order=address|lifo,
 *	misuse=abort|report|quiet, threshold, grow, chunk, trim (bytes, with K,
 *	M or G), refuse (a count), seal=auto|budget|always|off, budget (percent),
 *	thp=system|on|off and stats=off|exit; numbers from 1 on.  A key that only
 *	one engine knows chooses it, as engine= does
 * @config: what is named is changed, the rest kept
 * @bad: on failure points at the first pair that is wrong; may be NULL
 *
 * Return: 0, -EINVAL for a pair that is not understood, or -ENOTSUP for one that
 * is not of the engine that an earlier one chose.
 */
int heap_config_parse(const char *text, struct heap_config *config,
		      const char **bad);

/**
 * heap_policy_name() - the word a configuration uses for a policy
 * @policy: the policy
 *
 * Return: a constant string, NULL for no policy.
 */
const char *heap_policy_name(enum heap_policy policy);

/**
 * heap_backend_name() - the word a configuration uses for a back end
 * @backend: the back end
 *
 * Return: a constant string, NULL for no back end.
 */
const char *heap_backend_name(enum heap_backend backend);

/**
 * heap_serve_threads() - make a heap the one that serves the process
 * @heap: a heap; of the spans engine, or nothing happens
 *
 * Its threads get caches, so that the common malloc() takes no lock.  Once a
 * process.
 */
void heap_serve_threads(struct heap *heap);

/**
 * heap_open() - make a heap of its own
 * @config: what kind; NULL is the default kind
 * @heap: where to put the handle
 *
 * Its bookkeeping lives in a mapping of its own.  No block memory is taken
 * before the first request.
 *
 * Return: 0, -EINVAL for a configuration that makes no sense, -ENOMEM.
 */
int heap_open(const struct heap_config *config, struct heap **heap);

/**
 * heap_close() - give all memory of a heap back
 * @heap: the heap, or NULL; no block of it may be used afterwards
 *
 * Memory below a break that someone else moved can't be given back and stays.
 */
void heap_close(struct heap *heap);

/**
 * heap_malloc() - get a block
 * @heap: the heap
 * @size: bytes; 0 gives a block as well, of the smallest kind
 *
 * Return: memory aligned to HEAP_ALIGN, or NULL with errno ENOMEM.
 */
void *heap_malloc(struct heap *heap, size_t size);

/**
 * heap_calloc() - get a block of zeros
 * @heap: the heap
 * @count: number of elements
 * @size: bytes of one
 *
 * Memory that comes straight from the kernel is zero already and is not
 * touched; a recycled block is cleared.
 *
 * Return: the block, or NULL with errno ENOMEM, also when @count * @size wraps.
 */
void *heap_calloc(struct heap *heap, size_t count, size_t size);

/**
 * heap_realloc() - change the size of a block
 * @heap: the heap
 * @ptr: a block, or NULL for heap_malloc()
 * @size: new bytes
 *
 * Grows in place when the block behind is free, by mremap(2) when the block has
 * a mapping of its own, and else moves.  C leaves @size 0 to the library (C23:
 * undefined); here, as in the GNU library, it frees @ptr and returns NULL with
 * errno as it was.
 *
 * Return: the block, or NULL with errno ENOMEM and @ptr as it was; NULL with
 * EINVAL when @ptr is no block and misuse is not fatal.
 */
void *heap_realloc(struct heap *heap, void *ptr, size_t size);

/**
 * heap_memalign() - get a block at a multiple of an alignment
 * @heap: the heap
 * @align: a power of two, in bytes
 * @size: bytes
 *
 * Return: the block, or NULL with errno EINVAL (@align) or ENOMEM.
 */
void *heap_memalign(struct heap *heap, size_t align, size_t size);

/**
 * heap_free() - end a block
 * @heap: the heap
 * @ptr: a block, or NULL for nothing; errno is left as it was
 *
 * Return: 0, or -EINVAL when @ptr is no block and misuse is not fatal.
 */
int heap_free(struct heap *heap, void *ptr);

/**
 * heap_or_libc_malloc() - heap_malloc(), or the C library's malloc()
 * @heap: the heap, or NULL for the C library
 * @size: bytes
 *
 * Return: the block, or NULL with errno.
 */
void *heap_or_libc_malloc(struct heap *heap, size_t size);

/**
 * heap_or_libc_calloc() - heap_calloc(), or the C library's calloc()
 * @heap: the heap, or NULL for the C library
 * @count: how many
 * @size: bytes of each
 *
 * Return: the block, or NULL with errno.
 */
void *heap_or_libc_calloc(struct heap *heap, size_t count, size_t size);

/**
 * heap_or_libc_realloc() - heap_realloc(), or the C library's realloc()
 * @heap: the heap, or NULL for the C library
 * @ptr: a block of it, or NULL
 * @size: bytes
 *
 * Return: the block, or NULL with errno.
 */
void *heap_or_libc_realloc(struct heap *heap, void *ptr, size_t size);

/**
 * heap_or_libc_free() - heap_free(), or the C library's free()
 * @heap: the heap, or NULL for the C library
 * @ptr: a block of it, or NULL
 */
void heap_or_libc_free(struct heap *heap, void *ptr);

/**
 * heap_usable_size() - how many bytes a block really has
 * @heap: the heap
 * @ptr: a block, or NULL
 *
 * Return: bytes, at least what was asked for; 0 for NULL and for no block.
 */
size_t heap_usable_size(struct heap *heap, void *ptr);

/**
 * heap_trim() - give free memory back to the kernel
 * @heap: the heap
 * @pad: bytes to keep
 *
 * The classic engine gives what is free at the end of the heap.  The spans
 * engine gives all pages on which no live block lies, of the calling thread and
 * of threads that have ended; @pad is for those of whole spans.
 *
 * Return: 1 when memory went back, 0 when there was none to give.
 */
int heap_trim(struct heap *heap, size_t pad);

/**
 * heap_owns() - does a range lie in memory of this heap
 * @heap: the heap
 * @ptr: first byte
 * @size: bytes
 *
 * Return: true when all of it lies in one region of the heap.
 */
bool heap_owns(struct heap *heap, const void *ptr, size_t size);

#ifdef __cplusplus
}
#endif

#endif
