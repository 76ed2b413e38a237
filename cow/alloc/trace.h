/* SPDX-License-Identifier: MIT */
/*
 * Allocation traces in the text format of the malloc labs: read, replayed
 * against a heap or the C library, and generated.
 *
 * Four header lines, one number each, then one operation a line: "a ID BYTES"
 * (malloc), "r ID BYTES" (realloc), "f ID" (free).  There are two vintages of
 * the header: suggested heap size, ids, operations, weight; or weight, ids,
 * operations, largest payload.
 */
#ifndef COW_ALLOC_TRACE_H
#define COW_ALLOC_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#ifdef __cplusplus
}
#endif

#endif

struct heap_config;

#define HEAP_TRACE_HEADER_LINES 4
/* A free or realloc of NULL. */
#define HEAP_TRACE_NULL UINT32_MAX

struct heap_trace_op {
	char kind; /* 'a', 'r' or 'f' */
	uint32_t slot; /* number of the id, in the order of appearance */
	size_t size;
};

/**
 * struct heap_trace - a trace in memory
 * @ops: the operations
 * @count: how many
 * @slots: how many different ids
 * @header: the header lines, 0 where missing
 * @weight: that of the header, in either vintage
 * @largest: largest payload asked for, in bytes
 * @peak: most bytes live at a time
 * @warnings: lines that are odd
 */
struct heap_trace {
	struct heap_trace_op *ops;
	size_t count;
	size_t slots;
	unsigned long long header[HEAP_TRACE_HEADER_LINES];
	unsigned long long weight;
	size_t largest;
	size_t peak;
	size_t warnings;
};

/**
 * heap_trace_read() - read a trace file, odd as it may be
 * @path: the file, or "-" for standard input
 * @warn: where to say what is odd, a line each; NULL for nowhere
 * @trace: filled in; the caller ends it by heap_trace_end()
 *
 * Return: 0, or -errno when the file can't be read or memory ends; -ENODATA when
 * there is no operation in it, -EBADMSG when there are fewer than other lines.
 */
int heap_trace_read(const char *path, FILE *warn, struct heap_trace *trace);

/**
 * heap_trace_why() - why a trace could not be read, in words
 * @err: what heap_trace_read() returned
 *
 * Return: a string that is not the caller's.
 */
const char *heap_trace_why(int err);

/**
 * heap_trace_end() - give the memory of a trace back
 * @trace: the trace
 */
void heap_trace_end(struct heap_trace *trace);

/**
 * struct heap_trace_result - what a replay found
 * @valid: the allocator did nothing wrong
 * @why: what it did wrong, if it did
 * @at: at which operation, from 0
 * @peak_heap: most bytes it held
 * @seconds: time of the operations alone
 * @searches: searches for a free block, 0 if the allocator doesn't say
 * @examined: list entries they would have looked at
 * @steps: index nodes they looked at
 * @faults: page faults of a run that touches every page of every block
 */
struct heap_trace_result {
	bool valid;
	char why[120];
	size_t at;
	size_t peak_heap;
	double seconds;
	uint64_t searches;
	uint64_t examined;
	uint64_t steps;
	uint64_t faults;
};

/**
 * heap_trace_replay() - run a trace in child processes and check it as a grader does
 * @trace: the trace
 * @config: the heap to run it on; NULL is the C library
 * @result: filled in
 *
 * Three runs: one checks every block (aligned, inside the heap, apart from all
 * others, contents kept across realloc and until freed), one is timed, one
 * touches every page and counts faults.  An allocator that crashes takes its
 * own process down only.
 *
 * Return: 0, or -errno when a child, its memory or such a heap can't be had.
 */
int heap_trace_replay(const struct heap_trace *trace,
		      const struct heap_config *config,
		      struct heap_trace_result *result);

#ifdef __cplusplus
}
#endif

#endif
