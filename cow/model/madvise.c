// SPDX-License-Identifier: MIT
/* madvise: dropped pages, flags for fork; which mappings of a range it means. */
#include "internal.h"

static int change_flags(struct mm *mm, struct mm_proc *proc, struct mm_vma *vma,
			int start, int end, unsigned int flags)
{
	if (flags != vma->flags)
		vma_modify_flags(mm, proc, vma, start, end, flags);
	return 0;
}

/* Shared memory is passed over in silence. */
static int madvise_merge(struct mm *mm, struct mm_proc *proc,
			 struct mm_vma *vma, int start, int end, bool merge,
			 int *faults)
{
	if (merge && !(vma->flags & MM_VM_SHARED))
		return change_flags(mm, proc, vma, start, end,
				    vma->flags | MM_VM_MERGEABLE);
	if (merge || !(vma->flags & MM_VM_MERGEABLE))
		return 0;
	*faults += unmerge_ksm_pages(mm, proc, vma, start, end);
	return change_flags(mm, proc, vma, start, end,
			    vma->flags & ~MM_VM_MERGEABLE);
}

/* What an advice does to a range of one mapping. */
static int madvise_vma(struct mm *mm, struct mm_proc *proc, struct mm_vma *vma,
		       int start, int end, enum mm_advice advice, int *faults)
{
	unsigned int flags = vma->flags;

	if (mm_reclaims(advice) && has_merged(mm, proc, start, end))
		mm->beyond = "reclaim of merged pages";

	switch (advice) {
	case MM_ADV_DONTNEED:
		mm_because(mm, "the entries are dropped");
		zap_pte_range(mm, proc, start, end);
		reclaim_page_tables(mm, proc, start, end);
		return 0;
	case MM_ADV_FREE:
		if (vma->file)
			return -EINVAL;
		madvise_free_pte_range(mm, proc, start, end);
		return 0;
	case MM_ADV_PAGEOUT:
		madvise_pageout_pte_range(mm, proc, vma, start, end);
		return 0;
	case MM_ADV_COLD:
		madvise_cold_pte_range(mm, proc, start, end);
		return 0;
	case MM_ADV_WIPEONFORK:
		if (vma->file)
			return -EINVAL;
		return change_flags(mm, proc, vma, start, end,
				    flags | MM_VM_WIPEONFORK);
	case MM_ADV_KEEPONFORK:
		return change_flags(mm, proc, vma, start, end,
				    flags & ~MM_VM_WIPEONFORK);
	case MM_ADV_DONTFORK:
		return change_flags(mm, proc, vma, start, end,
				    flags | MM_VM_DONTCOPY);
	case MM_ADV_DOFORK:
		return change_flags(mm, proc, vma, start, end,
				    flags & ~MM_VM_DONTCOPY);
	case MM_ADV_HUGEPAGE:
		return change_flags(mm, proc, vma, start, end,
				    (flags & ~MM_VM_NOHUGEPAGE) |
					    MM_VM_HUGEPAGE);
	case MM_ADV_NOHUGEPAGE:
		return change_flags(mm, proc, vma, start, end,
				    (flags & ~MM_VM_HUGEPAGE) |
					    MM_VM_NOHUGEPAGE);
	case MM_ADV_MERGEABLE:
	case MM_ADV_UNMERGEABLE:
		return madvise_merge(mm, proc, vma, start, end,
				     advice == MM_ADV_MERGEABLE, faults);
	default:
		return 0;
	}
}

/* Holes are passed over, and told of at the end; other errors end it. */
int do_madvise(struct mm *mm, const struct mm_op *op, int *populated)
{
	struct mm_proc *proc = &mm->proc[op->proc];
	bool populate = op->advice == MM_ADV_POPULATE_READ ||
			op->advice == MM_ADV_POPULATE_WRITE;
	bool write = op->advice == MM_ADV_POPULATE_WRITE;
	int at = op->start, end = op->start + op->pages, unmapped = 0;

	if (populate && mm_has(&mm->machine, MM_FACT_POPULATE_STOPS))
		return madvise_populate(mm, proc, at, end, write, populated);
	while (at < end) {
		struct mm_vma *vma = find_vma(proc, at);
		int until, rc;

		if (!vma || vma->start >= end)
			return -ENOMEM;
		if (vma->start > at) {
			unmapped = -ENOMEM;
			at = vma->start;
		}
		until = vma->end < end ? vma->end : end;
		rc = populate ? madvise_populate(mm, proc, at, until, write,
						 populated) :
				madvise_vma(mm, proc, vma, at, until,
					    op->advice, populated);
		if (rc)
			return rc;
		at = until;
	}
	return unmapped;
}

/* Writeback: clean pages are read-only again wherever they are mapped. */
int do_sync(struct mm *mm, int file)
{
	for (int p = 0; p < MM_PROCS; p++) {
		struct mm_proc *proc = &mm->proc[p];

		for (int page = 0; page < MM_PAGES; page++) {
			struct mm_vma *vma = NULL;

			if (proc->pte[page].frame && proc->alive)
				vma = vma_lookup(proc, page);
			if (!vma || vma->file != file + 1 ||
			    !(vma->flags & MM_VM_SHARED) ||
			    !vma_wants_writenotify(mm, vma))
				continue;
			proc->pte[page].write = false;
			proc->pte[page].dirty = false;
			mm->frame[proc->pte[page].frame].dirty = false;
		}
	}
	return 0;
}
