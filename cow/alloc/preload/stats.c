// SPDX-License-Identifier: MIT
/*
 * What the heap of the process did, on standard error when it ends, where
 * COWALLOC has stats=exit.
 */
#include "../internal.h"
#include "preload.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB(bytes) ((double)(bytes) / (1 << 20))

/* Where a program does not expect it, and few limits end. */
#define KEPT_FROM 200

/* A standard error of our own: many programs close theirs before they end. */
static int fd = -1;
static struct stat kept;

bool preload_keep_stderr(void)
{
	fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, KEPT_FROM);
	return fd >= 0 && !fstat(fd, &kept);
}

/* A program may have closed all it knew, and opened something else there. */
static bool still_ours(void)
{
	struct stat now;

	return !fstat(fd, &now) && now.st_dev == kept.st_dev &&
	       now.st_ino == kept.st_ino;
}

/* What a fork changed; the classic engine knows nothing of it. */
static void print_seals(const struct heap_stats *s)
{
	dprintf(fd,
		"libcowalloc[%d]: forks: %llu; sealed now: %s; seals ended: %llu as nobody shared, %llu as the budget was spent\n"
		"libcowalloc[%d]: taken beside inherited free blocks: %.1f MiB, of a budget of %.1f MiB\n",
		(int)getpid(), (unsigned long long)s->forks,
		s->sealed ? "yes" : "no", (unsigned long long)s->ended_alone,
		(unsigned long long)s->ended_spent, (int)getpid(),
		MIB(s->charge), MIB(s->budget));
}

/* Where it can't be written there is no one left to tell. */
void preload_print_stats(struct heap *heap)
{
	struct heap_stats s;

	if (!still_ours())
		return;
	heap_stats(heap, &s);
	dprintf(fd,
		"libcowalloc[%d]: %.1f MiB mapped; %.1f MiB in %zu blocks, %.1f MiB free; the process: %.1f MiB resident\n",
		(int)getpid(), MIB(s.heap_bytes), MIB(s.usable), s.used_blocks,
		MIB(s.free_bytes), MIB(s.rss));
	if (heap->engine == &engine_spans)
		print_seals(&s);
}
