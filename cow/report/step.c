// SPDX-License-Identifier: MIT
/* What a step says while it runs. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

size_t rep_pages(const struct rep *r)
{
	return r->options.pages;
}

size_t rep_vary(struct rep *r, size_t usual, size_t least, size_t most)
{
	r->varied++;
	return r->options.seed ? rep_seeded(r->options.seed, r->demo->name,
					    r->varied, least, most) :
				 usual;
}

bool rep_sees_frames(const struct rep *r)
{
	return r->sees_frames;
}

const char *rep_same(const struct rep *r)
{
	return r->sees_frames ? "in both as one frame" :
				"in both, mapped more than once";
}

const char *rep_option(const struct rep *r)
{
	return r->options.own;
}

void rep_given(struct rep *r, const char *fmt, ...)
{
	char text[200];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (r->options.ask && !r->failed)
		rep_wrapped(r, "given", text, NULL);
}

void rep_expect_faults(struct rep *r, uint64_t faults, enum obs_kind kind)
{
	struct rep_claim *claim = r->n_claims ? &r->claims[r->n_claims - 1] :
						NULL;

	if (r->failed)
		return;
	if (!claim || !claim->faults)
		claim = REP_NEW(r, claims);
	if (!claim)
		return;
	claim->faults = true;
	claim->predicted += faults;
	claim->predicted_kind[kind] += faults;
}

void rep_expect(struct rep *r, uint64_t value, const char *unit,
		const char *what)
{
	struct rep_claim *claim;

	if (r->failed)
		return;
	claim = REP_NEW(r, claims);
	if (!claim)
		return;
	claim->predicted = value;
	claim->unit = unit;
	claim->what = what;
}

/* All questions are asked before an answer is given away. */
static bool ask(struct rep *r, struct rep_claim *claim)
{
	if (!rep_ask(r, claim))
		return true;
	snprintf(r->why, sizeof(r->why), REP_NO_INPUT);
	r->failed = true;
	return false;
}

static void announce(struct rep *r)
{
	if (!r->n_claims || r->failed)
		return;
	for (size_t i = 0; i < r->n_claims && r->options.ask; i++)
		if (!ask(r, &r->claims[i]))
			return;
	for (size_t i = 0; i < r->n_claims && r->render->predict; i++)
		r->render->predict(r, &r->claims[i]);
	if (r->render->because)
		r->render->because(r);
	rep_put_out(r);
}

void rep_because(struct rep *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->reason, sizeof(r->reason), fmt, args);
	va_end(args);
	announce(r);
}

static void measured(struct rep *r, struct rep_claim *claim)
{
	claim->seen = true;
	r->seen++;
	if (r->render->measure)
		r->render->measure(r, claim);
}

/* The first claim of a sort that has no measurement yet, but a reason. */
static struct rep_claim *unseen(struct rep *r, bool faults)
{
	for (size_t i = 0; i < r->n_claims && *r->reason; i++)
		if (!r->claims[i].seen && r->claims[i].faults == faults)
			return &r->claims[i];
	rep_failed(r, -EINVAL,
		   "measure what step %zu did not predict, and say why",
		   r->step + 1);
	return NULL;
}

void rep_saw_faults(struct rep *r, const struct obs_window *window)
{
	struct rep_claim *claim;

	if (r->failed || rep_failed(r, window->error, "%s", window->what))
		return;
	claim = unseen(r, true);
	if (!claim)
		return;
	claim->measured = window->faults.total;
	memcpy(claim->measured_kind, window->faults.kind,
	       sizeof(claim->measured_kind));
	claim->labels = window->faults.labels;
	strcpy(claim->odd, window->odd);
	r->by_perf += window->faults.by_perf;
	if (window->faults.source == OBS_PERF_USER)
		r->unseen += window->faults.kernel;
	measured(r, claim);
}

void rep_saw(struct rep *r, uint64_t value)
{
	struct rep_claim *claim;

	if (r->failed)
		return;
	claim = unseen(r, false);
	if (!claim)
		return;
	claim->measured = value;
	measured(r, claim);
}

void rep_note(struct rep *r, const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (!r->failed && r->render->note)
		r->render->note(r, text);
}

void rep_strip(struct rep *r, const char *label, const struct obs_page *page,
	       size_t pages)
{
	struct rep_picture *picture = REP_NEW(r, pictures);

	if (picture)
		*picture = (struct rep_picture){ label, page, pages };
}

bool rep_failed(struct rep *r, int rc, const char *fmt, ...)
{
	char doing[200];
	va_list args;

	if (rc >= 0)
		return false;
	if (r->failed)
		return true;
	va_start(args, fmt);
	if (fmt)
		vsnprintf(doing, sizeof(doing), fmt, args);
	else
		snprintf(doing, sizeof(doing), "%s", obs_what());
	va_end(args);
	snprintf(r->why, sizeof(r->why), "%s: %s", doing, strerror(-rc));
	r->failed = true;
	return true;
}

bool rep_going(const struct rep *r)
{
	return !r->failed;
}

void rep_skip_rest(struct rep *r, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(r->why, sizeof(r->why), fmt, args);
	va_end(args);
	r->skipped = true;
}
