// SPDX-License-Identifier: MIT
/*
 * mremap to another place: entries move as they are, so nothing faults and
 * what was shared stays shared; the mapping may merge where it arrives.
 */
#include "internal.h"

static void move_page_tables(struct mm *mm, struct mm_proc *proc, int from,
			     int to, int pages)
{
	for (int i = 0; i < pages; i++) {
		proc->pte[to + i] = proc->pte[from + i];
		proc->pte[from + i] = (struct mm_pte){ 0 };
		*page_table(proc, to + i) |= *page_table(proc, from + i);
	}
	mm_because(mm, "entries of %d pages move as they are", pages);
}

/*
 * The mapping at the new place, or the one that grew there. Memory without any
 * anonymous page forgets where it was made; other memory keeps its offset.
 */
static void copy_vma(struct mm *mm, struct mm_proc *proc,
		     const struct mm_vma *vma, int from, int to, int pages)
{
	struct vma_merge vmg = {
		.proc = proc,
		.copied_from = vma,
		.start = to,
		.end = to + pages,
		.pgoff = vma->pgoff + from - vma->start,
		.file = vma->file,
		.flags = vma->flags,
		.anon_vma = vma->anon_vma,
	};
	struct mm_vma *new;

	if (!vma->file && !vma->anon_vma)
		vmg.pgoff = to;
	if (vma_merge_new_range(mm, &vmg))
		return;
	new = vm_area_dup(mm, proc, vma);
	new->start = to;
	new->end = to + pages;
	new->pgoff = vmg.pgoff;
}

/* Without rule 11's order: what is moved is gone before anything merges. */
static void move_too_late(struct mm *mm, struct mm_proc *proc, int from, int to,
			  int pages)
{
	struct mm_vma *kept = vm_area_dup(mm, proc, vma_lookup(proc, from));
	int start = kept->start, end = kept->end;

	kept->start = MM_PAGES + 1;
	kept->end = MM_PAGES + 1;
	move_page_tables(mm, proc, from, to, pages);
	do_munmap(mm, proc, from, from + pages);
	kept->start = start;
	copy_vma(mm, proc, kept, from, to, pages);
	kept->end = end;
	vm_area_free(mm, kept);
}

/* Rule 11: the new place is merged before the old one is removed. */
static void move_vma(struct mm *mm, struct mm_proc *proc, int from, int to,
		     int pages)
{
	if (dropped(mm, MM_RULE_BEFORE)) {
		move_too_late(mm, proc, from, to, pages);
		return;
	}
	copy_vma(mm, proc, vma_lookup(proc, from), from, to, pages);
	move_page_tables(mm, proc, from, to, pages);
	do_munmap(mm, proc, from, from + pages);
}

/*
 * Old kernels: one mapping or part of one. That is found out late: what was at
 * the new place is gone by then.
 */
static int mremap_one(struct mm *mm, const struct mm_op *op)
{
	struct mm_proc *proc = &mm->proc[op->proc];
	int end = op->start + op->pages;
	const struct mm_vma *vma;

	if (!vma_lookup(proc, op->start))
		return -EFAULT;
	if (op->to < end && op->start < op->to + op->pages)
		return -EINVAL;
	do_munmap(mm, proc, op->to, op->to + op->pages);
	vma = vma_lookup(proc, op->start);
	if (vma->end < end) {
		mm_because(mm, "more than one mapping, and the target is gone");
		return -EFAULT;
	}
	move_vma(mm, proc, op->start, op->to, op->pages);
	return 0;
}

/* Piece by piece, where several mappings are moved at once. */
int do_mremap(struct mm *mm, const struct mm_op *op)
{
	struct mm_proc *proc = &mm->proc[op->proc];
	int end = op->start + op->pages, shift = op->to - op->start;
	const struct mm_vma *vma;

	if (!mm_has(&mm->machine, MM_FACT_MREMAP_MANY))
		return mremap_one(mm, op);
	if (op->to < end && op->start < op->to + op->pages)
		return -EINVAL;
	if (!vma_lookup(proc, op->start))
		return -EFAULT;
	for (int at = op->start; at < end;) {
		int until;

		vma = find_vma(proc, at);
		if (!vma || vma->start >= end)
			break;
		at = vma->start > at ? vma->start : at;
		until = vma->end < end ? vma->end : end;
		do_munmap(mm, proc, at + shift, until + shift);
		move_vma(mm, proc, at, at + shift, until - at);
		at = until;
	}
	return 0;
}
