// SPDX-License-Identifier: MIT
/*
 * exam_fork.c - where is the list of free blocks? What is in a block tells, and
 * what a child copies that frees: counted from outside, by the kernel.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"

/* Page faults of a process so far, by /proc. */
static long faults(struct exam *e, pid_t pid)
{
	char path[32], text[512] = "";
	long count = -1;
	FILE *file;
	char *at;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (file && fgets(text, sizeof(text), file)) {
		at = strrchr(text, ')');
		/* state ppid pgrp session tty tpgid flags minflt */
		if (at)
			sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %ld",
			       &count);
	}
	if (file)
		fclose(file);
	if (count < 0)
		exam_broken(e, "can't read %s", path);
	return count;
}

void test_untouched(struct exam *e)
{
	struct block b[MOST];
	uint64_t blocks = 10 + exam_random(e, 30);

	take_all(e, 0, 80, blocks, b);
	for (uint64_t k = 0; k < blocks; k++)
		put_back(e, 0, b[k].at, "a block that is out", 0);
	for (uint64_t k = 0; k < blocks; k++)
		check(e, &b[k], "a block that was freed");
}

void test_copies(struct exam *e)
{
	uint64_t blocks = 8000 + exam_random(e, 2000);
	long pages = (long)(blocks * 64) / sysconf(_SC_PAGESIZE), before, after;
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
	exam_did(e, "a child frees all %" PRIu64 " blocks, on %ld pages",
		 blocks, pages);
	before = faults(e, pid);
	if (exam_call(e, ASK_FREE_MANY, 0, 0)->value)
		exam_seen(e, "a block that is out was refused");
	after = faults(e, pid);
	left(e, 0, blocks);
	exam_expected(e, "at most %ld page faults, a third of that", pages / 3);
	if (after - before > pages / 3)
		exam_seen(e, "%ld", after - before);
}
