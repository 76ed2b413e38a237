// SPDX-License-Identifier: MIT
/* mmap, munmap, brk: what there is at an address. */
#include "internal.h"

void do_munmap(struct mm *mm, struct mm_proc *proc, int start, int end)
{
	struct mm_vma *vma;

	while ((vma = find_vma(proc, start)) && vma->start < end) {
		if (vma->start < start) {
			split_vma(mm, proc, vma, start);
			continue;
		}
		if (vma->end > end) {
			split_vma(mm, proc, vma, end);
			continue;
		}
		zap_pte_range(mm, proc, vma->start, vma->end);
		vm_area_free(mm, vma);
	}
	free_pgtables(mm, proc);
}

/* Only private writable memory is charged for; the flag keeps mappings apart. */
static unsigned int accounted(unsigned int flags)
{
	return (flags & (MM_VM_SHARED | MM_VM_WRITE)) == MM_VM_WRITE ?
		       flags | MM_VM_ACCOUNT :
		       flags;
}

static struct mm_vma *new_vma(struct mm *mm, const struct vma_merge *vmg)
{
	struct mm_vma *vma = vm_area_alloc(mm, vmg->proc);

	vma->start = vmg->start;
	vma->end = vmg->end;
	vma->pgoff = vmg->pgoff;
	vma->file = vmg->file;
	vma->flags = vmg->flags;
	return vma;
}

/* What is asked of new memory at once: as if by a madvise() that follows. */
static int hugepage_madvise(struct mm *mm, struct mm_proc *proc, int start,
			    int end)
{
	const struct mm_op op = {
		.kind = MM_OP_MADVISE,
		.proc = proc - mm->proc,
		.start = start,
		.pages = end - start,
		.advice = MM_ADV_HUGEPAGE,
	};
	int populated = 0;

	return do_madvise(mm, &op, &populated);
}

int do_mmap(struct mm *mm, const struct mm_op *op)
{
	struct mm_proc *proc = &mm->proc[op->proc];
	struct vma_merge vmg = {
		.proc = proc,
		.start = op->start,
		.end = op->start + op->pages,
		.pgoff = op->start,
		.flags = accounted(op->flags & ~MM_VM_HUGEPAGE),
	};

	do_munmap(mm, proc, vmg.start, vmg.end);
	if (op->file >= 0) {
		vmg.file = op->file + 1;
		vmg.pgoff = op->pgoff;
	} else if (op->flags & MM_VM_SHARED) {
		vmg.file = shmem_file_setup(mm, op->pages);
		vmg.pgoff = 0;
	}
	if (!vma_merge_new_range(mm, &vmg)) {
		new_vma(mm, &vmg);
		get_file(mm, vmg.file);
	}
	if (op->flags & MM_VM_HUGEPAGE)
		return hugepage_madvise(mm, proc, vmg.start, vmg.end);
	return 0;
}

/* Rule 11 for the heap: it grows by the mapping below, if that may merge. */
static int brk_up(struct mm *mm, struct mm_proc *proc, int end)
{
	struct vma_merge vmg = {
		.proc = proc,
		.start = proc->brk,
		.end = end,
		.pgoff = proc->brk,
		.flags = MM_VM_READ | MM_VM_WRITE | MM_VM_ACCOUNT,
		.just_expand = true,
	};
	const struct mm_vma *next = find_vma(proc, proc->brk);

	if (next && next->start < end)
		return -ENOMEM;
	if (!vma_merge_new_range(mm, &vmg))
		new_vma(mm, &vmg);
	return 0;
}

int do_brk(struct mm *mm, struct mm_proc *proc, int pages)
{
	int end = MM_HEAP + pages;
	const struct mm_vma *vma;
	int rc = 0;

	if (end > proc->brk)
		rc = brk_up(mm, proc, end);
	if (end < proc->brk) {
		vma = find_vma(proc, end);
		if (!vma || vma->start >= proc->brk)
			return -ENOMEM;
		do_munmap(mm, proc, end, proc->brk);
	}
	if (!rc)
		proc->brk = end;
	return rc;
}
