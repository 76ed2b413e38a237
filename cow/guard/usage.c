// SPDX-License-Identifier: MIT
/*
 * usage.c - how much memory, time and output has a family of processes used?
 *
 * What is limited process by process (setrlimit(2)) a program gets round by
 * fork. So the sums are taken here, from /proc, of the keeper and all below:
 * what a process had used is added to whoever waits for it, in the end to the
 * keeper. Of held ones the keeper has the sums (hold.c), waited for or not.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "internal.h"

#define MAX_THREADS 64

static int read_memory(pid_t tid, uint64_t *size, uint64_t *rss)
{
	uint64_t page = sysconf(_SC_PAGESIZE);
	unsigned long pages[2];
	char buf[128];
	int n = guard_read_proc(tid, "statm", buf, sizeof(buf));

	if (n < 0)
		return n;
	if (sscanf(buf, "%lu %lu", &pages[0], &pages[1]) != 2)
		return -ENODATA;
	*size = pages[0] * page;
	*rss = pages[1] * page;
	return 0;
}

int guard_process_size(pid_t tid, uint64_t *size)
{
	uint64_t rss;

	return read_memory(tid, size, &rss);
}

/* A first thread that has ended has no memory; the others have. */
static uint64_t read_rss(pid_t pid)
{
	uint64_t size = 0, rss = 0;
	pid_t tids[MAX_THREADS];
	int i, n;

	read_memory(pid, &size, &rss);
	if (size)
		return rss;
	n = guard_threads(pid, tids, MAX_THREADS);
	for (i = 0; i < n && !size; i++)
		read_memory(tids[i], &size, &rss);
	return rss;
}

/* Fields 14 to 17 of /proc/PID/stat: user, system, and those of children. */
static uint64_t read_ticks(pid_t pid)
{
	unsigned long t[4] = { 0 };
	char buf[1024], *at;

	if (guard_read_proc(pid, "stat", buf, sizeof(buf)) < 0)
		return 0;
	at = strrchr(buf, ')');
	if (!at ||
	    sscanf(at,
		   ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu %lu %lu",
		   &t[0], &t[1], &t[2], &t[3]) != 4)
		return 0;
	return t[0] + t[1] + t[2] + t[3];
}

static uint64_t read_written(pid_t pid)
{
	uint64_t written = 0;
	char buf[512];
	const char *at;

	if (guard_read_proc(pid, "io", buf, sizeof(buf)) < 0)
		return 0;
	at = strstr(buf, "wchar: ");
	if (at)
		sscanf(at, "wchar: %" SCNu64, &written);
	return written;
}

static void add_rss(pid_t pid, void *arg)
{
	struct guard_use *use = arg;

	use->rss += read_rss(pid);
}

static void add_rest(pid_t pid, void *arg)
{
	struct guard_use *use = arg;

	use->cpu_ns += read_ticks(pid) * 1000000000 / sysconf(_SC_CLK_TCK);
	use->written += read_written(pid);
}

static void add_all(pid_t pid, void *arg)
{
	add_rss(pid, arg);
	add_rest(pid, arg);
}

void guard_usage(struct guard *g, struct guard_use *use)
{
	memset(use, 0, sizeof(*use));
	if (g->word->held) {
		guard_walk(g->keeper, add_rss, use);
		use->cpu_ns = g->word->used_ns;
		use->written = g->word->written;
	} else {
		add_rest(g->keeper, use);
		guard_walk(g->keeper, add_all, use);
	}
}
