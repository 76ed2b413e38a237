// SPDX-License-Identifier: MIT
/*
 * Random sequences: weighted so that mappings touch, split, merge and are
 * forked often, and that what is unlikely still comes up.
 */
#include <errno.h>
#include <string.h>

#include "dice.h"

#define TOUCH_MAX 24
#define FILE_SIZE 64

static unsigned int some_access(struct dice *dice)
{
	int n = dice_below(dice, 100);

	return n < 65 ? MM_VM_READ | MM_VM_WRITE : n < 92 ? MM_VM_READ : 0;
}

/* Memory like the mapping it touches: the two may become one. */
static void make_alike(const struct dice *dice, struct mm_op *op)
{
	const struct mm_vma *vma = dice->mm->proc[op->proc].vma;

	for (int i = 0; i < MM_VMAS; i++) {
		if (!vma[i].end || (vma[i].end != op->start &&
				    vma[i].start != op->start + op->pages))
			continue;
		op->flags = vma[i].flags & (MM_VM_ACCESS | MM_VM_SHARED);
		op->file = vma[i].file <= dice->files ? vma[i].file - 1 : -1;
		op->pgoff = vma[i].pgoff + op->start - vma[i].start;
		if (op->pgoff < 0 || op->file < 0)
			op->pgoff = 0;
	}
}

/* Whole huge pages, or what is not; mostly they are asked for. */
static void make_huge(struct dice *dice, struct mm_op *op)
{
	op->pages = 1 + dice_below(dice, MM_BIG_PAGES);
	if (dice_percent(dice, 65))
		op->pages = (1 + dice_below(dice, MM_SLOTS)) * MM_HUGE;
	op->start = dice_place(dice, op->proc, op->pages);
	op->flags = some_access(dice) |
		    (dice_percent(dice, 85) ? MM_VM_HUGEPAGE : 0);
	op->file = -1;
}

static void make_mmap(struct dice *dice, struct mm_op *op)
{
	bool forked = dice_after(dice, MM_OP_FORK);

	if (dice->huge) {
		make_huge(dice, op);
		return;
	}
	op->pages = 1 + dice_below(dice, dice_percent(dice, 20) ? 64 : 16);
	op->start = dice_place(dice, op->proc, op->pages);
	op->flags = some_access(dice) |
		    (dice_percent(dice, 40) ? MM_VM_SHARED : 0);
	op->file = -1;
	if (dice_percent(dice, forked ? 90 : 50)) {
		if (dice_percent(dice, forked ? 95 : 70))
			make_alike(dice, op);
		return;
	}
	op->file = dice_below(dice, dice->files);
	op->pgoff = dice_percent(dice, 80) ? op->start % FILE_SIZE :
					     dice_below(dice, FILE_SIZE);
}

/* Often all there is up to a mapping's end: only that can grow in its place. */
static void make_mremap(struct dice *dice, struct mm_op *op)
{
	int end = op->start < MM_HEAP ? MM_AREA :
		  op->start < MM_BIG  ? MM_BIG :
					MM_PAGES;
	int room = end - op->start;
	const struct mm_vma *vma =
		mm_find_vma(&dice->mm->proc[op->proc], op->start);

	op->to = -1;
	if (vma && dice_percent(dice, 40))
		op->pages = vma->end - op->start;
	if (dice_percent(dice, 50))
		op->new_pages = 1 + dice_below(dice, op->pages + 8);
	if (dice_percent(dice, op->new_pages ? 50 : 95)) {
		op->to = dice_place(dice, op->proc, op->pages);
		room = (dice->huge ? MM_PAGES : MM_AREA) - op->to;
	}
	if (op->new_pages > room)
		op->new_pages = room;
}

/* MADV_FREE of huge pages, and then MADV_PAGEOUT. */
static bool gave_away(const struct dice *dice, const struct mm_op *op)
{
	const struct mm_pte *pte = dice->mm->proc[op->proc].pte;

	for (int i = op->start; i < op->start + op->pages; i++)
		if (dice->mm->frame[pte[i].frame].folio &&
		    dice->mm->frame[pte[i].frame].lazyfree)
			return true;
	return false;
}

/* What the model does not know: paging out a file on a disk, or to swap. */
static bool pages_out(const struct dice *dice, const struct mm_op *op)
{
	if (dice->mm->machine.swap)
		return true;
	if (dice->huge)
		return gave_away(dice, op);
	for (int i = 0; i < op->pages; i++) {
		const struct mm_vma *vma =
			mm_find_vma(&dice->mm->proc[op->proc], op->start + i);

		if (vma && vma->file &&
		    dice->mm->file[vma->file - 1].backing == MM_BACK_DISK)
			return true;
	}
	return false;
}

static bool advised(const struct mm_op *op, enum mm_advice advice)
{
	return op && op->kind == MM_OP_MADVISE && op->advice == advice;
}

/*
 * What MADV_FREE gave away shows when it is paged out; so do pins, and so does
 * what is clean no more.
 */
static enum mm_advice next_advice(struct dice *dice)
{
	const struct mm_op *last = dice->last;
	int n = dice_below(dice, 100);

	if (dice->ksm && n < 50)
		return n < 40 ? MM_ADV_MERGEABLE : MM_ADV_UNMERGEABLE;
	if (dice_after(dice, MM_OP_PIN) && n < 75)
		return MM_ADV_FREE;
	if (dice_after(dice, MM_OP_WRITE) && n < 40)
		return MM_ADV_FREE;
	if (advised(last, MM_ADV_FREE) && n < 80)
		return n < 45 ? MM_ADV_POPULATE_WRITE : MM_ADV_PAGEOUT;
	if (n < (advised(last, MM_ADV_POPULATE_WRITE) ? 60 : 20))
		return MM_ADV_PAGEOUT;
	return dice_below(dice,
			  dice->huge ? MM_ADV_MERGEABLE : MM_ADV_HUGEPAGE);
}

static enum mm_advice some_advice(struct dice *dice, const struct mm_op *op)
{
	enum mm_advice advice = next_advice(dice);
	bool reclaims = mm_reclaims(advice);

	/* Nor does it know what becomes of merged pages. */
	if (dice->ksm && reclaims)
		return MM_ADV_DONTNEED;
	/* Of split huge pages the model knows only what new kernels do. */
	if (dice->huge && reclaims &&
	    !mm_has(&dice->mm->machine, MM_FACT_HUGE_OWNER))
		return MM_ADV_DONTNEED;
	return advice == MM_ADV_PAGEOUT && pages_out(dice, op) ? MM_ADV_COLD :
								 advice;
}

static void make_fork(struct dice *dice, struct mm_op *op)
{
	if (dice->born == MM_PROCS) {
		op->kind = MM_OP_WRITE;
		dice_range(dice, op);
		return;
	}
	op->child = dice->born++;
}

/* The last process stays, and so does whoever a sequence began with: often. */
static void make_exit(struct dice *dice, struct mm_op *op)
{
	if (dice_alive(dice->mm) > 1)
		return;
	op->kind = MM_OP_READ;
	dice_range(dice, op);
}

static enum mm_op_kind some_kind(struct dice *dice)
{
	static const int weight[MM_OPS] = {
		[MM_OP_MMAP] = 13,  [MM_OP_MUNMAP] = 4,	  [MM_OP_MPROTECT] = 9,
		[MM_OP_MREMAP] = 6, [MM_OP_MADVISE] = 11, [MM_OP_READ] = 17,
		[MM_OP_WRITE] = 22, [MM_OP_KWRITE] = 4,	  [MM_OP_FORK] = 8,
		[MM_OP_EXIT] = 2,   [MM_OP_BRK] = 2,	  [MM_OP_SYNC] = 2,
		[MM_OP_THREAD] = 1, [MM_OP_PIN] = 2,	  [MM_OP_UNPIN] = 1,
	};
	int sum = 0, n;

	for (int i = 0; i < MM_OPS; i++)
		sum += weight[i];
	n = dice_below(dice, sum);
	for (int i = 0;; i++) {
		if (n < weight[i])
			return i;
		n -= weight[i];
	}
}

/* Instead of some that the model does not know of merged pages. */
static void try_merge(const struct dice *dice, struct mm_op *op)
{
	if (op->kind == MM_OP_MREMAP || op->kind == MM_OP_PIN ||
	    op->kind == MM_OP_SYNC || op->kind == MM_OP_BRK)
		op->kind = MM_OP_MERGE;
	if (op->kind == MM_OP_MERGE && !mm_can_merge(dice->mm))
		op->kind = MM_OP_WRITE;
}

static void fill_in(struct dice *dice, struct mm_op *op)
{
	if (dice->ksm)
		try_merge(dice, op);
	if (dice->huge && (op->kind == MM_OP_BRK || op->kind == MM_OP_SYNC))
		op->kind = MM_OP_FORK;
	if (op->kind == MM_OP_PIN && (!dice->can_pin || dice->huge))
		op->kind = MM_OP_WRITE;
	if (op->kind == MM_OP_THREAD &&
	    dice->mm->proc[op->proc].threads == MM_THREADS)
		op->kind = MM_OP_READ;
	switch (op->kind) {
	case MM_OP_MMAP:
		make_mmap(dice, op);
		break;
	case MM_OP_FORK:
		make_fork(dice, op);
		break;
	case MM_OP_EXIT:
		make_exit(dice, op);
		break;
	case MM_OP_BRK:
		op->pages = dice_below(dice, MM_HEAP_PAGES);
		break;
	case MM_OP_MERGE:
		break;
	case MM_OP_SYNC:
		op->file = dice_below(dice, dice->files);
		break;
	default:
		if (!dice_same_range(dice, op))
			dice_range(dice, op);
	}
	if (op->kind == MM_OP_MPROTECT)
		op->flags = some_access(dice);
	if (op->kind == MM_OP_MADVISE)
		op->advice = some_advice(dice, op);
	if (op->kind == MM_OP_MREMAP)
		make_mremap(dice, op);
	if (((op->kind >= MM_OP_READ && op->kind <= MM_OP_KWRITE) ||
	     op->kind == MM_OP_PIN) &&
	    op->pages > TOUCH_MAX && !(dice->huge && dice_percent(dice, 12)))
		op->pages = TOUCH_MAX;
}

/*
 * What often comes after what, by the same process, in the same pages; after a
 * fork by the child, whose new mappings never join what it was left.
 */
static const struct {
	enum mm_op_kind after;
	enum mm_op_kind next;
	int percent;
} habits[] = {
	{ MM_OP_MMAP, MM_OP_READ, 35 },
	{ MM_OP_MMAP, MM_OP_WRITE, 20 },
	{ MM_OP_READ, MM_OP_FORK, 22 },
	{ MM_OP_FORK, MM_OP_MMAP, 20 },
	{ MM_OP_WRITE, MM_OP_MPROTECT, 15 },
	{ MM_OP_WRITE, MM_OP_MADVISE, 8 },
	{ MM_OP_MPROTECT, MM_OP_MPROTECT, 25 },
	{ MM_OP_MPROTECT, MM_OP_WRITE, 25 },
	{ MM_OP_WRITE, MM_OP_PIN, 4 },
	{ MM_OP_PIN, MM_OP_MADVISE, 50 },
	{ MM_OP_MADVISE, MM_OP_MADVISE, 35 },
	{ MM_OP_MADVISE, MM_OP_READ, 25 },
	{ MM_OP_MERGE, MM_OP_WRITE, 35 },
	{ MM_OP_MERGE, MM_OP_FORK, 15 },
};

/* What an advice has done is seen by the next one, or by fork. */
static const struct {
	enum mm_advice after;
	enum mm_op_kind next;
	int percent;
} sequels[] = {
	{ MM_ADV_FREE, MM_OP_MADVISE, 65 },
	{ MM_ADV_POPULATE_WRITE, MM_OP_MADVISE, 55 },
	{ MM_ADV_WIPEONFORK, MM_OP_FORK, 40 },
	{ MM_ADV_DONTFORK, MM_OP_FORK, 25 },
	{ MM_ADV_MERGEABLE, MM_OP_MERGE, 40 },
};

/* What the last operation calls for, or MM_OPS. */
static enum mm_op_kind next_kind(struct dice *dice, const struct mm_op *last)
{
	for (size_t i = 0; i < sizeof(sequels) / sizeof(*sequels); i++)
		if (advised(last, sequels[i].after) &&
		    dice_percent(dice, sequels[i].percent))
			return sequels[i].next;
	for (size_t i = 0; i < sizeof(habits) / sizeof(*habits); i++)
		if (last->kind == habits[i].after &&
		    dice_percent(dice, habits[i].percent))
			return habits[i].next;
	return MM_OPS;
}

/* Then what was done is looked at: by an access, or by fork. */
static bool go_on(struct dice *dice, struct mm_op *op)
{
	const struct mm_op *last = dice->last;

	if (!last || !dice->mm->proc[last->proc].alive)
		return false;
	op->proc = last->kind == MM_OP_FORK ? last->child : last->proc;
	op->kind = next_kind(dice, last);
	return op->kind != MM_OPS;
}

static void make_op(struct dice *dice, struct mm_op *op, int index)
{
	memset(op, 0, sizeof(*op));
	if (!go_on(dice, op)) {
		op->kind = index ? some_kind(dice) : MM_OP_MMAP;
		op->proc = dice_proc(dice);
	}
	op->thread = dice_below(dice, dice->mm->proc[op->proc].threads);
	op->value = 1 + (dice->ksm ? dice_below(dice, 3) : index % 120);
	fill_in(dice, op);
	dice->last = op;
}

/* A memfd that holds some of its pages, and a file on a disk. */
static void make_files(struct dice *dice, struct lit_setup *setup, bool disk)
{
	*setup = (struct lit_setup){
		.files = 1 + disk,
		.file = {
			{ "m", MM_BACK_MEMFD, FILE_SIZE,
			  dice_below(dice, FILE_SIZE + 1), 'A' },
			{ "d", MM_BACK_DISK, FILE_SIZE, FILE_SIZE, 'a' },
		},
	};
	dice->files = setup->files;
}

int lit_random(struct lit_lab *lab, uint64_t seed, int ops,
	       struct lit_sequence *sequence, struct lit_diff *diff)
{
	struct dice dice = {
		.state = seed,
		.mm = lab->mm,
		.born = 1,
		.can_pin = lit_can_pin(),
		.huge = lab->huge,
		.ksm = lab->ksm,
	};
	int rc, i = 0;

	make_files(&dice, &sequence->setup, lit_kernel_has_disk(lab->kernel));
	sequence->setup.huge = lab->huge;
	if (lab->huge)
		sequence->setup.files = 0;
	sequence->ops = 0;
	rc = lit_lab_start(lab, &sequence->setup);
	for (; i < ops && !rc; i++) {
		make_op(&dice, &sequence->op[i], i);
		sequence->ops = i + 1;
		rc = lit_step(lab, &sequence->op[i], diff);
		if (rc == 0)
			break;
		rc = rc < 0 ? rc : 0;
	}
	lit_kernel_stop(lab->kernel);
	return rc ? rc : i;
}
