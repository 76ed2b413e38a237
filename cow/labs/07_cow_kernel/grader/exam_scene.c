// SPDX-License-Identifier: MIT
/*
 * exam_scene.c - scenes, and what Linux makes of them: real processes do each
 * line, and the toolkit observes kind by kind and page by page what happened.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "calls.h"

void scene_begin(struct scene *s, bool zero_page)
{
	memset(s, 0, sizeof(*s));
	s->zero_page = zero_page;
}

void scene_add(struct scene *s, const char *fmt, ...)
{
	size_t len = strlen(s->text);
	va_list args;

	va_start(args, fmt);
	vsnprintf(s->text + len, sizeof(s->text) - len, fmt, args);
	va_end(args);
	strncat(s->text, "\n", sizeof(s->text) - strlen(s->text) - 1);
}

bool has_zero_page(void)
{
	return obs_fresh_read() != OBS_KIND_ZERO;
}

static void note_pages(struct scene *s, struct step *step, const struct mm *mm,
		       int proc)
{
	for (int i = 0; i < s->pages; i++) {
		const struct mm_pte *pte = &mm->proc[proc].pte[s->start + i];
		const struct mm_frame *frame = &mm->frame[pte->frame];
		struct want *page = &step->page[proc][i];

		page->frame = pte->frame == MM_ZERO_PAGE ? MM_ZERO_PAGE :
			      pte->frame ? (int)frame->serial + 1 :
					   0;
		page->write = pte->write;
		page->value = pte->frame ? (unsigned char)frame->value : 0;
	}
}

static size_t count_frames(const struct mm *mm)
{
	size_t n = 0;

	for (int i = MM_ZERO_PAGE + 1; i < MM_FRAMES; i++)
		n += mm->frame[i].mapcount > 0;
	return n;
}

static int before(void *arg, const struct lit_line *line)
{
	return 0;
}

static int after(void *arg, const struct lit_outcome *outcome)
{
	const struct mm_op *op = &outcome->line->op;
	const struct mm *mm = outcome->lab->mm;
	const struct mm_result *r = outcome->measured ? outcome->measured :
							outcome->predicted;
	struct scene *s = arg;
	struct step *step = &s->step[s->steps++];

	if (!outcome->agreed)
		return 0;
	if (op->kind == MM_OP_MMAP) {
		s->start = op->start;
		s->pages = op->pages;
	}
	step->op = *op;
	snprintf(step->text, sizeof(step->text), "%.39s", outcome->line->text);
	for (int i = 0; i < r->touches; i++)
		step->kind[i] = r->touch[i].kind;
	for (int p = 0; p < MM_PROCS; p++) {
		step->alive[p] = mm->proc[p].alive;
		if (step->alive[p])
			note_pages(s, step, mm, p);
	}
	step->frames = count_frames(mm);
	return 0;
}

static void read_scene(struct exam *e, struct scene *s,
		       struct lit_scenario *scenario)
{
	char text[sizeof(s->text) + 40], message[LIT_WHAT_MAX];
	FILE *file;
	int rc;

	snprintf(text, sizeof(text), "needs %szeropage\n%s",
		 s->zero_page ? "" : "no-", s->text);
	file = fmemopen(text, strlen(text), "r");
	if (!file)
		exam_broken(e, "reading a scene: %s", strerror(errno));
	rc = lit_read(scenario, "scene", file, message);
	fclose(file);
	if (rc)
		exam_broken(e, "%s", message);
}

/*
 * The processes of a scene are waited for, whoever they are: so no subject may
 * run now. Where this kernel has a zero page and the scene is for a machine
 * that has none, or the other way round, the model answers for that machine.
 */
void scene_ask_linux(struct exam *e, struct scene *s)
{
	static struct lit_scenario scenario;
	const struct lit_player player = { before, after, s };
	struct lit_lab lab;
	int rc = 1;

	exam_finish(e);
	read_scene(e, s, &scenario);
	if (lit_lab_open(&lab, false, NULL, true))
		exam_broken(e, "%s", lit_what());
	s->by_model = s->zero_page != has_zero_page();
	/* The machine may have done something else meanwhile. */
	for (int i = 0; i < 3 && rc > 0; i++) {
		s->steps = 0;
		rc = lit_play(&lab, &scenario,
			      s->by_model ? LIT_MODEL : LIT_COMPARE, &player);
	}
	lit_lab_close(&lab);
	if (rc)
		exam_broken(e, "Linux and the model of it differ, or: %s",
			    lit_what());
}

/* ---- random scenes */

struct dice {
	struct exam *e;
	struct scene *s;
	int pages;
	int procs; /* born so far */
	bool alive[MM_PROCS];
	bool had_frames[MM_PROCS];
};

static int roll(struct dice *d, int n)
{
	return (int)exam_random(d->e, (uint64_t)n);
}

static int living(const struct dice *d)
{
	int n = 0;

	for (int i = 0; i < d->procs; i++)
		n += d->alive[i];
	return n;
}

static int somebody(struct dice *d)
{
	int p = roll(d, d->procs);

	while (!d->alive[p])
		p = (p + 1) % d->procs;
	return p;
}

static void do_fork(struct dice *d, int p)
{
	if (living(d) > 4 || d->procs == MM_PROCS)
		return;
	d->alive[d->procs] = true;
	d->had_frames[d->procs] = d->had_frames[p];
	scene_add(d->s, "P%d fork P%d", p, d->procs++);
}

static void do_range(struct dice *d, int p, int what)
{
	int first = roll(d, d->pages), last = first + roll(d, 3);

	if (last >= d->pages)
		last = d->pages - 1;
	if (what < 7) {
		d->had_frames[p] = true;
		scene_add(d->s, "P%d write a %d-%d =%d", p, first, last,
			  1 + roll(d, 255));
	} else if (what < 10) {
		scene_add(d->s, "P%d read a %d-%d", p, first, last);
	} else if (what < 11) {
		scene_add(d->s, "P%d madvise a %d-%d dontneed", p, first, last);
	} else if (d->had_frames[p]) {
		/* Or the parts would have had frames each for itself. */
		scene_add(d->s, "P%d munmap a %d", p, first);
	}
}

void scene_random(struct exam *e, struct scene *s, bool zero_page)
{
	struct dice d = { .e = e, .s = s, .procs = 1, .alive = { true } };

	d.pages = 6 + roll(&d, 6);
	scene_begin(s, zero_page);
	scene_add(s, "map a anon private %d", d.pages);
	scene_add(s, "P0 write a 1-%d =%d", d.pages / 2, 1 + roll(&d, 255));
	d.had_frames[0] = true;
	for (int i = 0; i < 28; i++) {
		int p = somebody(&d), what = roll(&d, 18);

		if (what < 12) {
			do_range(&d, p, what);
		} else if (what < 16) {
			do_fork(&d, p);
		} else if (living(&d) > 1) {
			d.alive[p] = false;
			scene_add(s, "P%d exit", p);
		}
	}
}
