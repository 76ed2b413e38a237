// SPDX-License-Identifier: MIT
/*
 * exam_calls.c - the examiner's calls, each with its line for the hint, and
 * what holds after every one of them.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"

uint64_t heap_start, heap_bytes;
struct op trace[OPS];

const char *const policies[FIT_POLICIES] = {
	[FIT_FIRST] = "FIT_FIRST",
	[FIT_BEST] = "FIT_BEST",
	[FIT_WORST] = "FIT_WORST",
};

void open_heap(struct exam *e, uint64_t bytes, enum fit_policy policy)
{
	exam_did(e, "fit_open(buffer, %" PRIu64 ", %s)", bytes,
		 policies[policy]);
	heap_start = (uint64_t)exam_call(e, ASK_OPEN, bytes, policy)->value;
	heap_bytes = bytes;
}

struct exam_answer try_alloc(struct exam *e, uint64_t size)
{
	exam_did(e, "fit_malloc(%" PRIu64 ")", size);
	return *exam_call(e, ASK_MALLOC, size, 0);
}

uint64_t alloc(struct exam *e, uint64_t size)
{
	struct exam_answer a = try_alloc(e, size);
	uint64_t at = (uint64_t)a.value;

	exam_expected(e, "a block in the buffer, at a multiple of %d",
		      FIT_ALIGN);
	if (!at)
		exam_seen(e, "NULL, errno %s", exam_error(a.error));
	if (at < heap_start || at + size > heap_start + heap_bytes)
		exam_seen(e,
			  "bytes %" PRId64 " to %" PRId64
			  " of a buffer of %" PRIu64,
			  (int64_t)(at - heap_start),
			  (int64_t)(at - heap_start + size), heap_bytes);
	if (at % FIT_ALIGN)
		exam_seen(e, "an address that ends in %#" PRIx64,
			  at % FIT_ALIGN);
	return at;
}

void refused(struct exam *e, uint64_t size)
{
	struct exam_answer a = try_alloc(e, size);

	exam_expected(e, "NULL, errno ENOMEM");
	if (a.value)
		exam_seen(e, "a block");
	if (a.error != ENOMEM)
		exam_seen(e, "NULL, errno %s", exam_error(a.error));
}

void end(struct exam *e, uint64_t at)
{
	exam_did(e, "fit_free(), of the block at byte %" PRIu64,
		 at - heap_start);
	exam_call(e, ASK_FREE, at, 0);
}

void check(struct exam *e, const struct exam_block *b)
{
	char which[40];

	snprintf(which, sizeof(which), "the block at byte %" PRIu64,
		 b->at - heap_start);
	exam_check(e, b, which);
}

void fill_rest(struct exam *e, uint64_t last_end)
{
	uint64_t left = heap_start + heap_bytes - last_end;

	left -= left % FIT_ALIGN;
	for (; left; left -= FIT_ALIGN)
		if (try_alloc(e, left).value)
			break;
	/* What is too small for a block may be left. */
	for (int i = 0; i < 4 && try_alloc(e, 1).value; i++)
		;
}

void make_trace(struct exam *e, uint32_t largest)
{
	uint32_t live[IDS], unused[IDS], nlive = 0, nunused = IDS;
	char path[128];
	FILE *file;

	for (uint32_t i = 0; i < IDS; i++)
		unused[i] = i;
	for (uint32_t i = 0; i < OPS; i++) {
		bool get = nlive < OPS - i && nlive < IDS / 8 &&
			   (!nlive || exam_random(e, 5) < 3);
		uint32_t k = get ? 0 : (uint32_t)exam_random(e, nlive);

		if (get) {
			trace[i].id = unused[--nunused];
			trace[i].size =
				8 + (uint32_t)exam_random(e, exam_random(e, 8) ?
								     200 :
								     largest);
			live[nlive++] = trace[i].id;
		} else {
			trace[i].id = live[k];
			trace[i].size = 0;
			unused[nunused++] = live[k];
			live[k] = live[--nlive];
		}
	}
	snprintf(path, sizeof(path), "%s/" TRACE_FILE, exam_folder(e));
	file = fopen(path, "w");
	if (!file || fwrite(trace, sizeof(trace), 1, file) != 1 || fclose(file))
		exam_broken(e, "writing %s: %s", path, strerror(errno));
}
