// SPDX-License-Identifier: MIT
/* A scenario, played line by line on the model, the kernel, or both. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int lit_faults(const struct mm_result *result, int count[MM_KINDS + 1])
{
	int sum = 0;

	memset(count, 0, (MM_KINDS + 1) * sizeof(*count));
	for (int i = 0; i < result->touches; i++)
		count[result->touch[i].kind]++;
	for (int i = MM_KIND_NONE + 1; i <= MM_KINDS; i++)
		sum += count[i];
	return result->touches ? sum : result->rusage;
}

static int start(struct lit_lab *lab, const struct lit_scenario *scenario,
		 enum lit_mode mode)
{
	int rc;

	memset(lab->identity->serial, 0, sizeof(lab->identity->serial));
	lit_model_start(lab->mm, &lab->machine, &scenario->setup, lab->drop);
	lab->mm->why = lab->why;
	if (mode == LIT_MODEL && !lab->given) {
		lit_meet_needs(scenario, &lab->mm->machine);
		return 0;
	}
	/* What is not so is not shown: a reason to skip, no difference. */
	rc = lit_check_needs(scenario, &lab->machine);
	if (rc || mode == LIT_MODEL)
		return rc;
	return lit_kernel_start(lab->kernel, &scenario->setup);
}

/* The first expectation that one of those who were asked does not meet. */
static void check(struct lit_outcome *outcome)
{
	const struct lit_line *line = outcome->line;

	for (int i = 0; i < line->expects; i++) {
		const struct lit_expect *expect = &line->expect[i];

		outcome->unmet = expect;
		outcome->unmet_by = "model";
		if (outcome->predicted &&
		    !lit_met_model(expect, line, outcome->lab->mm,
				   outcome->predicted, outcome->what))
			return;
		outcome->unmet_by = "kernel";
		if (outcome->measured &&
		    !lit_met_kernel(expect, line, outcome->lab->kernel,
				    outcome->measured, outcome->what))
			return;
	}
	outcome->unmet = NULL;
}

/* One line: 0 as it should be, 1 not, or negative. */
static int play_line(struct lit_lab *lab, const struct lit_line *line,
		     enum lit_mode mode, const struct lit_player *player)
{
	struct mm_result predicted = { 0 }, measured = { 0 };
	struct lit_outcome outcome = {
		.line = line,
		.lab = lab,
		.predicted = mode == LIT_KERNEL ? NULL : &predicted,
		.measured = mode == LIT_MODEL ? NULL : &measured,
		.agreed = true,
	};
	int rc = player->before(player->arg, line);

	if (rc)
		return rc;
	if (outcome.predicted)
		mm_do(lab->mm, &line->op, &predicted);
	if (outcome.predicted)
		rc = lit_model_knows(lab->mm);
	if (!rc && outcome.measured)
		rc = lit_kernel_do(lab->kernel, &line->op, &measured);
	if (rc)
		return rc;
	if (mode == LIT_COMPARE)
		lit_settle(lab->kernel, &line->op, &predicted, &measured);
	if (mode == LIT_COMPARE)
		outcome.agreed = lit_compare(
			lab->mm, &line->op, &predicted, lab->kernel, &measured,
			lab->identify ? lab->identity : NULL, &outcome.diff);
	check(&outcome);
	rc = player->after(player->arg, &outcome);
	return rc ? rc : !outcome.agreed || outcome.unmet;
}

int lit_play(struct lit_lab *lab, const struct lit_scenario *scenario,
	     enum lit_mode mode, const struct lit_player *player)
{
	int rc = start(lab, scenario, mode), wrong = 0;

	for (int i = 0; i < scenario->lines && rc >= 0; i++) {
		rc = play_line(lab, &scenario->line[i], mode, player);
		wrong += rc > 0;
	}
	if (mode != LIT_MODEL)
		lit_kernel_stop(lab->kernel);
	return rc < 0 ? rc : wrong;
}
