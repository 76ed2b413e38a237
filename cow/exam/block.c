// SPDX-License-Identifier: MIT
/* The examiner's side: a block is filled, and looked at again later. */
#include <inttypes.h>

#include "internal.h"

struct exam_block exam_fill(struct exam *e, uint64_t at, uint64_t size)
{
	struct exam_block b = { at, size, exam_random(e, 256) };
	struct exam_ask ask = { .op = EXAM_OP_FILL,
				.arg = { at, size, b.seed } };

	exam_ask(e, ask);
	return b;
}

void exam_check(struct exam *e, const struct exam_block *b, const char *which)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < b->size; i++)
		sum = exam_sum_on(sum, exam_byte(b->seed, i));
	exam_expected(e, "the %" PRIu64 " bytes of %s as they were written",
		      b->size, which);
	if ((uint64_t)exam_call(e, EXAM_OP_SUM, b->at, b->size)->value != sum)
		exam_seen(e, "other bytes at %#" PRIx64, b->at);
}
