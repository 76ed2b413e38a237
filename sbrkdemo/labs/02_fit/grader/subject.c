// SPDX-License-Identifier: MIT
/*
 * subject.c - calls the student's allocator, and runs traces with it and with
 * the allocator core, in turn, to compare how long they take.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "alloc/alloc.h"
#include "exam/exam.h"
#include "../fit.h"
#include "ops.h"

#define ROUNDS 9 /* the fastest counts: others were disturbed */

static _Alignas(64) char buffer[BUFFER], other[BUFFER];
static struct op ops[OPS];
static void *blocks[IDS];
static struct heap *heap;

static bool load(void)
{
	int fd = open(TRACE_FILE, O_RDONLY);
	bool ok = fd >= 0 && read(fd, ops, sizeof(ops)) == sizeof(ops);

	close(fd);
	return ok;
}

/* A block holds its number until it is freed: then it was nobody else's. */
static bool put(void *block, uint32_t id)
{
	blocks[id] = block;
	if (block)
		*(uint32_t *)block = id;
	return block;
}

static void *get(uint32_t id)
{
	return *(uint32_t *)blocks[id] == id ? blocks[id] : NULL;
}

/*
 * Return: how much of the buffer it reached; -1 when a block was refused, -2
 * when two shared a byte, -4 when one was not in the buffer.
 */
static int64_t run_student(enum fit_policy policy)
{
	char *top = buffer, *block;

	fit_open(buffer, sizeof(buffer), policy);
	for (size_t i = 0; i < OPS; i++) {
		if (!ops[i].size) {
			block = get(ops[i].id);
			if (!block)
				return -2;
			fit_free(block);
			continue;
		}
		block = fit_malloc(ops[i].size);
		if (!put(block, ops[i].id))
			return -1;
		if (block < buffer ||
		    block + ops[i].size > buffer + sizeof(buffer))
			return -4;
		if (block + ops[i].size > top)
			top = block + ops[i].size;
	}
	return top - buffer;
}

static void run_core(void)
{
	for (size_t i = 0; i < OPS; i++) {
		if (ops[i].size)
			put(heap_malloc(heap, ops[i].size), ops[i].id);
		else
			heap_free(heap, get(ops[i].id));
	}
}

/* No function that could be replaced by one of the same name. */
static uint64_t ticks(void)
{
#ifdef __x86_64__
	return __builtin_ia32_rdtsc();
#else
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
#endif
}

static void compare(enum fit_policy policy, struct exam_answer *a)
{
	struct heap_config config = { .policy = HEAP_FIRST,
				      .backend = HEAP_FIXED,
				      .buffer = other,
				      .buffer_size = sizeof(other) };
	uint64_t begin, took;

	a->more[0] = UINT64_MAX;
	a->more[1] = UINT64_MAX;
	if (heap_open(&config, &heap)) {
		a->value = -1;
		return;
	}
	for (int i = 0; i < ROUNDS && a->value >= 0; i++) {
		begin = ticks();
		run_core();
		took = ticks() - begin;
		if (took < a->more[1])
			a->more[1] = took;
		begin = ticks();
		a->value = run_student(policy);
		took = ticks() - begin;
		if (took < a->more[0])
			a->more[0] = took;
	}
}

static void answer(const struct exam_ask *ask, struct exam_answer *a)
{
	const uint64_t *arg = ask->arg;

	switch (ask->op) {
	case ASK_OPEN:
		fit_open(buffer, arg[0], (enum fit_policy)arg[1]);
		a->value = (int64_t)buffer;
		break;
	case ASK_MALLOC:
		a->value = (int64_t)fit_malloc(arg[0]);
		break;
	case ASK_FREE:
		fit_free((void *)arg[0]);
		break;
	case ASK_RUN:
		a->value = load() ? run_student((enum fit_policy)arg[0]) : -3;
		break;
	case ASK_TIME:
		a->value = load() ? 0 : -3;
		if (!a->value)
			compare((enum fit_policy)arg[0], a);
		break;
	}
	a->error = errno;
	/* So that nobody changes the trace for an easier one. */
	a->more[3] = exam_sum(ops, sizeof(ops));
}

int main(void)
{
	return exam_serve(answer);
}
