// SPDX-License-Identifier: MIT
/*
 * Replays a recorded trace on the allocator under test, some times over: a
 * real program's requests in its order, without the program's own work. Each
 * block's first and last byte are written.
 *
 * Usage: replay_trace TRACE [TIMES]
 */
#include "alloc/alloc.h"
#include "alloc/trace.h"

#include "bench.h"

static char **slot;

static void touch_ends(char *p, size_t size)
{
	if (!size)
		return;
	p[0] = 1;
	p[size - 1] = 1;
}

static void play(const struct heap_trace_op *op)
{
	char *p;

	if (op->slot == HEAP_TRACE_NULL)
		return;
	switch (op->kind) {
	case 'a':
		p = bench_malloc(op->size);
		break;
	case 'r':
		p = realloc(slot[op->slot], op->size);
		if (op->size)
			bench_check(p, "realloc", op->size);
		break;
	default:
		free(slot[op->slot]);
		slot[op->slot] = NULL;
		return;
	}
	slot[op->slot] = p;
	touch_ends(p, op->size);
}

int main(int argc, char **argv)
{
	size_t times = bench_count(argv, 2, 10);
	struct heap_trace trace;
	int rc;

	if (argc < 2)
		errx(2, "usage: replay_trace TRACE [TIMES]");
	rc = heap_trace_read(argv[1], stderr, &trace);
	if (rc)
		errx(1, "read %s: %s", argv[1], heap_trace_why(rc));
	slot = bench_books((trace.slots + 1) * sizeof(*slot));
	for (size_t n = 0; n < times; n++) {
		for (size_t i = 0; i < trace.count; i++)
			play(&trace.ops[i]);
		for (size_t i = 0; i < trace.slots; i++) {
			free(slot[i]);
			slot[i] = NULL;
		}
	}
	heap_trace_end(&trace);
	return 0;
}
