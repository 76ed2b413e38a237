// SPDX-License-Identifier: MIT
/*
 * exam_calls.c - the examiner's calls, each with its line for the hint, and
 * what holds after every one of them.
 */
#include <errno.h>
#include <inttypes.h>

#include "../bump.h"
#include "calls.h"
#include "ops.h"

static uint64_t heap_start; /* where the break was before the first block */

uint64_t the_break(struct exam *e)
{
	return exam_call(e, ASK_BREAK, 0, 0)->more[0];
}

void move_break(struct exam *e, int64_t bytes)
{
	exam_did(e, "sbrk(%" PRId64 "), as somebody else", bytes);
	exam_call(e, ASK_BREAK, (uint64_t)bytes, 0);
}

/* The heap begins nowhere in particular. */
void shift_break(struct exam *e)
{
	move_break(e, (int64_t)(1 + exam_random(e, 3000)) | 1);
	heap_start = the_break(e);
}

struct exam_answer try_alloc(struct exam *e, uint64_t size, uint64_t align)
{
	exam_did(e, "bump_alloc(%" PRIu64 ", %" PRIu64 ")", size, align);
	return *exam_call(e, ASK_ALLOC, size, align);
}

uint64_t alloc(struct exam *e, uint64_t size, uint64_t align)
{
	struct exam_answer a = try_alloc(e, size, align);

	exam_expected(e, "a block between %#" PRIx64 " and the break",
		      heap_start);
	if (!a.value)
		exam_seen(e, "NULL, errno %s", exam_error(a.error));
	if ((uint64_t)a.value < heap_start ||
	    (uint64_t)a.value + size > a.more[0])
		exam_seen(e,
			  "%#" PRIx64 " to %#" PRIx64
			  ", and the break at %#" PRIx64,
			  (uint64_t)a.value, (uint64_t)a.value + size,
			  a.more[0]);
	return (uint64_t)a.value;
}

uint64_t mark(struct exam *e, uint64_t expected)
{
	uint64_t at;

	exam_did(e, "bump_mark()");
	at = (uint64_t)exam_call(e, ASK_MARK, 0, 0)->value;
	exam_expected(e, "the end of the last block, %#" PRIx64, expected);
	if (at != expected)
		exam_seen(e, "%#" PRIx64, at);
	return at;
}

/* A release that has to fail with this errno; 0: that has to work. */
void release(struct exam *e, uint64_t to, const char *what, int error)
{
	struct exam_answer a;

	exam_did(e, "bump_release(%s)", what);
	a = *exam_call(e, ASK_RELEASE, to, 0);
	exam_expected(e, "%s",
		      !error	      ? "0" :
		      error == EINVAL ? "-1, errno EINVAL" :
					"-1, errno EBUSY");
	if (a.value != (error ? -1 : 0) || (error && a.error != error))
		exam_seen(e, "%" PRId64 ", errno %s", a.value,
			  exam_error(a.error));
}

/* Whatever was refused must have changed nothing: a block still follows. */
void still_works(struct exam *e, uint64_t end, uint64_t top)
{
	uint64_t at;

	exam_expected(e, "the break where it was");
	if (the_break(e) != top)
		exam_seen(e, "it moved by %" PRId64,
			  (int64_t)(the_break(e) - top));
	at = alloc(e, 1, 1);
	exam_expected(e,
		      "the next block at %#" PRIx64 ", as if nothing had been",
		      end);
	if (at != end)
		exam_seen(e, "%#" PRIx64, at);
}

void refused(struct exam *e, uint64_t size, uint64_t align)
{
	struct exam_answer a = try_alloc(e, size, align);

	exam_expected(e, "NULL, errno ENOMEM");
	if (a.value || a.error != ENOMEM)
		exam_seen(e, "%#" PRIx64 ", errno %s", (uint64_t)a.value,
			  exam_error(a.error));
}
