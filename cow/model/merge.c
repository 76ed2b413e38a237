// SPDX-License-Identifier: MIT
/*
 * When do two mappings become one? It matters for copy-on-write: what has no
 * anon_vma gets one by merging, and fork then copies its page table (rule 11).
 */
#include "internal.h"

/* Has it been forked from a parent that may still have its pages? */
static bool vma_had_uncowed_parents(const struct mm *mm,
				    const struct mm_vma *vma)
{
	return vma && vma->anon_vma && vma->links != 1 &&
	       !dropped(mm, MM_RULE_CHILD);
}

/*
 * Old kernels: memory without an anon_vma stays alone when what wants to join
 * it has one; the other way round it joins, unless a fork made the anon_vma.
 */
static bool is_mergeable_faulted(const struct mm *mm,
				 const struct vma_merge *vmg,
				 const struct mm_vma *tgt)
{
	if (tgt->anon_vma && !vmg->anon_vma)
		return !vma_had_uncowed_parents(mm, tgt);
	return tgt->anon_vma == vmg->anon_vma;
}

/*
 * With one anon_vma at most, the other side simply gets it, unless it is the
 * result of a fork. With two, they must be one and the same.
 */
static bool is_mergeable_anon_vma(const struct mm *mm,
				  const struct vma_merge *vmg,
				  const struct mm_vma *tgt)
{
	if (!mm_has(&mm->machine, MM_FACT_JOIN_UNFAULTED))
		return is_mergeable_faulted(mm, vmg, tgt);
	if (!tgt->anon_vma && vmg->anon_vma)
		return !vma_had_uncowed_parents(mm, vmg->middle) &&
		       !vma_had_uncowed_parents(mm, vmg->copied_from);
	if (tgt->anon_vma && !vmg->anon_vma)
		return !vma_had_uncowed_parents(mm, tgt);
	return tgt->anon_vma == vmg->anon_vma;
}

static bool is_mergeable_vma(const struct mm *mm, const struct vma_merge *vmg,
			     const struct mm_vma *tgt)
{
	return !dropped(mm, MM_RULE_MERGE) && tgt->flags == vmg->flags &&
	       tgt->file == vmg->file && is_mergeable_anon_vma(mm, vmg, tgt);
}

static bool can_vma_merge_left(const struct mm *mm, const struct vma_merge *vmg,
			       const struct mm_vma *prev)
{
	return prev && is_mergeable_vma(mm, vmg, prev) &&
	       prev->pgoff + prev->end - prev->start == vmg->pgoff;
}

static bool can_vma_merge_right(const struct mm *mm,
				const struct vma_merge *vmg,
				const struct mm_vma *next)
{
	return next && is_mergeable_vma(mm, vmg, next) &&
	       vmg->pgoff + vmg->end - vmg->start == next->pgoff;
}

/* Both neighbours go with what lies between; do they with each other? */
static bool are_anon_vmas_compatible(const struct mm_vma *a,
				     const struct mm_vma *b)
{
	return !a->anon_vma || !b->anon_vma || a->anon_vma == b->anon_vma;
}

static void dup_anon_vma(struct mm *mm, struct mm_vma *dst,
			 const struct mm_vma *src)
{
	if (dst->anon_vma || !src || !src->anon_vma ||
	    dropped(mm, MM_RULE_ANON_VMA))
		return;
	mm_because(mm, "the larger mapping has an anon_vma now");
	dst->anon_vma = src->anon_vma;
	anon_vma_clone(mm, dst, src);
}

/*
 * Two that can't join each other: which one does what lies between join? Until
 * Linux 6.11 mmap asked the upper one first, and the lower one as if it were
 * part of that.
 */
static bool prefers_lower(const struct mm *mm, const struct vma_merge *vmg)
{
	return vmg->copied_from || vmg->just_expand || vmg->extends ||
	       mm_has(&mm->machine, MM_FACT_JOIN_LOWER);
}

/* A range that is not mapped yet joins what lies before or behind it. */
struct mm_vma *vma_merge_new_range(struct mm *mm, struct vma_merge *vmg)
{
	struct mm_vma *prev = vma_ending(vmg->proc, vmg->start);
	struct mm_vma *next =
		vmg->just_expand ? NULL : vma_starting(vmg->proc, vmg->end);
	bool left = can_vma_merge_left(mm, vmg, prev);
	bool right = can_vma_merge_right(mm, vmg, next);

	if (left && right && !prefers_lower(mm, vmg))
		left = is_mergeable_faulted(
			mm, &(struct vma_merge){ .anon_vma = next->anon_vma },
			prev);
	else if (left && right)
		right = are_anon_vmas_compatible(prev, next);
	if (!left && !right)
		return NULL;
	mm_because(mm, "joins its %s",
		   left && right ? "two neighbours" :
		   left		 ? "lower neighbour" :
				   "upper neighbour");
	if (!left) {
		next->start = vmg->start;
		next->pgoff = vmg->pgoff;
		dup_anon_vma(mm, next, vmg->copied_from);
		return next;
	}
	prev->end = right ? next->end : vmg->end;
	if (right) {
		dup_anon_vma(mm, prev, next);
		vm_area_free(mm, next);
	}
	dup_anon_vma(mm, prev, vmg->copied_from);
	return prev;
}

/* Give what the range leaves of @middle, or nothing, back to @middle. */
static void shrink(struct mm *mm, struct mm_vma *middle, int start, int end)
{
	if (start >= end) {
		vm_area_free(mm, middle);
		return;
	}
	middle->pgoff += start - middle->start;
	middle->start = start;
	middle->end = end;
}

/* Part of a mapping becomes like its neighbours, and joins them. */
static struct mm_vma *vma_merge_existing_range(struct mm *mm,
					       struct vma_merge *vmg)
{
	struct mm_vma *middle = vmg->middle;
	struct mm_vma *prev = NULL, *next = NULL;
	bool left, right;

	if (vmg->start == middle->start)
		prev = vma_ending(vmg->proc, vmg->start);
	if (vmg->end == middle->end)
		next = vma_starting(vmg->proc, vmg->end);
	left = can_vma_merge_left(mm, vmg, prev);
	right = can_vma_merge_right(mm, vmg, next);
	if (left && right)
		right = are_anon_vmas_compatible(prev, next);
	if (!left && !right)
		return NULL;
	mm_because(mm, "joins its %s",
		   left && right ? "two neighbours" :
		   left		 ? "lower neighbour" :
				   "upper neighbour");
	if (left && right) {
		dup_anon_vma(mm, prev, next->anon_vma ? next : middle);
		prev->end = next->end;
		vm_area_free(mm, middle);
		vm_area_free(mm, next);
		return prev;
	}
	if (left) {
		dup_anon_vma(mm, prev, middle);
		prev->end = vmg->end;
		shrink(mm, middle, vmg->end, middle->end);
		vma_adjust_trans_huge(mm, vmg->proc, vmg->end);
		return prev;
	}
	dup_anon_vma(mm, next, middle);
	next->pgoff -= next->start - vmg->start;
	next->start = vmg->start;
	shrink(mm, middle, middle->start, vmg->start);
	vma_adjust_trans_huge(mm, vmg->proc, vmg->start);
	return next;
}

/* Other flags for a range of one mapping: join the neighbours, or split. */
struct mm_vma *vma_modify_flags(struct mm *mm, struct mm_proc *proc,
				struct mm_vma *vma, int start, int end,
				unsigned int flags)
{
	struct vma_merge vmg = {
		.proc = proc,
		.middle = vma,
		.start = start,
		.end = end,
		.pgoff = vma->pgoff + start - vma->start,
		.file = vma->file,
		.flags = flags,
		.anon_vma = vma->anon_vma,
	};
	struct mm_vma *merged = vma_merge_existing_range(mm, &vmg);

	if (merged)
		return merged;
	if (vma->start < start)
		split_vma(mm, proc, vma, start);
	if (vma->end > end) {
		split_vma(mm, proc, vma, end);
		vma = vma_lookup(proc, start);
	}
	vma->flags = flags;
	return vma;
}
