// SPDX-License-Identifier: MIT
/*
 * A failing sequence made short: leave out all that it fails without, then
 * make what is left simpler. What remains is the difference, and no more.
 */
#include <string.h>

#include "internal.h"

struct shrink {
	struct lit_lab *lab;
	struct lit_sequence *best;
	struct lit_diff *diff;
	int replays;
};

/* Does it still differ? Then it is the new best, without what follows. */
static bool keeps_failing(struct shrink *s, const struct lit_sequence *trial)
{
	struct lit_diff diff;
	int agreed = lit_replay(s->lab, trial, &diff);

	s->replays++;
	if (agreed < 0 || agreed >= trial->ops)
		return false;
	*s->best = *trial;
	s->best->ops = agreed + 1;
	*s->diff = diff;
	return true;
}

/* Leave out @count operations at @at. */
static bool without(struct shrink *s, int at, int count)
{
	struct lit_sequence trial = *s->best;

	memmove(&trial.op[at], &trial.op[at + count],
		(trial.ops - at - count) * sizeof(*trial.op));
	trial.ops -= count;
	return trial.ops && keeps_failing(s, &trial);
}

/* In halves, quarters, and so on down to one. */
static bool leave_out(struct shrink *s)
{
	bool shorter = false;

	for (int count = s->best->ops / 2; count; count /= 2)
		for (int at = 0; at + count <= s->best->ops;)
			if (without(s, at, count))
				shorter = true;
			else
				at++;
	return shorter;
}

static bool with_range(struct shrink *s, int at, int start, int pages)
{
	struct lit_sequence trial = *s->best;
	struct mm_op *op = &trial.op[at];

	if (pages < 1 || pages >= op->pages)
		return false;
	if (op->kind == MM_OP_MREMAP && op->to >= 0)
		op->to += start - op->start;
	if (op->new_pages && op->new_pages > op->pages - pages)
		op->new_pages -= op->pages - pages;
	if (op->kind == MM_OP_MMAP)
		op->pgoff += start - op->start;
	op->start = start;
	op->pages = pages;
	return keeps_failing(s, &trial);
}

/* Fewer pages: from the end, then from the beginning. */
static bool narrow(struct shrink *s)
{
	bool simpler = false;

	for (int at = 0; at < s->best->ops; at++) {
		for (int by = s->best->op[at].pages / 2; by; by /= 2) {
			const struct mm_op *op = &s->best->op[at];

			if (with_range(s, at, op->start, op->pages - by) ||
			    with_range(s, at, op->start + by, op->pages - by))
				simpler = true;
			if (at >= s->best->ops)
				return simpler;
		}
	}
	return simpler;
}

/* Without what nobody is there to do: a scenario must not have such lines. */
static void leave_out_impossible(struct lit_sequence *sequence)
{
	bool born[MM_PROCS] = { true }, alive[MM_PROCS] = { true };
	int threads[MM_PROCS] = { 0 }, kept = 0;

	for (int i = 0; i < sequence->ops; i++) {
		const struct mm_op *op = &sequence->op[i];

		if (!alive[op->proc] || op->thread > threads[op->proc] ||
		    (op->kind == MM_OP_FORK && born[op->child]))
			continue;
		if (op->kind == MM_OP_FORK) {
			born[op->child] = true;
			alive[op->child] = true;
		}
		if (op->kind == MM_OP_EXIT)
			alive[op->proc] = false;
		threads[op->proc] += op->kind == MM_OP_THREAD;
		sequence->op[kept++] = *op;
	}
	sequence->ops = kept;
}

int lit_shrink(struct lit_lab *lab, struct lit_sequence *sequence,
	       struct lit_diff *diff)
{
	struct shrink s = { lab, sequence, diff, 0 };

	while (leave_out(&s) || narrow(&s))
		;
	leave_out_impossible(sequence);
	return s.replays;
}
