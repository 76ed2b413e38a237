// SPDX-License-Identifier: MIT
/*
 * mremap to another place: entries move as they are, so nothing faults and
 * what was shared stays shared; the mapping may merge where it arrives. To
 * another size: what is too much goes, what is new has no pages yet.
 */
#include "internal.h"

/* A move: of some pages at @from, that will be @new_pages at @to. */
struct move {
	struct mm_proc *proc;
	int from;
	int to;
	int pages;
	int new_pages;
};

static void move_page_tables(struct mm *mm, const struct move *move)
{
	struct mm_proc *proc = move->proc;
	int whole = 0;

	if (has_merged(mm, proc, move->from, move->from + move->pages))
		mm->beyond = "mremap of merged pages";
	for (int i = 0; i < move->pages; i++) {
		int from = move->from + i, to = move->to + i;

		if (move_huge_pmd(mm, proc, from, to, move->from + move->pages))
			whole = MM_HUGE;
		if (whole)
			whole--;
		else
			*page_table(proc, to) |= *page_table(proc, from);
		proc->pte[to] = proc->pte[from];
		proc->pte[from] = (struct mm_pte){ 0 };
	}
	mm_because(mm, "entries of %d pages move as they are", move->pages);
}

/*
 * The mapping at the new place, or the one that grew there. Memory without any
 * anonymous page forgets where it was made; other memory keeps its offset.
 */
static void copy_vma(struct mm *mm, const struct move *move,
		     const struct mm_vma *vma)
{
	struct vma_merge vmg = {
		.proc = move->proc,
		.copied_from = vma,
		.start = move->to,
		.end = move->to + move->new_pages,
		.pgoff = vma->pgoff + move->from - vma->start,
		.file = vma->file,
		.flags = vma->flags,
		.anon_vma = vma->anon_vma,
	};
	struct mm_vma *new;

	if (!vma->file && !vma->anon_vma)
		vmg.pgoff = move->to;
	if (vma_merge_new_range(mm, &vmg))
		return;
	new = vm_area_dup(mm, move->proc, vma);
	new->start = vmg.start;
	new->end = vmg.end;
	new->pgoff = vmg.pgoff;
}

/* Without rule 11's order: what is moved is gone before anything merges. */
static void move_too_late(struct mm *mm, const struct move *move)
{
	struct mm_proc *proc = move->proc;
	struct mm_vma *kept =
		vm_area_dup(mm, proc, vma_lookup(proc, move->from));
	int start = kept->start, end = kept->end;

	kept->start = MM_PAGES + 1;
	kept->end = MM_PAGES + 1;
	move_page_tables(mm, move);
	do_munmap(mm, proc, move->from, move->from + move->pages);
	kept->start = start;
	copy_vma(mm, move, kept);
	kept->end = end;
	vm_area_free(mm, kept);
}

/* Rule 11: the new place is merged before the old one is removed. */
static void move_vma(struct mm *mm, const struct move *move)
{
	struct mm_proc *proc = move->proc;

	if (dropped(mm, MM_RULE_BEFORE)) {
		move_too_late(mm, move);
		return;
	}
	copy_vma(mm, move, vma_lookup(proc, move->from));
	move_page_tables(mm, move);
	do_munmap(mm, proc, move->from, move->from + move->pages);
}

static int min(int a, int b)
{
	return a < b ? a : b;
}

static bool overlap(const struct mm_op *op, int new_pages)
{
	return op->to < op->start + op->pages && op->start < op->to + new_pages;
}

/*
 * One mapping or part of one; what a smaller size leaves out may be anything.
 * Old kernels find late that it is more: what was at the new place is gone by
 * then, and so is what was left out.
 */
static int mremap_to(struct mm *mm, const struct mm_op *op, int new_pages)
{
	struct mm_proc *proc = &mm->proc[op->proc];
	bool early = mm_has(&mm->machine, MM_FACT_MREMAP_MANY);
	int pages = min(op->pages, new_pages);
	struct move move = { proc, op->start, op->to, pages, new_pages };
	const struct mm_vma *vma = vma_lookup(proc, op->start);

	if (early && overlap(op, new_pages))
		return -EINVAL;
	if (!vma || (early && vma->end < op->start + pages))
		return -EFAULT;
	if (overlap(op, new_pages))
		return -EINVAL;
	do_munmap(mm, proc, op->to, op->to + new_pages);
	if (new_pages < op->pages)
		do_munmap(mm, proc, op->start + pages, op->start + op->pages);
	vma = vma_lookup(proc, op->start);
	if (vma->end < op->start + pages) {
		mm_because(mm, "more than one mapping, and the target is gone");
		return -EFAULT;
	}
	move_vma(mm, &move);
	return 0;
}

/* The same size, on new kernels: piece by piece, several mappings at once. */
static int remap_move(struct mm *mm, const struct mm_op *op)
{
	struct mm_proc *proc = &mm->proc[op->proc];
	int end = op->start + op->pages, shift = op->to - op->start;
	const struct mm_vma *vma;
	struct move move;

	if (overlap(op, op->pages))
		return -EINVAL;
	if (!vma_lookup(proc, op->start))
		return -EFAULT;
	for (int at = op->start; at < end;) {
		int until;

		vma = find_vma(proc, at);
		if (!vma || vma->start >= end)
			break;
		at = vma->start > at ? vma->start : at;
		until = min(vma->end, end);
		do_munmap(mm, proc, at + shift, until + shift);
		move = (struct move){ proc, at, at + shift, until - at,
				      until - at };
		move_vma(mm, &move);
		at = until;
	}
	return 0;
}

/* It grows as if more of it were mapped behind it, and may join what follows. */
static int expand_vma(struct mm *mm, struct mm_proc *proc,
		      const struct mm_vma *vma, int end)
{
	struct vma_merge vmg = {
		.proc = proc,
		.start = vma->end,
		.end = end,
		.pgoff = vma->pgoff + vma->end - vma->start,
		.file = vma->file,
		.flags = vma->flags,
		.anon_vma = vma->anon_vma,
		.extends = true,
	};
	const struct mm_vma *next = find_vma(proc, vma->end);

	if (next && next->start < end) {
		mm_because(mm, "something is in the way");
		return -ENOMEM;
	}
	vma_merge_new_range(mm, &vmg);
	return 0;
}

/* At its place. Only what ends a mapping can grow; anything can shrink. */
static int mremap_at(struct mm *mm, const struct mm_op *op, int new_pages)
{
	struct mm_proc *proc = &mm->proc[op->proc];
	const struct mm_vma *vma = vma_lookup(proc, op->start);
	int end = op->start + op->pages, new_end = op->start + new_pages;

	if (!vma)
		return -EFAULT;
	if (new_end == end)
		return 0;
	if (new_end < end) {
		do_munmap(mm, proc, new_end, end);
		return 0;
	}
	if (vma->end < end)
		return -EFAULT;
	if (vma->end > end)
		return -ENOMEM;
	return expand_vma(mm, proc, vma, new_end);
}

int do_mremap(struct mm *mm, const struct mm_op *op)
{
	int new_pages = op->new_pages ? op->new_pages : op->pages;

	if (op->to < 0)
		return mremap_at(mm, op, new_pages);
	if (new_pages == op->pages && mm_has(&mm->machine, MM_FACT_MREMAP_MANY))
		return remap_move(mm, op);
	return mremap_to(mm, op, new_pages);
}
