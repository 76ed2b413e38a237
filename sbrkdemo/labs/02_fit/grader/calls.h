/* SPDX-License-Identifier: MIT */
/* calls.h - what the tests of this lab's examiner do; each fails the test. */
#ifndef FIT_CALLS_H
#define FIT_CALLS_H

#include "exam/exam.h"
#include "../fit.h"
#include "ops.h"

/* Where the buffer is, and how much of it is in use. */
extern uint64_t heap_start, heap_bytes;

extern const char *const policies[FIT_POLICIES];

void open_heap(struct exam *e, uint64_t bytes, enum fit_policy policy);
struct exam_answer try_alloc(struct exam *e, uint64_t size);
uint64_t alloc(struct exam *e, uint64_t size);
void refused(struct exam *e, uint64_t size);
void end(struct exam *e, uint64_t at);
void check(struct exam *e, const struct exam_block *b);

/* Takes what is left behind the last block, until no hole is left there. */
void fill_rest(struct exam *e, uint64_t last_end);

/* Writes a trace for the subject, and keeps it in trace. */
extern struct op trace[OPS];
void make_trace(struct exam *e, uint32_t largest);

/* exam_holes.c: which hole? */
void test_first(struct exam *e);
void test_best(struct exam *e);
void test_worst(struct exam *e);

/* exam_score.c: how well? */
void test_utilisation(struct exam *e);
void test_throughput(struct exam *e);

#endif
