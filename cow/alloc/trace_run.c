// SPDX-License-Identifier: MIT
/*
 * Replaying a trace: each run in a process of its own, so that one allocator's
 * memory, faults and crashes are not another's.
 */
#include "compiler.h"
#include "alloc.h"

#include <errno.h>
#include <malloc.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A block of the allocator under test. */
struct shadow {
	unsigned char *start;
	size_t size;
	size_t extent; /* at least 1: a block of no bytes has an address too */
	unsigned char fill;
};

/* One run. */
struct run {
	const struct heap_trace *trace;
	struct heap *heap; /* NULL for the C library */
	struct heap_trace_result *result;
	size_t at;
	void **blocks; /* one a slot */
	size_t *sizes;
	/* only where it is checked */
	struct shadow **shadows; /* one a slot */
	void *tree; /* of shadows, by address */
	size_t mapped; /* bytes of the C library's own mappings */
	char *first_break;
};

static void *get(struct run *run, size_t size)
{
	return run->heap ? heap_malloc(run->heap, size) : malloc(size);
}

static void put(struct run *run, void *block)
{
	if (run->heap)
		heap_free(run->heap, block);
	else
		free(block);
}

static void *resize(struct run *run, void *block, size_t size)
{
	if (run->heap)
		return heap_realloc(run->heap, block, size);
	return realloc(block, size);
}

static __printf(2, 3) bool wrong(struct run *run, const char *format, ...)
{
	struct heap_trace_result *result = run->result;
	va_list args;

	va_start(args, format);
	vsnprintf(result->why, sizeof(result->why), format, args);
	va_end(args);
	result->at = run->at;
	result->valid = false;
	return false;
}

/* Orders blocks by address; such as overlap are equal, so a search finds it. */
static int apart(const void *left, const void *right)
{
	const struct shadow *a = left;
	const struct shadow *b = right;

	if (a->start + a->extent <= b->start)
		return -1;
	return b->start + b->extent <= a->start;
}

static void remember(struct run *run, uint32_t slot, void *block, size_t size)
{
	run->blocks[slot] = block;
	run->sizes[slot] = size;
}

static bool check_place(struct run *run, struct shadow *shadow)
{
	struct shadow **same;

	if ((uintptr_t)shadow->start % HEAP_ALIGN)
		return wrong(run, "%p is not aligned", (void *)shadow->start);
	if (run->heap && !heap_owns(run->heap, shadow->start, shadow->size))
		return wrong(run, "%p is not inside the heap",
			     (void *)shadow->start);
	same = tsearch(shadow, &run->tree, apart);
	if (!same)
		return wrong(run, "no memory for the check");
	if (*same != shadow)
		return wrong(run, "%p overlaps another block",
			     (void *)shadow->start);
	return true;
}

/* Puts a block under watch, filled with bytes by which it will be known. */
static bool watch(struct run *run, uint32_t slot)
{
	struct shadow *shadow = malloc(sizeof(*shadow));

	if (!shadow)
		return wrong(run, "no memory for the check");
	*shadow = (struct shadow){
		.start = run->blocks[slot],
		.size = run->sizes[slot],
		.extent = run->sizes[slot] ? run->sizes[slot] : 1,
		.fill = (unsigned char)(slot * 37 + run->at * 101 + 1),
	};
	run->shadows[slot] = shadow;
	if (!check_place(run, shadow))
		return false;
	memset(shadow->start, shadow->fill, shadow->size);
	return true;
}

static bool kept(struct run *run, const unsigned char *start, size_t size,
		 unsigned char fill)
{
	/* All bytes equal the first: each equals its neighbour. */
	if (!size || (*start == fill && !memcmp(start, start + 1, size - 1)))
		return true;
	return wrong(run, "the contents of %p changed", (const void *)start);
}

static void unwatch(struct run *run, struct shadow *shadow)
{
	tdelete(shadow, &run->tree, apart);
	free(shadow);
}

static bool check_free(struct run *run, uint32_t slot)
{
	struct shadow *shadow = run->shadows[slot];

	run->shadows[slot] = NULL;
	if (!shadow)
		return true;
	if (!kept(run, shadow->start, shadow->size, shadow->fill))
		return false;
	unwatch(run, shadow);
	return true;
}

static bool checked_alloc(struct run *run, const struct heap_trace_op *op)
{
	void *block = get(run, op->size);

	if (!block)
		return wrong(run, "no memory for %zu bytes", op->size);
	remember(run, op->slot, block, op->size);
	return watch(run, op->slot);
}

static bool checked_free(struct run *run, const struct heap_trace_op *op)
{
	if (op->slot == HEAP_TRACE_NULL) {
		put(run, NULL);
		return true;
	}
	if (!check_free(run, op->slot))
		return false;
	put(run, run->blocks[op->slot]);
	remember(run, op->slot, NULL, 0);
	return true;
}

static bool checked_resize(struct run *run, const struct heap_trace_op *op)
{
	struct shadow *old = run->shadows[op->slot];
	size_t common = run->sizes[op->slot];
	unsigned char fill = old ? old->fill : 0;
	void *block;

	if (!old && !op->size)
		return checked_alloc(run, op);
	if (!check_free(run, op->slot))
		return false;
	block = resize(run, run->blocks[op->slot], op->size);
	if (!block && op->size)
		return wrong(run, "no memory for %zu bytes", op->size);
	remember(run, op->slot, block, op->size);
	if (!block)
		return true;
	if (common > op->size)
		common = op->size;
	if (old && !kept(run, block, common, fill))
		return false;
	return watch(run, op->slot);
}

static void run_checked(struct run *run)
{
	const struct heap_trace *trace = run->trace;
	struct heap_fault fault;

	for (run->at = 0; run->at < trace->count; run->at++) {
		const struct heap_trace_op *op = &trace->ops[run->at];
		bool fine;

		if (op->kind == 'a')
			fine = checked_alloc(run, op);
		else if (op->kind == 'r')
			fine = checked_resize(run, op);
		else
			fine = checked_free(run, op);
		if (!fine)
			return;
	}
	if (run->heap && heap_check(run->heap, &fault))
		wrong(run, "the heap is broken: not '%s'", fault.invariant);
}

/* What the C library holds is not asked for but watched from outside. */
static void watch_library(struct run *run, void *block, int sign)
{
	size_t held;

	if (run->heap)
		return;
	if (block && ((char *)block < run->first_break ||
		      (char *)block >= (char *)sbrk(0)))
		run->mapped += (size_t)sign * malloc_usable_size(block);
	held = (size_t)((char *)sbrk(0) - run->first_break) + run->mapped;
	if (held > run->result->peak_heap)
		run->result->peak_heap = held;
}

static void touch(const struct run *run, uint32_t slot)
{
	char *block = run->blocks[slot];
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t i;

	for (i = 0; i < run->sizes[slot]; i += page)
		__atomic_store_n(block + i, 1, __ATOMIC_RELAXED);
	if (run->sizes[slot])
		__atomic_store_n(block + run->sizes[slot] - 1, 1,
				 __ATOMIC_RELAXED);
}

static void plain_op(struct run *run, const struct heap_trace_op *op)
{
	void **block;

	if (op->slot == HEAP_TRACE_NULL) {
		put(run, NULL);
		return;
	}
	block = &run->blocks[op->slot];
	if (op->kind == 'a')
		*block = get(run, op->size);
	else if (op->kind == 'r')
		*block = resize(run, *block, op->size);
	if (op->kind != 'f')
		return;
	put(run, *block);
	*block = NULL;
}

static void run_timed(struct run *run)
{
	struct timespec from, to;
	size_t i;

	clock_gettime(CLOCK_MONOTONIC, &from);
	for (i = 0; i < run->trace->count; i++)
		plain_op(run, &run->trace->ops[i]);
	clock_gettime(CLOCK_MONOTONIC, &to);
	run->result->seconds = (double)(to.tv_sec - from.tv_sec) +
			       (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

static void run_touching(struct run *run)
{
	struct rusage before, after;
	size_t i;

	getrusage(RUSAGE_SELF, &before);
	for (i = 0; i < run->trace->count; i++) {
		const struct heap_trace_op *op = &run->trace->ops[i];
		bool named = op->slot != HEAP_TRACE_NULL;

		if (named && op->kind != 'a')
			watch_library(run, run->blocks[op->slot], -1);
		plain_op(run, op);
		if (!named || !run->blocks[op->slot])
			continue;
		watch_library(run, run->blocks[op->slot], 1);
		run->sizes[op->slot] = op->size;
		touch(run, op->slot);
	}
	getrusage(RUSAGE_SELF, &after);
	run->result->faults = (uint64_t)(after.ru_minflt - before.ru_minflt);
}

/* Memory that nobody's faults are counted for. */
static void *table(size_t count, size_t size)
{
	void *start = mmap(NULL, (count + 1) * size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	return start == MAP_FAILED ? NULL : start;
}

static void child(const struct heap_trace *trace,
		  const struct heap_config *config,
		  struct heap_trace_result *result,
		  void (*how)(struct run *run))
{
	struct run run = { .trace = trace, .result = result };
	struct heap_stats stats;
	int err;

	run.blocks = table(trace->slots, sizeof(*run.blocks));
	run.sizes = table(trace->slots, sizeof(*run.sizes));
	run.shadows = table(trace->slots, sizeof(*run.shadows));
	if (!run.blocks || !run.sizes || !run.shadows)
		_exit(ENOMEM);
	err = config ? heap_open(config, &run.heap) : 0;
	if (err)
		_exit(-err);
	run.first_break = sbrk(0);
	how(&run);
	if (run.heap) {
		heap_stats(run.heap, &stats);
		result->peak_heap = stats.peak_heap_bytes;
		result->searches = stats.searches;
		result->examined = stats.examined;
		result->steps = stats.steps;
	}
	_exit(0);
}

static int run_in_child(const struct heap_trace *trace,
			const struct heap_config *config,
			struct heap_trace_result *shared,
			void (*how)(struct run *run))
{
	pid_t pid;
	int status;

	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		child(trace, config, shared, how);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (WIFSIGNALED(status)) {
		shared->valid = false;
		snprintf(shared->why, sizeof(shared->why), "died of signal %d",
			 WTERMSIG(status));
		return 0;
	}
	return -WEXITSTATUS(status);
}

int heap_trace_replay(const struct heap_trace *trace,
		      const struct heap_config *config,
		      struct heap_trace_result *result)
{
	struct heap_trace_result *shared;
	int err;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return -errno;
	shared->valid = true;
	err = run_in_child(trace, config, shared, run_checked);
	if (!err && shared->valid)
		err = run_in_child(trace, config, shared, run_timed);
	if (!err && shared->valid)
		err = run_in_child(trace, config, shared, run_touching);
	*result = *shared;
	munmap(shared, sizeof(*shared));
	return err;
}
