// SPDX-License-Identifier: MIT
/*
 * What the heap of the process did, on standard error when it ends, where
 * COWALLOC has stats=exit.
 */
#include "preload.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MIB(bytes) ((double)(bytes) / (1 << 20))

static const char *sealing(const struct heap_stats *stats)
{
	return stats->sealed ? "is sealed" : "is not sealed";
}

void preload_print_stats(struct heap *heap)
{
	struct heap_stats s;
	char text[1024];
	int length;

	heap_stats(heap, &s);
	length = snprintf(
		text, sizeof(text),
		"libcowalloc[%d]: %.1f MiB mapped, %.1f MiB in %zu blocks, %.1f MiB free, %.1f MiB resident in all\n"
		"libcowalloc[%d]: %llu forks; what was there %s; it ended %llu times as nobody shared, %llu times as the budget was spent\n"
		"libcowalloc[%d]: %.1f MiB taken beside inherited free blocks since nobody shared, of %.1f MiB that may be\n",
		(int)getpid(), MIB(s.heap_bytes), MIB(s.usable), s.used_blocks,
		MIB(s.free_bytes), MIB(s.rss), (int)getpid(),
		(unsigned long long)s.forks, sealing(&s),
		(unsigned long long)s.ended_alone,
		(unsigned long long)s.ended_spent, (int)getpid(), MIB(s.charge),
		MIB(s.budget));
	/* Where it can't be written there is no one left to tell. */
	if (length > 0 && write(STDERR_FILENO, text, strlen(text)) < 0)
		_exit(3);
}
