/* SPDX-License-Identifier: MIT */
/* internal.h - what the examiner's files share. */
#ifndef COW_EXAM_INTERNAL_H
#define COW_EXAM_INTERNAL_H

#include <limits.h>
#include <setjmp.h>

#include "exam.h"

#define TEXT 512

/* What came of one test: the first of them is whether it could be built. */
struct result {
	const char *name;
	const char *what;
	const char *look;
	unsigned int points;
	unsigned int of;
	bool skipped; /* why: seen */
	char did[TEXT];
	char expected[TEXT];
	char seen[TEXT];
	char hint[TEXT]; /* where to look, if the test's own is too general */
};

/*
 * The subject: the sandbox's process, and three pipes. The last is the
 * sandbox's alone, so what it tells can't come from the subject.
 */
struct subject {
	pid_t sandbox;
	int to;
	int from;
	int report;
	char heard[8192]; /* what the sandbox told */
	size_t nheard;
};

enum manner { AS_TEXT, AS_TAP, AS_JSON, AS_CSV };

struct exam {
	const struct exam_lab *lab;
	const char *sandbox;
	const char *program; /* NULL: it could not be built */
	const char *paper;
	const char *log; /* of the compiler */
	const char *only; /* this test alone */
	uint64_t seed;
	uint64_t random;
	enum manner manner;
	char folder[64];
	char tool[PATH_MAX];
	struct subject subject;
	struct exam_answer answer;
	struct result *now;
	jmp_buf over;
};

/* ask.c */
void subject_end(struct exam *e);
void subject_kill(struct exam *e);

/* bytes.c */
unsigned char exam_byte(uint64_t seed, size_t i);
uint64_t exam_sum_on(uint64_t sum, unsigned char byte);
void exam_write(void *at, size_t bytes, uint64_t seed);

/* say.c */
void say(const struct exam *e, const struct result *results, size_t n);

#endif
