// SPDX-License-Identifier: MIT
/* Plain text, for people: 80 columns, colour on terminals only. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define STRIP_LINES 4
#define STRIP_RUNS  16

#define FRAMES_SEEN "Page frames are compared by number."
#define FRAMES_HIDDEN \
	"Frame numbers are hidden (no CAP_SYS_ADMIN): 'mapped once', pagemap bit 56, is looked at instead."
#define NOT_DRAINED \
	" move_pages(2) is refused: pages may be held a moment longer by the kernel's own lists."

#define RED    "\033[1;31m"
#define GREEN  "\033[32m"
#define YELLOW "\033[33m"
#define BOLD   "\033[1m"
#define OFF    "\033[0m"

static void paint(const struct rep *r, const char *color, const char *text)
{
	if (r->options.color)
		printf("%s%s" OFF, color, text);
	else
		printf("%s", text);
}

/* How much of @text fits @room columns, cut at a blank where there is one. */
static size_t fitting(const char *text, size_t room)
{
	size_t len = strlen(text), cut = room;

	if (len <= room)
		return len;
	while (cut && text[cut] != ' ')
		cut--;
	return cut ? cut : room;
}

static const char *mark_color(const char *mark)
{
	return strstr(mark, "ok") || strstr(mark, "right") ? GREEN : RED;
}

void rep_wrapped(const struct rep *r, const char *label, const char *text,
		 const char *mark)
{
	size_t left = REP_INDENT + REP_LABEL;
	size_t room = r->width - left - (mark ? 9 : 0);

	do {
		size_t len = fitting(text, room);

		printf("%*s%-*s%.*s", REP_INDENT, "", REP_LABEL, label,
		       (int)len, text);
		text += len;
		text += strspn(text, " ");
		if (!*text && mark) {
			printf("%*s", (int)(room - len + 1), "");
			paint(r, mark_color(mark), mark);
		}
		putchar('\n');
		label = "";
	} while (*text);
}

void rep_paragraph(size_t width, size_t indent, const char *text)
{
	size_t left = 0;

	while (*text) {
		size_t len = fitting(text, width - left);

		printf("%*s%.*s\n", (int)left, "", (int)len, text);
		text += len;
		text += strspn(text, " ");
		left = indent;
	}
}

static void begin(struct rep *r)
{
	const char *blind = obs_source_blind(r->source);
	char text[400], variant[40] = "";

	paint(r, BOLD, r->demo->name);
	printf(": %s\n", r->demo->title);
	/* Who is asked is not told first. */
	if (!r->options.ask)
		rep_paragraph(r->width, 0, r->demo->lesson);
	if (r->options.seed)
		snprintf(variant, sizeof(variant), "Variant %" PRIu64 ". ",
			 r->options.seed);
	snprintf(
		text, sizeof(text),
		"%s%zu page%s of %zu bytes. Faults are counted by %s%s%s%s%s. %s%s",
		variant, rep_pages(r), rep_s(rep_pages(r)), obs_page_size(),
		r->source == OBS_RUSAGE ? "getrusage" : "perf",
		blind ? " (" : "", blind ? blind : "", blind ? ")" : "",
		r->source == OBS_RUSAGE ? "" : " and getrusage",
		r->sees_frames ? FRAMES_SEEN : FRAMES_HIDDEN,
		r->drains ? "" : NOT_DRAINED);
	rep_paragraph(r->width, 0, text);
}

/* The statement, and which ones of the course it settles. */
static void statement(const struct rep_step *step, char *text, size_t size)
{
	snprintf(text, size, "%s%s%s%s", step->statement,
		 step->settles ? " [" : "", step->settles ? step->settles : "",
		 step->settles ? "]" : "");
}

static bool has_question(const struct rep *r)
{
	return r->options.ask && r->demo->steps[r->step].question;
}

static void step_begin(struct rep *r)
{
	const struct rep_step *step = &r->demo->steps[r->step];
	char text[400];
	int used;

	putchar('\n');
	statement(step, text, sizeof(text));
	if (has_question(r))
		snprintf(text, sizeof(text), "%s", step->question);
	used = printf("%zu/%zu ", r->step + 1, r->demo->nsteps);
	used += printf("%*s", used < REP_INDENT ? REP_INDENT - used : 0, "");
	for (const char *rest = text; *rest; rest += strspn(rest, " ")) {
		size_t len = fitting(rest, r->width - used);

		if (rest != text)
			printf("%*s", used, "");
		printf("%.*s\n", (int)len, rest);
		rest += len;
	}
}

static void predict(struct rep *r, const struct rep_claim *claim)
{
	char text[400];

	if (claim == r->claims && has_question(r)) {
		statement(&r->demo->steps[r->step], text, sizeof(text));
		rep_wrapped(r, "shown", text, NULL);
	}
	rep_claim_text(claim, false, text, sizeof(text));
	rep_wrapped(r, claim == r->claims ? "predict" : "", text, NULL);
}

/* Who was asked is told why after what was seen: see step_end(). */
static void because(struct rep *r)
{
	if (!r->options.ask)
		rep_wrapped(r, "because", r->reason, NULL);
}

static void measure(struct rep *r, const struct rep_claim *claim)
{
	char text[256];

	rep_claim_text(claim, true, text, sizeof(text));
	rep_wrapped(r, r->seen == 1 ? "measure" : "", text,
		    rep_claim_holds(claim) ? "ok" : "DIFFERS");
	if (*claim->odd)
		rep_wrapped(r, "labels", claim->odd, "DIFFERS");
	if (claim->asked) {
		rep_gap_text(claim, text, sizeof(text));
		rep_wrapped(r, "you", text,
			    claim->answer == claim->measured ? "right" :
							       "wrong");
	}
}

static void note(struct rep *r, const char *text)
{
	rep_wrapped(r, "see", text, NULL);
}

static const char *strip_color(char c)
{
	switch (c) {
	case 'C':
	case 'f':
		return YELLOW;
	case 'P':
	case 'D':
		return GREEN;
	default:
		return "";
	}
}

static void put_run(const struct rep *r, char c, size_t length)
{
	const char *color = r->options.color ? strip_color(c) : "";

	printf("%s", color);
	while (length--)
		putchar(c);
	printf("%s", *color ? OFF : "");
}

/* Every page on a few lines. */
static void draw_pages(struct rep *r, const char *label,
		       const struct obs_page *page, size_t pages)
{
	size_t room = r->width - REP_INDENT - REP_LABEL;

	for (size_t line = 0; line < pages; line += room) {
		size_t n = pages - line < room ? pages - line : room, at = 0;

		printf("%*s%-*s", REP_INDENT, "", REP_LABEL, label);
		while (at < n) {
			char c;
			size_t run = rep_page_run(page + line, n, &at, &c);

			put_run(r, c, run);
		}
		putchar('\n');
		label = "";
	}
}

/* Too many pages to draw: runs of equal ones. */
static void draw_runs(struct rep *r, const char *label,
		      const struct obs_page *page, size_t pages)
{
	char text[64 * STRIP_RUNS];
	size_t used = 0, runs = 0, at = 0;

	while (at < pages && runs++ < STRIP_RUNS) {
		char c;
		size_t run = rep_page_run(page, pages, &at, &c);

		used += snprintf(text + used, sizeof(text) - used, "%s%c x %zu",
				 used ? ", " : "", c, run);
	}
	if (at < pages)
		snprintf(text + used, sizeof(text) - used,
			 ", and %zu page%s more in other runs", pages - at,
			 rep_s(pages - at));
	rep_wrapped(r, label, text, NULL);
}

/* Explain each character in the step where it is first seen. */
static void legend(struct rep *r)
{
	char text[512];
	size_t used = 0;

	for (int c = 0; c < 256; c++) {
		if (r->legend[c] != SEEN)
			continue;
		r->legend[c] = EXPLAINED;
		used += snprintf(text + used, sizeof(text) - used, "%s%c %s",
				 used ? ", " : "", c, rep_page_meaning(c));
	}
	if (used)
		rep_wrapped(r, "key", text, NULL);
}

static void strip(struct rep *r, const char *label, const struct obs_page *page,
		  size_t pages)
{
	if (pages > STRIP_LINES * (r->width - REP_INDENT - REP_LABEL))
		draw_runs(r, label, page, pages);
	else
		draw_pages(r, label, page, pages);
	for (size_t at = 0; at < pages;) {
		char c;

		rep_page_run(page, pages, &at, &c);
		if (r->legend[(unsigned char)c] == UNSEEN)
			r->legend[(unsigned char)c] = SEEN;
	}
}

static void step_end(struct rep *r, enum rep_verdict verdict)
{
	if (r->options.ask && r->seen)
		rep_wrapped(r, "because", r->reason, NULL);
	legend(r);
	if (verdict == REP_SKIPPED)
		rep_wrapped(r, "SKIPPED", r->why, NULL);
	for (size_t i = 0; i < r->n_claims && verdict == REP_DIFFERS; i++)
		if (!r->claims[i].seen && !r->failed)
			rep_wrapped(r, "measure", "nothing", "DIFFERS");
}

static void score(const struct rep *r)
{
	if (r->asked)
		printf("You were right %zu time%s out of %zu.\n", r->right,
		       rep_s(r->right), r->asked);
}

static void end(struct rep *r)
{
	char labels[64];

	if (r->failed) {
		score(r);
		return;
	}
	if (r->options.ask) {
		putchar('\n');
		rep_paragraph(r->width, 0, r->demo->lesson);
	}
	putchar('\n');
	rep_labels_text(r, labels, sizeof(labels));
	if (*labels)
		printf("Each fault's kind is known %s.\n", labels);
	/* The verdict comes last, where one looks for it. */
	printf("%zu step%s: %zu ok", r->demo->nsteps, rep_s(r->demo->nsteps),
	       r->verdicts[REP_OK]);
	if (r->verdicts[REP_DIFFERS]) {
		printf(", ");
		printf("%zu ", r->verdicts[REP_DIFFERS]);
		paint(r, RED, "DIFFERENT FROM THE PREDICTION");
	}
	if (r->verdicts[REP_SKIPPED])
		printf(", %zu skipped", r->verdicts[REP_SKIPPED]);
	if (r->left)
		printf(", %zu not run", r->demo->nsteps - r->step);
	printf("; %" PRIu64 " fault%s predicted, %" PRIu64 " measured.\n",
	       r->predicted, rep_s(r->predicted), r->measured);
	score(r);
}

const struct rep_render rep_text = {
	.begin = begin,
	.step_begin = step_begin,
	.predict = predict,
	.because = because,
	.measure = measure,
	.note = note,
	.strip = strip,
	.step_end = step_end,
	.end = end,
};

/* --quiet: a line for what did not go as predicted. */
static void terse_step_end(struct rep *r, enum rep_verdict verdict)
{
	const struct rep_step *step = &r->demo->steps[r->step];
	char want[256], got[256];

	if (r->failed)
		return;
	if (verdict == REP_SKIPPED)
		printf("%s: step %zu skipped: %s\n", r->demo->name, r->step + 1,
		       r->why);
	for (size_t i = 0; i < r->n_claims && verdict == REP_DIFFERS; i++) {
		if (rep_claim_holds(&r->claims[i]))
			continue;
		rep_claim_text(&r->claims[i], false, want, sizeof(want));
		rep_claim_text(&r->claims[i], true, got, sizeof(got));
		printf("%s: step %zu differs: predicted %s; measured %s%s%s: %s\n",
		       r->demo->name, r->step + 1, want,
		       r->claims[i].seen ? got : "nothing",
		       *r->claims[i].odd ? ", and " : "", r->claims[i].odd,
		       step->statement);
	}
}

const struct rep_render rep_terse = {
	.step_end = terse_step_end,
};
