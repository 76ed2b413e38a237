/* SPDX-License-Identifier: MIT */
/* Chance, for random sequences: the same seed makes the same choices. */
#ifndef COW_LITMUS_DICE_H
#define COW_LITMUS_DICE_H

#include "internal.h"

/* What the making up of a sequence has in its hands. */
struct dice {
	uint64_t state;
	const struct mm *mm;
	const struct mm_op *last;
	int born;
	int files;
	bool can_pin;
	bool huge;
	bool ksm;
};

/* A number from 0 to @n - 1; true in so many of a hundred cases. */
int dice_below(struct dice *dice, int n);
bool dice_percent(struct dice *dice, int chance);

/* Was this the last operation? */
bool dice_after(const struct dice *dice, enum mm_op_kind kind);

/* How many processes live, and one of them. */
int dice_alive(const struct mm *mm);
int dice_proc(struct dice *dice);

/* Pages for an operation; those of the last one, where it is its process's. */
void dice_range(struct dice *dice, struct mm_op *op);
bool dice_same_range(struct dice *dice, struct mm_op *op);

/* A place in the area, or the room for huge pages, for so many pages. */
int dice_place(struct dice *dice, int proc, int pages);

#endif
