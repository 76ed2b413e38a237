// SPDX-License-Identifier: MIT
/* TAP 13, for test harnesses: plan first, diagnostics behind '#'. */
#include <stdio.h>

#include "internal.h"

static void begin(struct rep *r)
{
	printf("TAP version 13\n1..%zu\n# %s, %zu page%s, faults counted by %s\n",
	       r->demo->nsteps, r->demo->name, rep_pages(r),
	       rep_s(rep_pages(r)), obs_source_id(r->source));
}

static void step_end(struct rep *r, enum rep_verdict verdict)
{
	const struct rep_step *step = &r->demo->steps[r->step];
	char want[256], got[256];

	printf("%s %zu - %s%s%s\n", verdict == REP_DIFFERS ? "not ok" : "ok",
	       r->step + 1, step->statement,
	       verdict == REP_SKIPPED ? " # SKIP " : "",
	       verdict == REP_SKIPPED ? r->why : "");
	for (size_t i = 0; i < r->n_claims; i++) {
		const struct rep_claim *claim = &r->claims[i];

		rep_claim_text(claim, false, want, sizeof(want));
		rep_claim_text(claim, true, got, sizeof(got));
		printf("# predicted %s; measured %s%s%s%s%s\n", want,
		       claim->seen ? got : "nothing",
		       claim->faults && claim->measured ? ", " : "",
		       claim->faults && claim->measured ?
			       obs_labels_text(claim->labels) :
			       "",
		       *claim->odd ? ", but " : "", claim->odd);
	}
}

static void failed(struct rep *r)
{
	printf("Bail out! %s\n", r->why);
}

const struct rep_render rep_tap = {
	.begin = begin,
	.step_end = step_end,
	.failed = failed,
};
