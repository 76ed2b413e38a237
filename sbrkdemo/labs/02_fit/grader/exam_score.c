// SPDX-License-Identifier: MIT
/*
 * exam_score.c - how well does it use memory and time, beside the allocator
 * core with the same trace? Points come in few steps, wide apart, so that the
 * same allocator gets the same points on any day.
 */
#include <inttypes.h>

#include "alloc/alloc.h"
#include "calls.h"

/* How far the core reaches into a buffer of its own; 0 if it can't be had. */
static uint64_t core_reach(void)
{
	static _Alignas(64) char buffer[BUFFER];
	static char *blocks[IDS];
	struct heap_config config = { .policy = HEAP_BEST,
				      .backend = HEAP_FIXED,
				      .buffer = buffer,
				      .buffer_size = sizeof(buffer) };
	char *top = buffer;
	struct heap *heap;

	if (heap_open(&config, &heap))
		return 0;
	for (size_t i = 0; i < OPS; i++) {
		char **block = &blocks[trace[i].id];

		if (!trace[i].size) {
			heap_free(heap, *block);
			continue;
		}
		*block = heap_malloc(heap, trace[i].size);
		if (*block && *block + trace[i].size > top)
			top = *block + trace[i].size;
	}
	heap_close(heap);
	return (uint64_t)(top - buffer);
}

static void must_run(struct exam *e, int64_t reach, uint64_t ran)
{
	if (ran != exam_sum(trace, sizeof(trace)))
		exam_seen(e, "another trace than the one that was given");
	if (reach == -1)
		exam_seen(e, "a block was refused, in %zu bytes", BUFFER);
	if (reach == -2)
		exam_seen(e, "two blocks share bytes");
	if (reach == -4)
		exam_seen(e, "a block that is not in the buffer");
	if (reach <= 0)
		exam_broken(e, "the trace can't be run");
}

void test_utilisation(struct exam *e)
{
	const struct exam_answer *a;
	unsigned int percent;
	uint64_t core;
	int64_t reach;

	make_trace(e, 3000);
	core = core_reach();
	if (!core)
		exam_broken(e, "the allocator core does not start");
	exam_did(e, "a trace of %d operations, with FIT_BEST", OPS);
	exam_expected(e,
		      "not much more of the buffer than the %" PRIu64
		      " bytes that the core needs: 90 %% of its utilisation",
		      core);
	a = exam_call(e, ASK_RUN, FIT_BEST, 0);
	reach = a->value;
	must_run(e, reach, a->more[3]);
	percent = (unsigned int)(core * 100 / (uint64_t)reach);
	if (percent < 90)
		exam_score(e,
			   percent >= 80 ? 6 :
			   percent >= 60 ? 3 :
					   0,
			   "%" PRId64 " bytes: %u %%", reach, percent);
}

void test_throughput(struct exam *e)
{
	struct exam_answer a;
	uint64_t times;

	make_trace(e, 600);
	exam_did(e, "a trace of %d operations, with FIT_FIRST", OPS);
	exam_expected(e, "at most 6 times as long as the core takes");
	a = *exam_call(e, ASK_TIME, FIT_FIRST, 0);
	must_run(e, a.value, a.more[3]);
	times = a.more[0] / a.more[1];
	if (times >= 6)
		exam_score(e, times < 30 ? 5 : 0, "%" PRIu64 " times as long",
			   times);
}
