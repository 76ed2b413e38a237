// SPDX-License-Identifier: MIT
/*
 * A wrong pointer: what is wrong with it, said in one line that is put together
 * without allocating and written in one piece.
 */
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const sayings[MISUSES] = {
	[MISUSE_FOREIGN] = "not a block of this heap",
	[MISUSE_INTERIOR] = "not the start of a block but inside one",
	[MISUSE_DOUBLE_FREE] = "freed already",
	[MISUSE_OVERWRITTEN] = "the head of the block was written over",
	[MISUSE_OVERRUN] = "written over its end: the next head is broken",
	[MISUSE_FREE_WRITTEN] = "a free block beside it was written to",
	[MISUSE_REENTERED] =
		"called by a signal handler inside another call of the heap",
};

/* Why a payload within a region has no intact head: walk up to it and see. */
enum misuse misuse_diagnose(struct heap *heap, const void *payload)
{
	const struct region *region = region_find(heap, payload);
	const struct block *block = region->first;
	const struct block *asked = block_of(payload);

	while (block < asked) {
		if (!block_intact(heap, block) ||
		    block_end(block) > region_limit(region))
			return MISUSE_OVERWRITTEN;
		if (block_end(block) > asked)
			return block_used(block) ? MISUSE_INTERIOR :
						   MISUSE_DOUBLE_FREE;
		block = block_end(block);
	}
	return MISUSE_OVERWRITTEN;
}

static char *append(char *to, const char *text)
{
	size_t length = strlen(text);

	memcpy(to, text, length);
	return to + length;
}

static char *append_address(char *to, const void *address)
{
	uintptr_t value = (uintptr_t)address;
	char digits[2 * sizeof(value) + 1];
	char *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do {
		*--first = "0123456789abcdef"[value & 15];
		value >>= 4;
	} while (value);
	return append(append(to, "0x"), first);
}

/* Called with the heap unlocked: a handler of SIGABRT may want to allocate. */
void misuse_report(const struct heap *heap, enum misuse misuse,
		   const char *call, const void *address)
{
	int saved = errno;
	char line[160];
	char *end = line;

	if (heap->config.on_misuse == HEAP_QUIET)
		return;
	end = append(append(append(end, "heap: "), call), "(");
	end = append(append_address(end, address), "): ");
	end = append(append(end, sayings[misuse]), "\n");
	/* Where the line can't be written there is no one left to tell. */
	if (write(STDERR_FILENO, line, (size_t)(end - line)) < 0)
		errno = saved;
	if (heap->config.on_misuse == HEAP_ABORT)
		abort();
	errno = saved;
}
