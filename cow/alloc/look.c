// SPDX-License-Identifier: MIT
/*
 * Looking at a heap: its statistics, the walk, the check, and its picture.
 */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Resident pages are the second number of statm; read without allocating. */
static uint64_t resident_bytes(void)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	uint64_t pages = 0;
	char text[128];
	ssize_t got;
	char *at;

	if (fd < 0)
		return 0;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	at = strchr(text, ' ');
	for (at = at ? at + 1 : text; *at >= '0' && *at <= '9'; at++)
		pages = 10 * pages + (uint64_t)(*at - '0');
	return pages * heap_page_size();
}

static void look_at_process(struct heap_stats *stats)
{
	struct rusage usage;

	if (!getrusage(RUSAGE_SELF, &usage)) {
		stats->minor_faults = (uint64_t)usage.ru_minflt;
		stats->major_faults = (uint64_t)usage.ru_majflt;
	}
	stats->rss = resident_bytes();
}

void heap_stats(struct heap *heap, struct heap_stats *stats)
{
	bool entered = !lock_take(&heap->lock);
	int saved = errno;

	*stats = heap->stats;
	heap->engine->stats(heap, stats);
	if (entered)
		lock_drop(&heap->lock);
	stats->overhead = stats->heap_bytes - stats->usable - stats->free_bytes;
	if (stats->usable)
		stats->internal =
			1 - (double)stats->requested / (double)stats->usable;
	if (stats->free_bytes)
		stats->external = 1 - (double)stats->largest_free /
					      (double)stats->free_bytes;
	look_at_process(stats);
	errno = saved;
}

bool heap_owns(struct heap *heap, const void *ptr, size_t size)
{
	bool owned;

	if (lock_take(&heap->lock))
		return false;
	owned = heap->engine->owns(heap, ptr, size);
	lock_drop(&heap->lock);
	return owned;
}

int heap_walk(struct heap *heap,
	      int (*visit)(const struct heap_block *block, void *arg),
	      void *arg)
{
	int result;

	if (lock_take(&heap->lock))
		return -EDEADLK;
	result = heap->engine->walk(heap, visit, arg);
	lock_drop(&heap->lock);
	return result;
}

int heap_check(struct heap *heap, struct heap_fault *fault)
{
	struct heap_fault unwanted;
	int result;

	if (lock_take(&heap->lock))
		return -EDEADLK;
	result = heap->engine->check(heap, fault ? fault : &unwanted);
	lock_drop(&heap->lock);
	return result;
}

/* The picture in the making: a slot is written when the walk has left it. */
struct drawing {
	size_t slot;
	char *text;
	size_t size;
	size_t length;
	size_t region; /* that the line is for, counted from 1 */
	const char *start; /* of that line's first slot */
	size_t done; /* slots of the line that are written */
	bool has_used;
	bool has_free;
};

static void put(struct drawing *drawing, char what)
{
	if (drawing->length + 1 < drawing->size)
		drawing->text[drawing->length] = what;
	drawing->length++;
}

static void end_slot(struct drawing *drawing)
{
	if (drawing->has_used && drawing->has_free)
		put(drawing, '+');
	else if (drawing->has_used || drawing->has_free)
		put(drawing, drawing->has_used ? 'u' : '_');
	drawing->has_used = false;
	drawing->has_free = false;
	drawing->done++;
}

static void end_line(struct drawing *drawing)
{
	if (drawing->region) {
		end_slot(drawing);
		put(drawing, '\n');
	}
}

static int draw(const struct heap_block *block, void *arg)
{
	struct drawing *drawing = arg;
	size_t end;

	if (block->region + 1 != drawing->region) {
		end_line(drawing);
		drawing->region = block->region + 1;
		drawing->start = block->start;
		drawing->done = 0;
	}
	if (block->own_mapping) {
		put(drawing, 'M');
		return 0;
	}
	end = (size_t)((const char *)block->start - drawing->start) +
	      block->size;
	for (;;) {
		drawing->has_used |= block->used;
		drawing->has_free |= !block->used;
		if (end < (drawing->done + 1) * drawing->slot)
			return 0;
		end_slot(drawing);
		if (end == drawing->done * drawing->slot)
			return 0;
	}
}

int heap_map(struct heap *heap, size_t slot, char *text, size_t size)
{
	struct drawing drawing = { .slot = slot, .text = text, .size = size };
	int err;

	if (!slot)
		return -EINVAL;
	err = heap_walk(heap, draw, &drawing);
	if (err)
		return err;
	end_line(&drawing);
	if (size)
		text[drawing.length < size ? drawing.length : size - 1] = '\0';
	return (int)drawing.length;
}
