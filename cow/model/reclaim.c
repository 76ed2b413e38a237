// SPDX-License-Identifier: MIT
/*
 * MADV_PAGEOUT without swap, and what MADV_FREE leaves to it: which pages leave
 * a page table, which the page cache, and which stay?
 */
#include "internal.h"

/*
 * MADV_FREE: the entry counts as clean from now on, and the page may be
 * dropped until somebody writes. One that reclaim has found dirty before (it
 * is dirty itself then) is only given away by its last owner.
 */
void madvise_free_pte_range(struct mm *mm, struct mm_proc *proc, int start,
			    int end)
{
	for (int page = start; page < end; page++) {
		struct mm_pte *pte = &proc->pte[page];
		struct mm_frame *frame = &mm->frame[pte->frame];

		if (!pte->frame || pte->frame == MM_ZERO_PAGE)
			continue;
		if (frame->dirty && frame->mapcount != 1)
			continue;
		frame->dirty = false;
		pte->dirty = false;
		pte->old = true;
		frame->lazyfree = frame->anon;
	}
}

/* Does anybody but the page table and the page cache hold on to it? */
static bool is_held(const struct mm *mm, const struct mm_frame *frame)
{
	return frame->pins && !dropped(mm, MM_RULE_HELD);
}

/* Private memory has nowhere to go to: it stays, or it was given away. */
static void shrink_anon(struct mm *mm, struct mm_proc *proc, int page)
{
	struct mm_pte *pte = &proc->pte[page];
	struct mm_frame *frame = &mm->frame[pte->frame];

	if (!frame->lazyfree || dropped(mm, MM_RULE_LAZYFREE)) {
		mm_because(mm, "page %d, anonymous and no swap -> stays", page);
		return;
	}
	frame->dirty |= pte->dirty;
	if (frame->dirty) {
		mm_because(mm, "page %d, written since MADV_FREE -> stays",
			   page);
		frame->lazyfree = false;
		return;
	}
	if (is_held(mm, frame)) {
		mm_because(mm, "page %d, somebody holds it -> stays", page);
		return;
	}
	mm_because(mm, "page %d, given away by MADV_FREE -> dropped", page);
	set_pte(mm, proc, page, 0, false);
}

/*
 * A page of a file leaves the page table first. If it is clean it leaves the
 * page cache as well; a dirty one of tmpfs has nowhere to go to and stays.
 */
static void shrink_file(struct mm *mm, struct mm_proc *proc,
			const struct mm_vma *vma, int page)
{
	struct mm_file *file = &mm->file[vma->file - 1];
	int pgoff = vma->pgoff + page - vma->start;
	int at = proc->pte[page].frame;
	bool stays = mm->frame[at].dirty || is_held(mm, &mm->frame[at]);

	if (file->backing == MM_BACK_DISK)
		mm->beyond = "read-ahead after MADV_PAGEOUT of a disk file";
	mm_because(mm, "page %d, its entry is dropped, the page %s", page,
		   stays ? "stays in the cache" : "leaves the cache");
	set_pte(mm, proc, page, 0, false);
	if (stays || dropped(mm, MM_RULE_CLEAN))
		return;
	file->cache[pgoff] = 0;
	put_frame(mm, at);
}

/* What is mapped more than once is left alone: others may still want it. */
void madvise_pageout_pte_range(struct mm *mm, struct mm_proc *proc,
			       const struct mm_vma *vma, int start, int end)
{
	if (mm->machine.swap)
		mm->beyond = "MADV_PAGEOUT where there is swap";
	for (int page = start; page < end; page++) {
		const struct mm_frame *frame =
			&mm->frame[proc->pte[page].frame];

		if (!proc->pte[page].frame ||
		    proc->pte[page].frame == MM_ZERO_PAGE)
			continue;
		if (frame->mapcount != 1 && !dropped(mm, MM_RULE_MAPPED))
			continue;
		proc->pte[page].old = true;
		if (frame->anon)
			shrink_anon(mm, proc, page);
		else if (!dropped(mm, MM_RULE_PAGEOUT))
			shrink_file(mm, proc, vma, page);
	}
}
