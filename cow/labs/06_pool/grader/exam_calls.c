// SPDX-License-Identifier: MIT
/* exam_calls.c - the examiner's calls, each with its line for the hint. */
#include <errno.h>
#include <inttypes.h>

#include "calls.h"

static int64_t try_create(struct exam *e, uint64_t pool, uint64_t size,
			  uint64_t blocks)
{
	struct exam_ask ask = { .op = ASK_CREATE,
				.arg = { pool, size, blocks } };

	exam_did(e, "pool_create(%" PRIu64 ", %" PRIu64 ")", size, blocks);
	return exam_ask(e, ask)->value;
}

void create(struct exam *e, uint64_t pool, uint64_t size, uint64_t blocks)
{
	int64_t value = try_create(e, pool, size, blocks);

	exam_expected(e, "0");
	if (value)
		exam_seen(e, "%" PRId64 " (%s)", value, exam_error(-value));
}

void bad_create(struct exam *e, uint64_t size, uint64_t blocks, int error)
{
	int64_t value = try_create(e, 3, size, blocks);

	exam_expected(e, "-%s", exam_error(error));
	if (value != -error)
		exam_seen(e, "%" PRId64, value);
}

uint64_t alloc(struct exam *e, uint64_t pool)
{
	struct exam_answer a;

	exam_did(e, "pool_alloc()");
	a = *exam_call(e, ASK_ALLOC, pool, 0);
	exam_expected(e, "a block, at a multiple of %d", POOL_ALIGN);
	if (!a.value)
		exam_seen(e, "NULL, errno %s", exam_error(a.error));
	if (a.value % POOL_ALIGN)
		exam_seen(e, "%#" PRIx64, (uint64_t)a.value);
	return (uint64_t)a.value;
}

void exhausted(struct exam *e, uint64_t pool, uint64_t blocks)
{
	struct exam_answer a;

	exam_did(e, "pool_alloc(), when all %" PRIu64 " blocks are out",
		 blocks);
	a = *exam_call(e, ASK_ALLOC, pool, 0);
	exam_expected(e, "NULL, errno ENOMEM");
	if (a.value)
		exam_seen(e, "a block");
	if (a.error != ENOMEM)
		exam_seen(e, "NULL, errno %s", exam_error(a.error));
}

void put_back(struct exam *e, uint64_t pool, uint64_t at, const char *what,
	      int error)
{
	int64_t value;

	exam_did(e, "pool_free() of %s", what);
	value = exam_call(e, ASK_FREE, pool, at)->value;
	exam_expected(e, error ? "-EINVAL" : "0");
	if (value != -error)
		exam_seen(e, "%" PRId64 " (%s)", value, exam_error(-value));
}

void left(struct exam *e, uint64_t pool, uint64_t blocks)
{
	uint64_t value = (uint64_t)exam_call(e, ASK_LEFT, pool, 0)->value;

	exam_expected(e, "then %" PRIu64 " from pool_left()", blocks);
	if (value != blocks)
		exam_seen(e, "%" PRIu64, value);
}

/* Takes all blocks of a new pool, and fills them. */
void take_all(struct exam *e, uint64_t pool, uint64_t size, uint64_t blocks,
	      struct exam_block *b)
{
	create(e, pool, size, blocks);
	for (uint64_t i = 0; i < blocks; i++)
		b[i] = exam_fill(e, alloc(e, pool), size);
}

void check_all(struct exam *e, const struct exam_block *b, uint64_t blocks)
{
	for (uint64_t i = 0; i < blocks; i++)
		exam_check(e, &b[i], "a block that is out");
}
