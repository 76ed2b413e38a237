/* SPDX-License-Identifier: MIT */
/* calls.h - what the tests of this lab's examiner do; each fails the test. */
#ifndef BUMP_CALLS_H
#define BUMP_CALLS_H

#include "exam/exam.h"

/* More than this the kernel does not give. */
#define DATA_LIMIT ((size_t)64 << 20)

uint64_t the_break(struct exam *e);
void move_break(struct exam *e, int64_t bytes);
void shift_break(struct exam *e);
struct exam_answer try_alloc(struct exam *e, uint64_t size, uint64_t align);
uint64_t alloc(struct exam *e, uint64_t size, uint64_t align);
void refused(struct exam *e, uint64_t size, uint64_t align);
uint64_t mark(struct exam *e, uint64_t expected);
void release(struct exam *e, uint64_t to, const char *what, int error);
void still_works(struct exam *e, uint64_t end, uint64_t top);

#endif
