// SPDX-License-Identifier: MIT
/*
 * exam_fork.c - where is the list of free blocks? What is in a block tells, and
 * what a child copies that frees: counted from outside, by the kernel.
 */
#include <inttypes.h>
#include <unistd.h>

#include "calls.h"

void test_untouched(struct exam *e)
{
	struct exam_block b[MOST];
	uint64_t blocks = 10 + exam_random(e, 30);

	take_all(e, 0, 80, blocks, b);
	for (uint64_t k = 0; k < blocks; k++)
		put_back(e, 0, b[k].at, "a block that is out", 0);
	for (uint64_t k = 0; k < blocks; k++)
		exam_check(e, &b[k], "a block that was freed");
}

void test_copies(struct exam *e)
{
	uint64_t blocks = 8000 + exam_random(e, 2000);
	unsigned long pages = blocks * 64 / (size_t)sysconf(_SC_PAGESIZE);
	unsigned long before, after;
	pid_t pid;

	create(e, 0, 64, blocks);
	if (exam_call(e, ASK_ALLOC_MANY, 0, blocks)->value != (int64_t)blocks)
		exam_seen(e, "NULL, before all blocks were out");
	exam_did(e, "fork()");
	exam_call(e, ASK_FORK, 0, 0);
	left(e, 0, 0);
	/* What the child's first answers copy is not the pool's. */
	pid = exam_pid(e);
	pid = exam_pid(e);
	exam_did(e, "a child frees all %" PRIu64 " blocks, on %lu pages",
		 blocks, pages);
	before = exam_faults(e, pid);
	if (exam_call(e, ASK_FREE_MANY, 0, 0)->value)
		exam_seen(e, "a block that is out was refused");
	after = exam_faults(e, pid);
	left(e, 0, blocks);
	exam_expected(e, "at most %lu page faults, a third of that", pages / 3);
	if (after - before > pages / 3)
		exam_seen(e, "%lu", after - before);
}
