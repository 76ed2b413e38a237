// SPDX-License-Identifier: MIT
/* A sequence of operations, done by model and kernel in step. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

int lit_lab_open(struct lit_lab *lab, bool model_only, const char *dir,
		 bool pin)
{
	int rc = 0;

	memset(lab, 0, sizeof(*lab));
	lab->mm = calloc(1, sizeof(*lab->mm));
	lab->identity = calloc(1, sizeof(*lab->identity));
	lab->identify = pin;
	if (!lab->mm || !lab->identity)
		rc = lit_fail(ENOMEM, "make a model");
	lit_machine(&lab->machine);
	if (!rc && !model_only)
		rc = lit_kernel_open(&lab->kernel, dir, pin);
	if (rc)
		lit_lab_close(lab);
	return rc;
}

void lit_lab_close(struct lit_lab *lab)
{
	lit_kernel_close(lab->kernel);
	free(lab->identity);
	free(lab->mm);
	memset(lab, 0, sizeof(*lab));
}

int lit_lab_start(struct lit_lab *lab, const struct lit_setup *setup)
{
	memset(lab->identity->serial, 0, sizeof(lab->identity->serial));
	lit_model_start(lab->mm, &lab->machine, setup, lab->drop);
	return lit_kernel_start(lab->kernel, setup);
}

/* Can it be done at all? Shortening a sequence may have removed the fork. */
static bool possible(const struct lit_lab *lab, const struct mm_op *op,
		     unsigned int born)
{
	if (!lab->mm->proc[op->proc].alive ||
	    op->thread >= lab->mm->proc[op->proc].threads)
		return false;
	return op->kind != MM_OP_FORK || !(born & 1U << op->child);
}

int lit_model_knows(const struct mm *mm)
{
	if (mm->full)
		return lit_fail(ENOSPC, "model so many pages");
	if (mm->beyond)
		return lit_fail(EOPNOTSUPP, "model %s", mm->beyond);
	return 0;
}

/* 1: agreed, 0: differs, or -errno. */
int lit_step(struct lit_lab *lab, const struct mm_op *op, struct lit_diff *diff)
{
	struct mm_result predicted, measured;
	int rc;

	mm_do(lab->mm, op, &predicted);
	rc = lit_model_knows(lab->mm);
	if (!rc)
		rc = lit_kernel_do(lab->kernel, op, &measured);
	if (rc)
		return rc;
	lit_settle(lab->kernel, op, &predicted, &measured);
	return lit_compare(lab->mm, op, &predicted, lab->kernel, &measured,
			   lab->identify ? lab->identity : NULL, diff);
}

int lit_replay(struct lit_lab *lab, const struct lit_sequence *sequence,
	       struct lit_diff *diff)
{
	int rc = lit_lab_start(lab, &sequence->setup), i = 0;
	unsigned int born = 1;

	for (; i < sequence->ops && !rc; i++) {
		const struct mm_op *op = &sequence->op[i];

		if (!possible(lab, op, born))
			continue;
		if (op->kind == MM_OP_FORK)
			born |= 1U << op->child;
		rc = lit_step(lab, op, diff);
		if (rc == 0)
			break;
		rc = rc < 0 ? rc : 0;
	}
	lit_kernel_stop(lab->kernel);
	return rc ? rc : i;
}

bool lit_again(struct lit_lab *lab, const struct lit_sequence *sequence,
	       int times)
{
	struct lit_diff diff;

	for (int i = 0; i < times; i++) {
		int agreed = lit_replay(lab, sequence, &diff);

		if (agreed >= 0 && agreed < sequence->ops)
			return true;
	}
	return false;
}
