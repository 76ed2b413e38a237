// SPDX-License-Identifier: MIT
/*
 * exam_play.c - a scene on the student's machine: after each access the faults
 * are what Linux counted, and after each line so is all that can be seen.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"

/* The lines up to now, as many of the last ones as there is room for. */
static void say_so_far(struct exam *e, const struct machine *m)
{
	const struct scene *s = m->scene;
	char text[400] = "";
	int from = m->now;
	size_t room = sizeof(text) - 60;

	while (from > 1 && strlen(s->step[from - 1].text) + 2 < room)
		room -= strlen(s->step[from--].text) + 2;
	for (int i = 0; i <= m->now; i++) {
		size_t len = strlen(text);

		if (i && i < from)
			continue;
		snprintf(text + len, sizeof(text) - len, "%s%s",
			 !i		    ? "" :
			 i == from && i > 1 ? "; ... " :
					      "; ",
			 s->step[i].text);
	}
	exam_did(e, "%s", text);
}

void boot(struct exam *e, size_t frames, bool zero_page, enum kernel_trap trap)
{
	struct exam_ask ask = { .op = ASK_BOOT,
				.arg = { frames, zero_page, trap } };
	int64_t value;

	exam_did(e, "kernel_boot() of %zu frames, %s zero page, %s", frames,
		 zero_page ? "a" : "no",
		 trap == TRAP_UFFD ? "TRAP_UFFD" : "TRAP_SEGV");
	value = exam_ask(e, ask)->value;
	exam_expected(e, "0");
	if (value)
		exam_seen(e, "%" PRId64 " (%s)", value, exam_error(-value));
}

/* ---- what was counted, and what stands in the pages */

static const char *say_faults(const struct look *look, char *text, size_t size)
{
	const uint64_t n[] = { look->zeropage, look->zero, look->copy,
			       look->reuse, look->refused };
	static const char *const name[] = { "zeropage", "zero", "copy", "reuse",
					    "refused" };
	size_t len = 0;

	snprintf(text, size, "no fault");
	for (int i = 0; i < 5; i++)
		if (n[i] && len < size)
			len += (size_t)snprintf(text + len, size - len,
						"%s%s %" PRIu64,
						len ? ", " : "", name[i], n[i]);
	return text;
}

static struct look look(struct exam *e, int p, uint64_t pages)
{
	struct look look;

	memcpy(&look, exam_call(e, ASK_LOOK, (uint64_t)p, pages)->data,
	       sizeof(look));
	return look;
}

static void judge_faults(struct exam *e, struct machine *m, int p,
			 const struct look *is)
{
	char text[100];

	if (m->now < m->scene->setup)
		m->total[p] = *is;

	exam_expected(e, "faults of P%d so far, as %s counts them: %s", p,
		      m->scene->by_model ? "the model of Linux" : "Linux",
		      say_faults(&m->total[p], text, sizeof(text)));
	if (memcmp(is, &m->total[p], offsetof(struct look, sum)))
		exam_seen(e, "%s", say_faults(is, text, sizeof(text)));
}

/* The sum of a page that holds a pattern, but for one byte. */
static uint64_t sum_of(unsigned char value, uint64_t at, unsigned char byte)
{
	uint64_t sum = 0;

	for (uint64_t i = 0; i < obs_page_size(); i++)
		sum = mix(sum, i == at ? byte : pattern(value, i));
	return sum;
}

static void look_at_kind(struct exam *e, enum mm_kind kind)
{
	static const char *const look[MM_KINDS] = {
		[MM_KIND_NONE] =
			"no fault here: the page may be accessed as it is mapped",
		[MM_KIND_ZEROPAGE] = "a load from an absent page (part 4)",
		[MM_KIND_ZERO] =
			"absent, or the zero page: a new frame of zeros, counted once (parts 1 and 4)",
		[MM_KIND_COPY] =
			"others hold the frame as well, so it is copied (part 2)",
		[MM_KIND_REUSE] =
			"nobody else holds the frame any more: it is how many hold it now that counts (part 3)",
		[MM_KIND_SEGV] =
			"the page was unmapped: refused, counted, passed on (part 4)",
	};

	if (look[kind])
		exam_look(e, look[kind]);
}

/* All pages that are there, and nothing has faulted. */
static void judge_space(struct exam *e, struct machine *m, int p)
{
	const struct want *page = m->scene->step[m->now].page[p];
	uint64_t mask = 0;
	struct look is;

	for (int i = 0; i < m->scene->pages; i++)
		mask |= page[i].frame ? 1ULL << i : 0;
	is = look(e, p, mask);
	judge_faults(e, m, p, &is);
	for (int i = 0; i < m->scene->pages; i++) {
		exam_expected(e, "page %d of P%d: %s", i, p,
			      page[i].value ? "all bytes as they were stored" :
					      "all bytes 0");
		if (page[i].frame &&
		    is.sum[i] != sum_of(page[i].value, UINT64_MAX, 0))
			exam_seen(e, "other bytes");
	}
	is = look(e, p, 0);
	judge_faults(e, m, p, &is);
}

/* ---- accesses */

static void count(struct look *total, enum mm_kind kind)
{
	switch (kind) {
	case MM_KIND_ZEROPAGE:
		total->zeropage++;
		break;
	case MM_KIND_ZERO:
		total->zero++;
		break;
	case MM_KIND_COPY:
		total->copy++;
		break;
	case MM_KIND_REUSE:
		total->reuse++;
		break;
	case MM_KIND_SEGV:
		total->refused++;
		break;
	default:
		/* What a processor can't note itself is not the student's. */
		break;
	}
}

void judge_done(struct exam *e, int64_t value, bool refuse, int page)
{
	bool refused = value != DONE;

	exam_expected(e, "page %d: the access %s", page,
		      refuse ? "is refused: passed on to the handler before" :
			       "comes through");
	if (value == REFUSED_ELSEWHERE)
		exam_seen(e, "refused, with another si_addr");
	if (refused != refuse)
		exam_seen(e, "it %s", refuse ? "came through" : "was refused");
}

/* The first byte of a page, the last one, or any. */
static uint64_t somewhere(struct exam *e)
{
	uint64_t size = obs_page_size();
	const uint64_t at[] = { 0, size - 1, exam_random(e, size) };

	return at[exam_random(e, 3)];
}

/* What stood in a page before this line; 0 if it was absent. */
static unsigned char old_value(const struct machine *m, int p, int page)
{
	return m->now ? m->scene->step[m->now - 1].page[p][page].value : 0;
}

/* One byte first: the others must be what they were, in a copy as well. */
static void store(struct exam *e, struct machine *m, int p, int page, int value,
		  bool refuse)
{
	uint64_t size = obs_page_size(), at = somewhere(e);
	unsigned char old = old_value(m, p, page), byte = ~pattern(old, at);
	struct exam_ask ask = {
		.op = ASK_STORE, .arg = { (uint64_t)p, page * size + at, byte }
	};
	struct look is;

	judge_done(e, exam_ask(e, ask)->value, refuse, page);
	if (refuse)
		return;
	is = look(e, p, 1ULL << page);
	exam_expected(e,
		      "page %d of P%d, written to in byte %" PRIu64
		      ": all other bytes %s",
		      page, p, at, old ? "as they were" : "0");
	if (is.sum[page] != sum_of(old, at, byte))
		exam_seen(e, "some are not");
	ask = (struct exam_ask){ .op = ASK_FILL,
				 .arg = { (uint64_t)p, (uint64_t)page,
					  (uint64_t)value } };
	exam_ask(e, ask);
}

static void load(struct exam *e, struct machine *m, int p, int page,
		 bool refuse)
{
	uint64_t size = obs_page_size(), at = somewhere(e);
	unsigned char want =
		pattern(m->scene->step[m->now].page[p][page].value, at);
	struct exam_answer a =
		*exam_call(e, ASK_LOAD, (uint64_t)p, page * size + at);

	judge_done(e, a.value, refuse, page);
	exam_expected(e, "page %d of P%d: %u in byte %" PRIu64, page, p, want,
		      at);
	if (!refuse && a.more[0] != want)
		exam_seen(e, "%" PRIu64, a.more[0]);
}

static void touch(struct exam *e, struct machine *m)
{
	const struct step *step = &m->scene->step[m->now];
	const struct mm_op *op = &step->op;
	struct look is;

	for (int i = 0; i < op->pages; i++) {
		int page = op->start - m->scene->start + i;
		bool refuse = step->kind[i] == MM_KIND_SEGV;

		count(&m->total[op->proc], step->kind[i]);
		if (op->kind == MM_OP_WRITE)
			store(e, m, op->proc, page, (unsigned char)op->value,
			      refuse);
		else
			load(e, m, op->proc, page, refuse);
		is = look(e, op->proc, 0);
		if (memcmp(&is, &m->total[op->proc],
			   offsetof(struct look, sum)))
			look_at_kind(e, step->kind[i]);
		judge_faults(e, m, op->proc, &is);
	}
}

/* ---- other lines */

static void born(struct exam *e, struct machine *m, int p,
		 const struct exam_answer *a)
{
	uint64_t size = obs_page_size();

	exam_expected(e, "0");
	if (a->value)
		exam_seen(e, "%" PRId64 " (%s)", a->value,
			  exam_error(-a->value));
	m->base[p] = a->more[0];
	exam_expected(e, "space_base(): the address of a page");
	if (!m->base[p] || m->base[p] % size)
		exam_seen(e, "%#" PRIx64, m->base[p]);
}

static void do_range(struct exam *e, const struct machine *m, uint64_t ask_op,
		     const struct mm_op *op)
{
	struct exam_ask ask = { .op = ask_op,
				.arg = {
					(uint64_t)op->proc,
					(uint64_t)(op->start - m->scene->start),
					(uint64_t)op->pages } };

	exam_ask(e, ask);
}

static void do_line(struct exam *e, struct machine *m, const struct mm_op *op)
{
	uint64_t p = (uint64_t)op->proc, child = (uint64_t)op->child;
	struct exam_answer a;

	switch (op->kind) {
	case MM_OP_MMAP:
		a = *exam_call(e, ASK_CREATE, p, (uint64_t)op->pages);
		born(e, m, op->proc, &a);
		break;
	case MM_OP_FORK:
		a = *exam_call(e, ASK_FORK, p, child);
		born(e, m, op->child, &a);
		break;
	case MM_OP_EXIT:
		exam_call(e, ASK_EXIT, p, 0);
		break;
	case MM_OP_MADVISE:
		do_range(e, m, ASK_DROP, op);
		break;
	case MM_OP_MUNMAP:
		do_range(e, m, ASK_UNMAP, op);
		break;
	default:
		touch(e, m);
	}
}

void judge_free(struct exam *e, size_t frames)
{
	int64_t value = exam_call(e, ASK_FREE, 0, 0)->value;

	exam_expected(e, "kernel_free(): %zu", frames);
	if (value != (int64_t)frames)
		exam_seen(e, "%" PRId64, value);
}

void scene_play(struct exam *e, const struct scene *s, enum kernel_trap trap)
{
	static struct machine m;

	m = (struct machine){ .scene = s, .trap = trap };
	boot(e, KERNEL_FRAMES, s->zero_page, trap);
	for (m.now = 0; m.now < s->steps; m.now++) {
		const struct step *step = &s->step[m.now];

		say_so_far(e, &m);
		do_line(e, &m, &step->op);
		look_from_outside(e, &m);
		for (int p = 0; p < MM_PROCS; p++)
			if (step->alive[p])
				judge_space(e, &m, p);
	}
}
