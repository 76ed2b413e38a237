// SPDX-License-Identifier: MIT
/*
 * exam_direct.c - what Linux does not have to be asked about: no frame is lost
 * or handed out twice, and what is not the student's to mend is passed on.
 */
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "calls.h"

/* Return: where it is. */
static uint64_t create_as(struct exam *e, uint64_t space, uint64_t pages)
{
	struct exam_answer a;

	exam_did(e, "space_create(%" PRIu64 ")", pages);
	a = *exam_call(e, ASK_CREATE, space, pages);
	exam_expected(e, "0");
	if (a.value)
		exam_seen(e, "%" PRId64 " (%s)", a.value, exam_error(-a.value));
	return a.more[0];
}

static void create(struct exam *e, uint64_t pages)
{
	create_as(e, 0, pages);
}

static void store(struct exam *e, uint64_t space, uint64_t page, bool refuse)
{
	struct exam_ask ask = {
		.op = ASK_STORE, .arg = { space, page * obs_page_size() + 3, 7 }
	};

	judge_done(e, exam_ask(e, ask)->value, refuse, (int)page);
}

static void range(struct exam *e, uint64_t op, uint64_t first, uint64_t pages)
{
	exam_ask(e, (struct exam_ask){ .op = op, .arg = { 0, first, pages } });
}

/* ---- frames */

static void use_up(struct exam *e, uint64_t frames)
{
	struct look look;

	create(e, PAGES);
	exam_did(e,
		 "stores to %" PRIu64 " pages of a machine of %" PRIu64
		 " frames, then to one more",
		 frames, frames);
	for (uint64_t i = 0; i < frames; i++) {
		store(e, 0, i, false);
		judge_free(e, frames - i - 1);
	}
	store(e, 0, frames, true);
	memcpy(&look, exam_call(e, ASK_LOOK, 0, 0)->data, sizeof(look));
	exam_expected(e, "the faults of the space: zero %" PRIu64 ", refused 1",
		      frames);
	if (look.zero != frames || look.refused != 1)
		exam_seen(e, "zero %" PRIu64 ", refused %" PRIu64, look.zero,
			  look.refused);
	exam_did(e, "a fork, and a store of the child's, with no frame left");
	exam_call(e, ASK_FORK, 0, 1);
	judge_free(e, 0);
	store(e, 1, 0, true);
	exam_did(e, "the child exits, and its parent stores");
	exam_call(e, ASK_EXIT, 1, 0);
	store(e, 0, 0, false);
	exam_did(e, "the only space exits");
	exam_call(e, ASK_EXIT, 0, 0);
	judge_free(e, frames);
}

/* A parent with some pages, a child that copies some; both go, in some order. */
static void one_round(struct exam *e, uint64_t frames)
{
	uint64_t held = 3 + exam_random(e, frames - 4);
	uint64_t copied = exam_random(e, frames - held + 1);
	uint64_t first = exam_random(e, 2);

	create(e, PAGES);
	exam_did(
		e,
		"stores to %" PRIu64
		" pages; a fork; the child stores to %" PRIu64
		"; the parent drops page 1 and unmaps page 2; the %s exits, then the other",
		held, copied, first ? "child" : "parent");
	for (uint64_t i = 0; i < held; i++)
		store(e, 0, i, false);
	exam_call(e, ASK_FORK, 0, 1);
	for (uint64_t i = 0; i < copied && i < held; i++)
		store(e, 1, i, false);
	if (copied > held)
		copied = held;
	judge_free(e, frames - held - copied);
	range(e, ASK_DROP, 1, 1);
	range(e, ASK_UNMAP, 2, 1);
	judge_free(e, frames - held - copied + (copied > 1) + (copied > 2));
	exam_call(e, ASK_EXIT, first, 0);
	judge_free(e, first ? frames - held + 2 : frames - held);
	exam_call(e, ASK_EXIT, !first, 0);
	judge_free(e, frames);
}

/* As many spaces as there may be, as large as they may be. */
static void many_spaces(struct exam *e)
{
	uint64_t value;

	create(e, KERNEL_PAGES);
	store(e, 0, KERNEL_PAGES - 1, false);
	for (uint64_t i = 1; i < KERNEL_SPACES; i++) {
		exam_did(e, "fork number %" PRIu64 " of a space of %d pages", i,
			 KERNEL_PAGES);
		value = (uint64_t)exam_call(e, ASK_FORK, i / 2, i)->value;
		exam_expected(e, "0");
		if (value)
			exam_seen(e, "%" PRId64, (int64_t)value);
	}
	exam_did(e, "%d spaces hold a frame, and store to it", KERNEL_SPACES);
	for (uint64_t i = 0; i < KERNEL_SPACES; i++)
		store(e, i, KERNEL_PAGES - 1, false);
	judge_free(e, KERNEL_FRAMES - KERNEL_SPACES);
	exam_did(e, "%d spaces exit", KERNEL_SPACES);
	for (uint64_t i = 0; i < KERNEL_SPACES; i++)
		exam_call(e, ASK_EXIT, i, 0);
	judge_free(e, KERNEL_FRAMES);
	create(e, KERNEL_PAGES);
	exam_did(e, "spaces of %d pages store until all %d frames are taken",
		 KERNEL_PAGES, KERNEL_FRAMES);
	for (uint64_t i = 1; i < KERNEL_FRAMES / KERNEL_PAGES; i++)
		exam_call(e, ASK_FORK, 0, i);
	for (uint64_t i = 0; i < KERNEL_FRAMES; i++)
		store(e, i / KERNEL_PAGES, i % KERNEL_PAGES, false);
	judge_free(e, 0);
	store(e, KERNEL_FRAMES / KERNEL_PAGES - 1, 0, false);
}

/* A page of zeros that all share is none of the frames, and nobody's to put. */
static void with_zero_page(struct exam *e, uint64_t frames)
{
	uint64_t last = (PAGES - 1) * obs_page_size();

	for (int i = 0; i < 2; i++) {
		create(e, PAGES);
		exam_did(e, "a load, two forks, and all of them exit");
		exam_call(e, ASK_LOAD, 0, last);
		store(e, 0, 0, false);
		exam_call(e, ASK_FORK, 0, 1);
		exam_call(e, ASK_FORK, 1, 2);
		judge_free(e, frames - 1);
		range(e, ASK_DROP, 1, PAGES - 1);
		for (uint64_t p = 0; p < 3; p++)
			exam_call(e, ASK_EXIT, p, 0);
		judge_free(e, frames);
		use_up(e, frames);
	}
}

void test_frames(struct exam *e)
{
	uint64_t frames = 7 + exam_random(e, 5);

	boot(e, frames, false, TRAP_SEGV);
	use_up(e, frames);
	for (int i = 0; i < 40; i++)
		one_round(e, frames);
	use_up(e, frames);
	exam_finish(e);
	boot(e, frames, true, TRAP_SEGV);
	with_zero_page(e, frames);
	exam_finish(e);
	boot(e, KERNEL_FRAMES, true, TRAP_SEGV);
	many_spaces(e);
}

/* ---- what is passed on */

void ends_process(struct exam *e, bool own_page)
{
	int status;

	exam_did(e, "no handler was there before; an access to %s",
		 own_page ? "a page that was unmapped" :
			    "memory of somebody else");
	status = (int)exam_call(e, ASK_DIES, own_page, 0)->value;
	exam_expected(e, "the process ends by SIGSEGV");
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGSEGV)
		exam_seen(e, "by SIG%s", sigabbrev_np(WTERMSIG(status)));
	if (WEXITSTATUS(status) == NOT_EVEN_GOOD)
		exam_seen(e, "not even an access to a good page comes through");
	if (WEXITSTATUS(status) == CAME_THROUGH)
		exam_seen(e, "the access came through");
	if (!WIFSIGNALED(status))
		exam_seen(e, "it ends with exit status %d",
			  WEXITSTATUS(status));
}

/* Between two spaces, or near one, is where one was that has ended. */
static void beside(struct exam *e)
{
	uint64_t at, size = obs_page_size();

	create_as(e, 1, PAGES / 2);
	at = create_as(e, 2, PAGES / 2);
	create_as(e, 3, PAGES / 2);
	exam_call(e, ASK_EXIT, 2, 0);
	for (uint64_t i = 0; i < PAGES / 2; i++) {
		exam_did(
			e,
			"the second of three spaces exits; a load from where its page %" PRIu64
			" was",
			i);
		judge_done(e,
			   exam_call(e, ASK_ELSEWHERE, at + i * size, 0)->value,
			   true, (int)i);
	}
	exam_call(e, ASK_EXIT, 1, 0);
	exam_call(e, ASK_EXIT, 3, 0);
}

void test_foreign(struct exam *e)
{
	struct look look;

	ends_process(e, false);
	boot(e, KERNEL_FRAMES, has_zero_page(), TRAP_SEGV);
	create(e, PAGES);
	for (uint64_t i = 0; i < 4; i++) {
		exam_did(e,
			 "a store to page %" PRIu64
			 " of a space, after %" PRIu64 " accesses elsewhere",
			 i, 2 * i);
		store(e, 0, i, false);
		exam_did(e, "a load from %s",
			 i % 2 ? "memory of somebody else" : "NULL + 8");
		judge_done(e,
			   exam_call(e, ASK_ELSEWHERE, i % 2 ? 0 : 8, 0)->value,
			   true, 0);
		judge_done(e, exam_call(e, ASK_ELSEWHERE, 0, 0)->value, true,
			   0);
	}
	memcpy(&look, exam_call(e, ASK_LOOK, 0, 15)->data, sizeof(look));
	exam_did(e, "4 stores, and 8 loads elsewhere");
	exam_expected(e, "the faults of the space: zero 4, no other");
	if (look.zero != 4 ||
	    look.zeropage + look.copy + look.reuse + look.refused)
		exam_seen(e, "zero %" PRIu64 ", refused %" PRIu64 ", or others",
			  look.zero, look.refused);
	beside(e);
}
