// SPDX-License-Identifier: MIT
/*
 * Pages made present without an access of the process: on request, and to be
 * pinned for a device that will write to them.
 */
#include "internal.h"

/* One page, as if it had been accessed; behind a file's end that fails. */
static int faultin_page(struct mm *mm, struct mm_proc *proc, struct mm_vma *vma,
			int page, bool write)
{
	struct fault vmf = { proc, vma, &proc->pte[page], page, write };

	if (vmf.pte->frame && (!write || vmf.pte->write))
		return 0;
	if (handle_mm_fault(mm, &vmf) == MM_KIND_SEGV)
		return -EFAULT;
	if (write)
		mark_dirty(mm, vmf.pte);
	touch_pmd(proc, page, write);
	return 1;
}

/*
 * The same, and what is there and may be written counts as written
 * (follow_page_pte()): it is clean no more.
 */
static int faultin_touch(struct mm *mm, struct mm_proc *proc,
			 struct mm_vma *vma, int page, bool write)
{
	int rc = faultin_page(mm, proc, vma, page, write);
	const struct mm_pte *pte = &proc->pte[page];

	if (!rc)
		touch_pmd(proc, page, write);
	if (!rc && write && !pte->dirty && !dropped(mm, MM_RULE_TOUCH))
		mm->frame[pte->frame].dirty = true;
	return rc;
}

/* MADV_POPULATE_*: stops at the first page that can't be. */
int madvise_populate(struct mm *mm, struct mm_proc *proc, int start, int end,
		     bool write, int *populated)
{
	for (int page = start; page < end; page++) {
		struct mm_vma *vma = vma_lookup(proc, page);
		int rc;

		if (dropped(mm, MM_RULE_POPULATE))
			continue;
		if (!vma)
			return -ENOMEM;
		if (access_error(vma, write))
			return -EINVAL;
		rc = faultin_touch(mm, proc, vma, page, write);
		if (rc < 0)
			return rc;
		*populated += rc;
	}
	return 0;
}

/* A pin is a reference, and more: what is pinned must stay where it is. */
static int pin_page(struct mm *mm, struct mm_proc *proc, int page)
{
	int frame = proc->pte[page].frame;

	if (proc->pins == MM_PINS) {
		mm->full = true;
		return -ENOMEM;
	}
	if (mm->frame[frame].folio)
		mm->beyond = "pins of huge pages";
	get_frame(mm, frame);
	mm->frame[frame].pins++;
	proc->pinned[proc->pins++] = frame;
	return 0;
}

/* Let go of the last @count pins. */
static void unpin_pages(struct mm *mm, struct mm_proc *proc, int count)
{
	while (count--) {
		int frame = proc->pinned[--proc->pins];

		mm->frame[frame].pins--;
		put_frame(mm, frame);
	}
}

void unpin_user_pages(struct mm *mm, struct mm_proc *proc)
{
	unpin_pages(mm, proc, proc->pins);
}

/* New kernels: pages that need no fault are pinned as they are, clean or not. */
static int gup_fast(const struct mm_proc *proc, int start, int end)
{
	int page = start;

	while (page < end && proc->pte[page].frame && proc->pte[page].write)
		page++;
	return page;
}

/* Old kernels never marked what they pinned. */
static int pin_faultin(struct mm *mm, struct mm_proc *proc, int page, int fast)
{
	bool files = mm_has(&mm->machine, MM_FACT_PIN_FILES);
	struct mm_vma *vma = vma_lookup(proc, page);

	if (!vma || access_error(vma, true) ||
	    (files && vma->flags & MM_VM_SHARED &&
	     vma_wants_writenotify(mm, vma)))
		return -EFAULT;
	if (page < fast)
		return 0;
	return mm_has(&mm->machine, MM_FACT_PIN_TOUCHES) ?
		       faultin_touch(mm, proc, vma, page, true) :
		       faultin_page(mm, proc, vma, page, true);
}

/* Old kernels looked at the mappings, and only when all pages were pinned. */
static int check_files(const struct mm *mm, struct mm_proc *proc, int start,
		       int end)
{
	int file = vma_lookup(proc, start)->file;

	if (mm_has(&mm->machine, MM_FACT_PIN_FILES))
		return 0;
	for (int page = start; page < end; page++) {
		if (vma_lookup(proc, page)->file != file)
			return -EINVAL;
		if (file && mm->file[file - 1].backing == MM_BACK_DISK)
			return -EOPNOTSUPP;
	}
	return 0;
}

/*
 * Pinned for writing, for long: the pages are written to, as far as faults go,
 * so that they are the process's own; a file on a disk is refused. All or
 * none: but what has faulted for it stays.
 */
int pin_user_pages(struct mm *mm, struct mm_proc *proc, int start, int end,
		   int *populated)
{
	int fast = gup_fast(proc, start, end);
	int pinned = proc->pins, rc = 0;

	for (int page = start; page < end && rc >= 0; page++) {
		rc = pin_faultin(mm, proc, page, fast);
		*populated += rc > 0;
		if (rc >= 0)
			rc = pin_page(mm, proc, page);
	}
	if (!rc)
		rc = check_files(mm, proc, start, end);
	if (rc)
		unpin_pages(mm, proc, proc->pins - pinned);
	else
		mm_because(mm, "%d page%s pinned, %d of them as they were",
			   end - start, end - start == 1 ? "" : "s",
			   fast - start);
	return rc;
}
