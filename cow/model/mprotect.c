// SPDX-License-Identifier: MIT
/* mprotect: which entries become writable at once? Rule 9. */
#include "internal.h"

/*
 * Private: only a page that is surely nobody else's. Shared: entries of tmpfs
 * are what the mapping allows; those of a disk file must have been written
 * through before.
 */
static bool can_change_pte_writable(const struct mm *mm,
				    const struct mm_vma *vma,
				    const struct mm_pte *pte)
{
	const struct mm_frame *frame = &mm->frame[pte->frame];

	if (!(vma->flags & MM_VM_WRITE) || pte->frame == MM_ZERO_PAGE)
		return false;
	if (!(vma->flags & MM_VM_SHARED))
		return frame->anon && frame->exclusive &&
		       (pte->dirty ||
			mm_has(&mm->machine, MM_FACT_UPGRADE_CLEAN)) &&
		       !dropped(mm, MM_RULE_UPGRADE);
	return !vma_wants_writenotify(mm, vma) || pte->dirty;
}

/* Old kernels made no huge entry writable before its next fault. */
static bool can_change_pmd_writable(const struct mm *mm,
				    const struct mm_proc *proc, int page)
{
	return !mm_is_huge(proc, page) ||
	       mm_has(&mm->machine, MM_FACT_UPGRADE_CLEAN);
}

static void change_protection(struct mm *mm, struct mm_proc *proc,
			      const struct mm_vma *vma, int start, int end)
{
	int writable = 0, present = 0;

	for (int page = start; page < end; page++) {
		struct mm_pte *pte = &proc->pte[page];

		if (!pte->frame)
			continue;
		pte->write = can_change_pte_writable(mm, vma, pte) &&
			     can_change_pmd_writable(mm, proc, page);
		writable += pte->write;
		present++;
	}
	mm_because(mm, "%d of %d %s writable", writable, present,
		   present == 1 ? "entry" : "entries");
}

/* A charge stays with memory that was ever writable, unless never used. */
static unsigned int charge(const struct mm *mm, const struct mm_vma *vma,
			   unsigned int flags)
{
	if (flags & MM_VM_WRITE) {
		if (!(vma->flags &
		      (MM_VM_ACCOUNT | MM_VM_WRITE | MM_VM_SHARED)))
			flags |= MM_VM_ACCOUNT;
	} else if (vma->flags & MM_VM_ACCOUNT && !vma->file && !vma->anon_vma &&
		   mm_has(&mm->machine, MM_FACT_UNCHARGE)) {
		flags &= ~MM_VM_ACCOUNT;
	}
	return flags;
}

static void mprotect_fixup(struct mm *mm, struct mm_proc *proc,
			   struct mm_vma *vma, int start, int end,
			   unsigned int prot)
{
	unsigned int flags = (vma->flags & ~MM_VM_ACCESS) | prot;

	if (flags == vma->flags)
		return;
	vma = vma_modify_flags(mm, proc, vma, start, end,
			       charge(mm, vma, flags));
	change_protection(mm, proc, vma, start, end);
}

/* Up to the first hole: what lies before it has changed, what follows not. */
int do_mprotect(struct mm *mm, struct mm_proc *proc, int start, int end,
		unsigned int prot)
{
	while (start < end) {
		struct mm_vma *vma = vma_lookup(proc, start);
		int until;

		if (!vma)
			return -ENOMEM;
		until = vma->end < end ? vma->end : end;
		mprotect_fixup(mm, proc, vma, start, until, prot);
		start = until;
	}
	return 0;
}
