// SPDX-License-Identifier: MIT
/*
 * Chance, with weights: which process, and which pages? What was used last, and
 * what lies next to a mapping, comes up often.
 */
#include "dice.h"

/* splitmix64 */
static uint64_t draw(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

int dice_below(struct dice *dice, int n)
{
	return draw(dice) % n;
}

bool dice_percent(struct dice *dice, int chance)
{
	return dice_below(dice, 100) < chance;
}

bool dice_after(const struct dice *dice, enum mm_op_kind kind)
{
	return dice->last && dice->last->kind == kind;
}

int dice_alive(const struct mm *mm)
{
	int n = 0;

	for (int i = 0; i < MM_PROCS; i++)
		n += mm->proc[i].alive;
	return n;
}

/* Often the same one again: what it did has to be looked at. */
int dice_proc(struct dice *dice)
{
	int nth;

	if (dice->last && dice->mm->proc[dice->last->proc].alive &&
	    dice_percent(dice, 40))
		return dice->last->proc;
	nth = dice_below(dice, dice_alive(dice->mm));
	for (int i = 0;; i++)
		if (dice->mm->proc[i].alive && nth-- == 0)
			return i;
}

static const struct mm_vma *dice_vma(struct dice *dice, int proc)
{
	const struct mm_vma *vma = dice->mm->proc[proc].vma;
	int n = 0;

	for (int i = 0; i < MM_VMAS; i++)
		n += vma[i].end > 0;
	if (!n)
		return NULL;
	n = dice_below(dice, n);
	for (int i = 0;; i++)
		if (vma[i].end && n-- == 0)
			return &vma[i];
}

/* Where mappings are made. */
static int room_start(const struct dice *dice)
{
	return dice->huge ? MM_BIG : 0;
}

static int room_pages(const struct dice *dice)
{
	return dice->huge ? MM_BIG_PAGES : MM_AREA;
}

/* Keep @start and @pages within that, or within the heap. */
static void clamp(const struct dice *dice, struct mm_op *op)
{
	bool heap = !dice->huge && op->start >= MM_HEAP - 3;
	int from = heap ? MM_HEAP : room_start(dice);
	int to = heap ? MM_BIG : from + room_pages(dice);

	if (op->start < from)
		op->start = from;
	if (op->start > to - 1)
		op->start = to - 1;
	if (op->pages < 1)
		op->pages = 1;
	if (op->pages > to - op->start)
		op->pages = to - op->start;
}

/* All or part of a mapping, now and then beyond it; or anywhere. */
void dice_range(struct dice *dice, struct mm_op *op)
{
	const struct mm_vma *vma = dice_vma(dice, op->proc);
	int size;

	if (!vma || dice_percent(dice, 12)) {
		op->start =
			room_start(dice) + dice_below(dice, room_pages(dice));
		op->pages = 1 + dice_below(dice, 20);
		clamp(dice, op);
		return;
	}
	size = vma->end - vma->start;
	op->start = vma->start;
	op->pages = size;
	if (dice_percent(dice, 70)) {
		op->start += dice_below(dice, size);
		op->pages = 1 + dice_below(dice, vma->end - op->start);
	}
	if (dice_percent(dice, 12)) {
		op->start -= dice_below(dice, 4);
		op->pages += dice_below(dice, 8);
	}
	clamp(dice, op);
}

/* The range of the last operation, where it was one of the same process. */
bool dice_same_range(struct dice *dice, struct mm_op *op)
{
	const struct mm_op *last = dice->last;

	if (!last || last->proc != op->proc || !last->pages ||
	    last->kind == MM_OP_BRK ||
	    !dice_percent(dice, last->kind == MM_OP_MADVISE ? 85 : 65))
		return false;
	op->start = last->start;
	op->pages = last->new_pages ? last->new_pages : last->pages;
	if (last->kind == MM_OP_MREMAP && last->to >= 0)
		op->start = last->to;
	return true;
}

/* A place: next to a mapping, or anywhere; huge pages begin at every slot. */
int dice_place(struct dice *dice, int proc, int pages)
{
	const struct mm_vma *vma = dice_vma(dice, proc);
	int from = room_start(dice), to = from + room_pages(dice) - pages;
	int place = from + dice_below(dice, room_pages(dice));

	if (vma && dice_percent(dice, dice_after(dice, MM_OP_FORK) ? 85 : 55))
		place = dice_percent(dice, 50) ? vma->end : vma->start - pages;
	if (dice->huge && dice_percent(dice, 60))
		place = from + dice_below(dice, MM_SLOTS) * MM_HUGE;
	if (place > to)
		place = to;
	return place < from ? from : place;
}
