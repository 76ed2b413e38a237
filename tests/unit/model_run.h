/* SPDX-License-Identifier: MIT */
/* The model for a test: a machine made anew, and operations on it. */
#ifndef TESTS_UNIT_MODEL_RUN_H
#define TESTS_UNIT_MODEL_RUN_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

#define RW (MM_VM_READ | MM_VM_WRITE)

static struct mm *mm;
static struct mm_result result;
static char reasons[4096];

static inline void listen(void *arg, const char *text)
{
	size_t used = strlen(reasons);

	snprintf(reasons + used, sizeof(reasons) - used, "%s\n", text);
}

static inline int set_up(void **state)
{
	if (!mm)
		mm = malloc(sizeof(*mm));
	if (!mm)
		return -1;
	mm_init(mm, &(struct mm_machine){ .around = 16 });
	mm->why = listen;
	*reasons = '\0';
	return 0;
}

static inline int tear_down(void **state)
{
	free(mm);
	mm = NULL;
	return 0;
}

static inline void run(struct mm_op op)
{
	mm_do(mm, &op, &result);
}

static inline void map(int proc, int start, int pages, unsigned int flags,
		       int file)
{
	struct mm_op op = { .kind = MM_OP_MMAP, .proc = proc };

	op.start = start;
	op.pages = pages;
	op.flags = flags;
	op.file = file;
	run(op);
}

static inline int touch(enum mm_op_kind kind, int proc, int start, int pages)
{
	struct mm_op op = { .kind = kind, .proc = proc, .value = 'x' };

	op.start = start;
	op.pages = pages;
	run(op);
	return result.rusage;
}

static inline void do_fork(int proc, int child)
{
	struct mm_op op = { .kind = MM_OP_FORK, .proc = proc, .child = child };

	run(op);
}

static inline void all_touches(enum mm_kind kind)
{
	for (int i = 0; i < result.touches; i++)
		assert_int_equal(result.touch[i].kind, kind);
}

static inline void advise(int proc, int start, int pages, enum mm_advice advice)
{
	struct mm_op op = { .kind = MM_OP_MADVISE, .proc = proc };

	op.start = start;
	op.pages = pages;
	op.advice = advice;
	run(op);
}

#endif
