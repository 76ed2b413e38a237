// SPDX-License-Identifier: MIT
/* A page fault: which of the kernel's functions is to deal with it? */
#include "internal.h"

/* Rule 1: may the mapping be accessed like this at all? */
bool access_error(const struct mm_vma *vma, bool write)
{
	return !(vma->flags & (write ? MM_VM_WRITE : MM_VM_ACCESS));
}

/* Some machines have no page of zeros to share; to drop rule 3 is to err. */
static bool mm_forbids_zeropage(const struct mm *mm)
{
	return !mm_has(&mm->machine, MM_FACT_ZEROPAGE) !=
	       dropped(mm, MM_RULE_ZEROPAGE);
}

/*
 * Rule 3: fresh private memory. A read is content with the page of zeros that
 * all share; a write needs a page of its own, and an anon_vma.
 */
static enum mm_kind do_anonymous_page(struct mm *mm, struct fault *vmf)
{
	if (!vmf->write && !mm_forbids_zeropage(mm)) {
		mm_because(mm, "read -> the zero page");
		set_pte(mm, vmf->proc, vmf->page, MM_ZERO_PAGE, false);
		return MM_KIND_ZEROPAGE;
	}
	mm_because(mm, "%s -> a new page of zeros",
		   vmf->write ? "write" : "read, no zero page here");
	anon_vma_prepare(mm, vmf->proc, vmf->vma);
	set_pte(mm, vmf->proc, vmf->page, alloc_frame(mm, true, 0),
		vmf->vma->flags & MM_VM_WRITE);
	vmf->pte->dirty = vmf->pte->write;
	return MM_KIND_ZERO;
}

/* A huge page first, if there may be one. */
enum mm_kind handle_mm_fault(struct mm *mm, struct fault *vmf)
{
	enum mm_kind kind = do_huge_fault(mm, vmf);

	if (kind != MM_KIND_NONE)
		return kind;
	if (vmf->pte->frame)
		return do_wp_page(mm, vmf);
	if (!vmf->vma->file)
		return do_anonymous_page(mm, vmf);
	return do_fault(mm, vmf);
}
