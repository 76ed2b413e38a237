// SPDX-License-Identifier: MIT
/* Running a demo: its steps in order, their verdicts, the exit status. */
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

enum {
	EXIT_OK = 0,
	EXIT_DIFFERS = 1,
	EXIT_SKIPPED = 4,
	EXIT_LEFT = 130, /* as if interrupted: who runs more stops as well */
};

const char *rep_verdict_id(enum rep_verdict verdict)
{
	static const char *const id[] = { "ok", "differs", "skipped" };

	return id[verdict];
}

void rep_put_out(struct rep *r)
{
	int error = rep_out_error();

	if (error)
		rep_failed(r, -error, "write to standard output");
}

static enum rep_verdict verdict(const struct rep *r)
{
	if (r->failed)
		return REP_DIFFERS;
	if (r->skipped || r->disturbed)
		return REP_SKIPPED;
	for (size_t i = 0; i < r->n_claims; i++)
		if (!rep_claim_holds(&r->claims[i]))
			return REP_DIFFERS;
	return r->n_claims ? REP_OK : REP_DIFFERS;
}

static void add_to_sums(struct rep *r)
{
	for (size_t i = 0; i < r->n_claims; i++) {
		const struct rep_claim *claim = &r->claims[i];

		r->asked += claim->asked && claim->seen;
		r->right += claim->asked && claim->seen &&
			    claim->answer == claim->measured;
		if (!claim->faults || verdict(r) == REP_SKIPPED)
			continue;
		r->predicted += claim->predicted;
		r->measured += claim->measured;
		r->labelled[claim->labels] += claim->measured;
	}
	r->verdicts[verdict(r)]++;
}

/* How many pages the kernel has moved or swapped, of all processes. */
static uint64_t pages_moved(void)
{
	static const char *const fields[] = { "pgmigrate_success",
					      "thp_collapse_alloc", "pswpin",
					      "pswpout" };
	uint64_t sum = 0, value;
	struct obs_proc self;

	if (obs_proc_open(&self, "", 0))
		return 0;
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!obs_vmstat(&self, fields[i], &value))
			sum += value;
	obs_proc_close(&self);
	return sum;
}

static void run_step(struct rep *r)
{
	uint64_t moved = pages_moved();

	r->n_claims = 0;
	r->n_pictures = 0;
	r->seen = 0;
	r->disturbances += r->disturbed;
	r->disturbed = false;
	*r->reason = '\0';
	memset(r->claims, 0, sizeof(r->claims));
	if (r->render->step_begin)
		r->render->step_begin(r);
	if (!r->skipped)
		r->demo->steps[r->step].run(r);
	if (verdict(r) == REP_DIFFERS && !r->failed && pages_moved() != moved) {
		r->disturbed = true;
		snprintf(
			r->why, sizeof(r->why),
			"the kernel moved pages meanwhile, of whatever process: try again");
	}
	add_to_sums(r);
	for (size_t i = 0; i < r->n_pictures && r->render->strip && !r->failed;
	     i++)
		r->render->strip(r, r->pictures[i].label, r->pictures[i].page,
				 r->pictures[i].pages);
	r->render->step_end(r, verdict(r));
	rep_put_out(r);
}

/* Is there memory for @copies times @pages? Better asked than killed. */
static void check_memory(struct rep *r)
{
	size_t need = rep_pages(r), unit = obs_page_size() * r->demo->copies;
	struct obs_proc self;
	uint64_t available;
	int rc;

	if (rep_failed(r, obs_proc_open(&self, "", 0), NULL))
		return;
	rc = obs_meminfo(&self, "MemAvailable", &available);
	obs_proc_close(&self);
	if (rep_failed(r, rc, NULL))
		return;
	if (__builtin_mul_overflow(need, unit, &need) || need > available)
		rep_failed(r, -ENOMEM,
			   "work on %zu pages, up to %zu times, with %" PRIu64
			   " MiB of memory available",
			   rep_pages(r), r->demo->copies, available >> 20);
}

static size_t columns(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || size.ws_col < 40)
		return REP_WIDTH;
	return size.ws_col < 100 ? size.ws_col : 100;
}

/* What may we see here? Look at a page of our own. */
static void look_around(struct rep *r)
{
	size_t page_size = obs_page_size();
	char *here = (char *)((uintptr_t)&here & -page_size);
	struct obs_page page;

	/* Found out by fork() perhaps: before there is memory to share. */
	obs_access_flag();
	r->source = obs_source_now();
	r->drains = !obs_drain();
	if (!rep_failed(r, obs_pages_of(0, here, 1, &page), NULL))
		r->sees_frames = obs_sees_frames(&page, 1);
}

static void prepare(struct rep *r)
{
	r->render = r->options.json  ? &rep_json :
		    r->options.tap   ? &rep_tap :
		    r->options.quiet ? &rep_terse :
				       &rep_text;
	r->width = columns();
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* What we do not ask for is the next program's, in a tour. */
	setvbuf(stdin, NULL, _IONBF, 0);
	check_memory(r);
	if (!r->failed)
		look_around(r);
	if (!r->failed && r->render->begin)
		r->render->begin(r);
	if (!r->failed)
		rep_put_out(r);
	if (!r->failed)
		rep_failed(r, obs_small_pages(), NULL);
	if (!r->failed && r->demo->set_up)
		r->demo->set_up(r);
	if (!r->failed && r->demo->accesses && !obs_access_flag())
		rep_skip_rest(
			r,
			"this processor notes no accesses: a first read or store may fault once more");
}

static int conclude(struct rep *r)
{
	if (r->demo->tear_down)
		r->demo->tear_down(r);
	rep_clear_stage(r);
	if (r->failed && r->render->failed)
		r->render->failed(r);
	if (r->render->end)
		r->render->end(r);
	if (!r->failed)
		rep_put_out(r);
	if (r->failed) {
		warnx("%s", r->why);
		return EXIT_DIFFERS;
	}
	if (r->verdicts[REP_DIFFERS])
		return EXIT_DIFFERS;
	if (r->left)
		return EXIT_LEFT;
	if (r->disturbances || r->disturbed || !r->verdicts[REP_OK])
		return EXIT_SKIPPED;
	return EXIT_OK;
}

int rep_main(const struct rep_demo *demo, int argc, char **argv)
{
	struct rep *r = calloc(1, sizeof(*r));
	int status;

	if (!r)
		err(EXIT_DIFFERS, "start %s", demo->name);
	r->demo = demo;
	rep_parse(&r->options, demo, argc, argv);
	prepare(r);
	for (; r->step < demo->nsteps && !r->failed; r->step++) {
		r->left = r->options.pause && !rep_key(r);
		if (r->left)
			break;
		run_step(r);
	}
	status = conclude(r);
	free(r);
	return status;
}
