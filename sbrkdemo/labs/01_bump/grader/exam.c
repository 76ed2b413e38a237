// SPDX-License-Identifier: MIT
/*
 * exam.c - what a bump allocator is asked, and what it is worth. Sizes,
 * alignments and the place of the break differ for each submission.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../bump.h"
#include "calls.h"

#define BLOCKS 60

static void test_align(struct exam *e)
{
	uint64_t align, at;

	shift_break(e);
	for (int i = 0; i < BLOCKS; i++) {
		align = (uint64_t)1 << exam_random(e, 13);
		at = alloc(e, 1 + exam_random(e, 500), align);
		exam_expected(e, "a multiple of %" PRIu64, align);
		if (at % align)
			exam_seen(e,
				  "%#" PRIx64 ", which is %" PRIu64
				  " more than one",
				  at, at % align);
	}
}

static void test_invalid(struct exam *e)
{
	uint64_t end, top;
	static const struct {
		uint64_t size, align;
	} bad[] = { { 0, 8 }, { 10, 0 }, { 10, 3 }, { 10, 48 }, { 7, 6 } };
	struct exam_answer a;

	shift_break(e);
	end = alloc(e, 100, 4) + 100;
	top = the_break(e);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		a = try_alloc(e, bad[i].size, bad[i].align);
		exam_expected(e, "NULL, errno EINVAL");
		if (a.value || a.error != EINVAL)
			exam_seen(e, "%#" PRIx64 ", errno %s",
				  (uint64_t)a.value, exam_error(a.error));
		still_works(e, end++, top);
	}
}

static void test_apart(struct exam *e)
{
	struct exam_block b[BLOCKS];
	uint64_t size;

	shift_break(e);
	for (int i = 0; i < BLOCKS; i++) {
		size = 1 + exam_random(e, i % 9 ? 3000 : 90000);
		b[i] = exam_fill(
			e, alloc(e, size, (uint64_t)8 << exam_random(e, 3)),
			size);
	}
	for (int i = 0; i < BLOCKS; i++)
		exam_check(e, &b[i], "an earlier block");
}

static void test_tight(struct exam *e)
{
	uint64_t end = 0, at, right, align, size;

	shift_break(e);
	for (int i = 0; i < BLOCKS; i++) {
		align = (uint64_t)1 << exam_random(e, 9);
		size = 1 + exam_random(e, 400);
		if (!i)
			end = the_break(e);
		at = alloc(e, size, align);
		right = (end + align - 1) & ~(align - 1);
		exam_expected(e,
			      "%#" PRIx64 ", the first multiple of %" PRIu64
			      " from %#" PRIx64 " on",
			      right, align, end);
		if (at != right)
			exam_seen(e, "%#" PRIx64, at);
		end = at + size;
	}
}

/* How far the break has to go up for a block that ends there. */
static uint64_t growth(uint64_t end, uint64_t top)
{
	if (end <= top)
		return 0;
	return (end - top + BUMP_GROW - 1) / BUMP_GROW * BUMP_GROW;
}

/* The break has to have moved by so much. Return: where it is. */
static uint64_t moved(struct exam *e, uint64_t top, uint64_t end, uint64_t by)
{
	uint64_t now = the_break(e);

	exam_expected(e,
		      "the break to move by %" PRIu64 "; there were %" PRIu64
		      " bytes left below it",
		      by, top - end);
	if (now != top + by)
		exam_seen(e, "%" PRId64, (int64_t)(now - top));
	return now;
}

static void test_grow(struct exam *e)
{
	uint64_t top, at, size, end;

	shift_break(e);
	top = the_break(e);
	end = top;
	for (int i = 0; i < BLOCKS; i++) {
		size = 1 + exam_random(e, i % 5 ? 20000 : 3 * BUMP_GROW);
		at = alloc(e, size, 1 << exam_random(e, 8));
		top = moved(e, top, end, growth(at + size, top));
		end = at + size;
		if (i % 3 || top == end)
			continue;
		/* Exactly as much as is left fits. */
		size = top - end - i % 2;
		if (size)
			alloc(e, size, 1);
		top = moved(e, top, end, 0);
		end += size;
	}
}

static void test_enomem(struct exam *e)
{
	uint64_t end, top;
	struct exam_block b;

	shift_break(e);
	b = exam_fill(e, alloc(e, 1000, 16), 1000);
	end = b.at + 1000;
	for (int i = 0; i < 3; i++) {
		top = the_break(e);
		refused(e, DATA_LIMIT + exam_random(e, DATA_LIMIT), 16);
		still_works(e, end, top);
		end++;
	}
	exam_check(e, &b, "the block before");
	alloc(e, 2 * BUMP_GROW, 16);
}

static void test_overflow(struct exam *e)
{
	uint64_t end, top;

	shift_break(e);
	end = alloc(e, 1000, 16) + 1000;
	top = the_break(e);
	refused(e, SIZE_MAX, 1);
	still_works(e, end++, top);
	refused(e, SIZE_MAX - exam_random(e, 2000), 64);
	still_works(e, end++, top);
	refused(e, (uint64_t)PTRDIFF_MAX + 1 + exam_random(e, 1000), 16);
	still_works(e, end++, top);
	refused(e, SIZE_MAX - 2 * BUMP_GROW + 1, 1);
	still_works(e, end++, top);
	refused(e, 1, (uint64_t)1 << 63);
	still_works(e, end++, top);
}

static void test_release(struct exam *e)
{
	uint64_t to, size, left;
	struct exam_block kept;

	shift_break(e);
	for (int i = 0; i < 8; i++) {
		size = 100 + exam_random(e, 9000);
		kept = exam_fill(e, alloc(e, size, 16), size);
		to = mark(e, kept.at + size);
		for (int j = 0; j < i; j++)
			alloc(e, 1 + exam_random(e, BUMP_GROW), 8);
		release(e, to, "the mark", 0);
		left = the_break(e) - to;
		exam_expected(e, "less than %zu bytes between mark and break",
			      BUMP_GROW);
		if (left >= BUMP_GROW)
			exam_seen(e, "%" PRId64, (int64_t)left);
		exam_check(e, &kept, "the block before the mark");
		size = alloc(e, 1 + exam_random(e, 50), 1);
		exam_expected(e, "the next block at the mark, %#" PRIx64, to);
		if (size != to)
			exam_seen(e, "%#" PRIx64, size);
	}
}

static void test_badmark(struct exam *e)
{
	uint64_t first, end, top, old;

	shift_break(e);
	first = alloc(e, 300, 16);
	old = mark(e, first + 300);
	end = alloc(e, 3 * BUMP_GROW, 16) + 3 * BUMP_GROW;
	top = the_break(e);
	release(e, 0, "NULL", EINVAL);
	still_works(e, end++, top);
	release(e, end + 1, "an address behind the last block", EINVAL);
	still_works(e, end++, top);
	release(e, top + BUMP_GROW, "an address above the break", EINVAL);
	still_works(e, end++, top);
	release(e, first - BUMP_GROW, "an address below the first block",
		EINVAL);
	still_works(e, end++, top);
	release(e, old, "the mark", 0);
	release(e, end, "a mark that was released with an earlier one", EINVAL);
}

static void test_foreign(struct exam *e)
{
	struct exam_block ours[12], theirs[12];
	uint64_t at, size;

	shift_break(e);
	for (int i = 0; i < 12; i++) {
		size = 1 + exam_random(e, 2 * BUMP_GROW);
		at = alloc(e, size, 64);
		exam_expected(e, "a multiple of 64");
		if (at % 64)
			exam_seen(e, "%#" PRIx64, at);
		ours[i] = exam_fill(e, at, size);
		size = 1 + exam_random(e, 20000);
		at = the_break(e);
		move_break(e, (int64_t)size);
		theirs[i] = exam_fill(e, at, size);
	}
	at = the_break(e);
	size = alloc(e, 4 * BUMP_GROW, 1);
	exam_expected(e, "%#" PRIx64 ", the break as somebody else left it",
		      at);
	if (size != at)
		exam_seen(e, "%#" PRIx64, size);
	for (int i = 0; i < 12; i++) {
		exam_did(e, "12 blocks of ours, after each somebody else's");
		exam_check(e, &ours[i], "a block");
		exam_check(e, &theirs[i], "somebody else's memory");
	}
}

static void test_busy(struct exam *e)
{
	uint64_t to, at, end, top, size = 1 + exam_random(e, 5000);
	struct exam_block theirs;

	shift_break(e);
	at = alloc(e, 1000, 16);
	to = mark(e, at + 1000);
	end = alloc(e, 2 * BUMP_GROW, 1) + 2 * BUMP_GROW;
	at = the_break(e);
	move_break(e, (int64_t)size);
	theirs = exam_fill(e, at, size);
	top = the_break(e);
	release(e, to, "a mark below somebody else's memory", EBUSY);
	still_works(e, end++, top);
	alloc(e, 3 * BUMP_GROW, 16);
	top = the_break(e);
	release(e, to, "a mark before somebody else's memory", EBUSY);
	exam_expected(e, "the break where it was");
	if (the_break(e) != top)
		exam_seen(e, "it moved by %" PRId64,
			  (int64_t)(the_break(e) - top));
	exam_check(e, &theirs, "somebody else's memory");
}

static const struct exam_test tests[] = {
	{ "align", 10, "a block begins at a multiple of its alignment",
	  "rounding: it is the address that is rounded up, not the size; also the first block's (part 2)",
	  test_align },
	{ "invalid", 5, "size 0 and odd alignments are EINVAL",
	  "the checks at the top of bump_alloc(): what is a power of two? (part 2)",
	  test_invalid },
	{ "apart", 15, "blocks share no byte and keep what is in them",
	  "where the next block begins, and whether the break went up by enough (part 2)",
	  test_apart },
	{ "tight", 10, "blocks follow each other without waste",
	  "what is added between two blocks; the end of a block is its address plus its size (part 2)",
	  test_tight },
	{ "grow", 10,
	  "the break goes up only when it must, by the fewest steps",
	  "the condition for sbrk(), and the rounding of what is missing to BUMP_GROW (part 3)",
	  test_grow },
	{ "enomem", 10,
	  "a refusal by the kernel is ENOMEM, and changes nothing",
	  "what sbrk() returns when it fails, and what you change before you know (part 4)",
	  test_enomem },
	{ "overflow", 5, "no size is too large to be refused",
	  "sums that wrap, and sizes that sbrk() takes as negative (part 4)",
	  test_overflow },
	{ "release", 10, "a release gives memory back and keeps the rest",
	  "where next and the break stand afterwards (part 5)", test_release },
	{ "badmark", 5, "a wrong mark is EINVAL",
	  "the range a mark may lie in (part 5)", test_badmark },
	{ "foreign", 10, "memory that somebody else took is left alone",
	  "compare sbrk(0) with where you left the break, before you go on there (part 6)",
	  test_foreign },
	{ "busy", 5, "no release takes away somebody else's memory",
	  "compare sbrk(0) before you lower the break (part 6)", test_busy },
};

static const struct exam_lab lab = {
	.name = "01_bump",
	.title = "a bump allocator on the break",
	.built = 5,
	EXAM_TESTS(tests),
	.data_limit = DATA_LIMIT,
};

int main(int argc, char **argv)
{
	return exam_main(&lab, argc, argv);
}
