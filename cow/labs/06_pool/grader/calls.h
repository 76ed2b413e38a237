/* SPDX-License-Identifier: MIT */
/* calls.h - what the tests of this lab's examiner do; each fails the test. */
#ifndef POOL_CALLS_H
#define POOL_CALLS_H

#include "exam/exam.h"
#include "../pool.h"
#include "ops.h"

#define MOST 64 /* blocks of the pools that are looked at block by block */

void create(struct exam *e, uint64_t pool, uint64_t size, uint64_t blocks);
void bad_create(struct exam *e, uint64_t size, uint64_t blocks, int error);
uint64_t alloc(struct exam *e, uint64_t pool);
void exhausted(struct exam *e, uint64_t pool, uint64_t blocks);
void put_back(struct exam *e, uint64_t pool, uint64_t at, const char *what,
	      int error);
void left(struct exam *e, uint64_t pool, uint64_t blocks);

/* Takes all blocks of a new pool, and fills them. */
void take_all(struct exam *e, uint64_t pool, uint64_t size, uint64_t blocks,
	      struct exam_block *b);
void check_all(struct exam *e, const struct exam_block *b, uint64_t blocks);

/* exam_fork.c: where the list is */
void test_untouched(struct exam *e);
void test_copies(struct exam *e);

#endif
