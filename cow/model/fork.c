// SPDX-License-Identifier: MIT
/* fork and exit: which page table entries does a child get? Rule 8. */
#include <string.h>

#include "internal.h"

/*
 * The heart of a lazy fork: only what the child could not find again by itself
 * is copied, and that is anonymous memory. No anon_vma, no such memory.
 */
static bool vma_needs_copy(const struct mm *mm, const struct mm_vma *src)
{
	return src->anon_vma || dropped(mm, MM_RULE_LAZY);
}

/*
 * A pinned page: the device must go on with the parent's. So the child gets a
 * copy at once, and the parent notices nothing.
 */
static bool copy_present_page(struct mm *mm, struct mm_proc *child, int page,
			      const struct mm_frame *frame, bool write)
{
	if (!frame->exclusive || !frame->pins || dropped(mm, MM_RULE_PIN))
		return false;
	mm_because(mm, "page %d, pinned -> the child's copy is made now", page);
	set_pte(mm, child, page, alloc_frame(mm, true, frame->value), write);
	child->pte[page].dirty = true;
	return true;
}

/* Both sides read-only from now on, and the page nobody's own. */
static void copy_present_pte(struct mm *mm, const struct mm_vma *vma,
			     struct mm_proc *child, struct mm_proc *oldmm,
			     int page)
{
	struct mm_pte *src = &oldmm->pte[page];
	struct mm_frame *frame = &mm->frame[src->frame];

	if (copy_present_page(mm, child, page, frame, vma->flags & MM_VM_WRITE))
		return;
	if (!(vma->flags & MM_VM_SHARED))
		src->write = false;
	if (frame->anon && !dropped(mm, MM_RULE_EXCLUSIVE))
		frame->exclusive = false;
	set_pte(mm, child, page, src->frame, src->write);
	child->pte[page].dirty = src->dirty && !(vma->flags & MM_VM_SHARED);
	child->pte[page].old = true;
}

static void copy_page_range(struct mm *mm, struct mm_proc *dst,
			    struct mm_proc *src, const struct mm_vma *vma)
{
	int copied = 0;

	if (!vma_needs_copy(mm, vma)) {
		mm_because(mm,
			   "no anon_vma -> pages %d-%d are left to fault again",
			   vma->start, vma->end - 1);
		return;
	}
	for (int page = vma->start; page < vma->end; page++) {
		if (mm_is_huge(src, page)) {
			copy_huge_pmd(mm, dst, src, page);
			page += MM_HUGE - 1;
			continue;
		}
		*page_table(dst, page) |= *page_table(src, page);
		if (!src->pte[page].frame)
			continue;
		copy_present_pte(mm, vma, dst, src, page);
		copied++;
	}
	mm_because(mm, "pages %d-%d, %d %s copied", vma->start, vma->end - 1,
		   copied, copied == 1 ? "entry" : "entries");
}

static void dup_vma(struct mm *mm, struct mm_proc *oldmm, struct mm_proc *child,
		    const struct mm_vma *vma)
{
	struct mm_vma *new;

	if (vma->flags & MM_VM_DONTCOPY && !dropped(mm, MM_RULE_DONTFORK)) {
		mm_because(mm, "DONTFORK, the child has no such mapping");
		return;
	}
	new = vm_area_alloc(mm, child);
	*new = *vma;
	get_file(mm, new->file);
	if (vma->flags & MM_VM_WIPEONFORK && !dropped(mm, MM_RULE_WIPE)) {
		mm_because(mm, "WIPEONFORK, the child begins without pages");
		new->anon_vma = 0;
		new->links = 0;
		return;
	}
	anon_vma_fork(mm, new, vma);
	copy_page_range(mm, child, oldmm, vma);
}

/* In the order of the addresses, as the kernel does. */
int dup_mmap(struct mm *mm, struct mm_proc *oldmm, struct mm_proc *child)
{
	const struct mm_vma *vma = find_vma(oldmm, 0);

	memset(child, 0, sizeof(*child));
	child->alive = true;
	child->threads = 1;
	child->brk = oldmm->brk;
	while (vma) {
		dup_vma(mm, oldmm, child, vma);
		vma = find_vma(oldmm, vma->end);
	}
	return 0;
}

void exit_mmap(struct mm *mm, struct mm_proc *proc)
{
	unpin_user_pages(mm, proc);
	zap_pte_range(mm, proc, 0, MM_PAGES);
	for (int i = 0; i < MM_VMAS; i++)
		if (proc->vma[i].end)
			vm_area_free(mm, &proc->vma[i]);
	proc->alive = false;
}
