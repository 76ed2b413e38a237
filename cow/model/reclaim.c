// SPDX-License-Identifier: MIT
/*
 * MADV_PAGEOUT without swap, and what MADV_FREE leaves to it: which pages leave
 * a page table, which the page cache, and which stay?
 */
#include "internal.h"

/* How many entries from here on map one part of a large folio after another? */
static int folio_pte_batch(const struct mm *mm, const struct mm_proc *proc,
			   int page, int end)
{
	const struct mm_frame *first = &mm->frame[proc->pte[page].frame];
	int until = mm_huge_start(page) + MM_HUGE, n = 1;

	if (until > end)
		until = end;
	for (; page + n < until; n++) {
		const struct mm_frame *frame =
			&mm->frame[proc->pte[page + n].frame];

		if (frame->folio != first->folio ||
		    frame->part != first->part + n)
			break;
	}
	return n;
}

/* What an advice does to one page, and whether it is MADV_FREE. */
struct advice {
	void (*page)(struct mm *mm, struct mm_proc *proc,
		     const struct mm_vma *vma, int page);
	bool free;
	bool pageout;
};

/* Are all entries of the folio these @nr? Clean ones MADV_FREE needs no more. */
static bool folio_is_elsewhere(const struct mm *mm, int frame,
			       const struct advice *advice, int nr)
{
	if (advice->free && !mm->frame[frame].dirty)
		return false;
	return mm->folio[mm->frame[frame].folio].mapcount != nr;
}

/*
 * A large folio is meant as a whole or not at all: what others may have is
 * passed over, and what is meant in part becomes small pages first. So does
 * what is to be paged out, and has nowhere to go to.
 */
static bool passes_over(struct mm *mm, struct mm_proc *proc, int page, int nr,
			const struct advice *advice)
{
	int frame = proc->pte[page].frame;
	bool huge = mm_is_huge(proc, page);

	if (!huge && !mm_has(&mm->machine, MM_FACT_HUGE_OWNER))
		mm->beyond = "advice for split huge pages on old kernels";
	if (nr == MM_HUGE && !huge ? folio_is_elsewhere(mm, frame, advice, nr) :
				     folio_maybe_mapped_shared(mm, frame))
		return true;
	if (advice->pageout && mm->frame[frame].lazyfree)
		mm->beyond = "MADV_PAGEOUT of a huge page given away";
	if (nr < MM_HUGE || advice->pageout)
		split_folio(mm, proc, frame);
	return false;
}

static void advise_pages(struct mm *mm, struct mm_proc *proc,
			 const struct mm_vma *vma, int start, int end,
			 const struct advice *advice)
{
	for (int page = start, nr; page < end; page += nr) {
		nr = 1;
		if (mm->frame[proc->pte[page].frame].folio) {
			nr = folio_pte_batch(mm, proc, page, end);
			if (passes_over(mm, proc, page, nr, advice))
				continue;
		}
		for (int i = page; i < page + nr; i++)
			advice->page(mm, proc, vma, i);
	}
}

/*
 * MADV_FREE: the entry counts as clean from now on, and the page may be
 * dropped until somebody writes. One that reclaim has found dirty before (it
 * is dirty itself then) is only given away by its last owner.
 */
static void madvise_free_page(struct mm *mm, struct mm_proc *proc,
			      const struct mm_vma *vma, int page)
{
	struct mm_pte *pte = &proc->pte[page];
	struct mm_frame *frame = &mm->frame[pte->frame];

	if (!pte->frame || pte->frame == MM_ZERO_PAGE ||
	    (frame->dirty && frame->mapcount != 1))
		return;
	frame->dirty = false;
	pte->dirty = false;
	pte->old = true;
	frame->lazyfree = frame->anon;
}

void madvise_free_pte_range(struct mm *mm, struct mm_proc *proc, int start,
			    int end)
{
	static const struct advice advice = {
		.page = madvise_free_page,
		.free = true,
	};

	advise_pages(mm, proc, NULL, start, end, &advice);
}

/* MADV_COLD: as if not accessed; it does not speak for others who map it. */
static void madvise_cold_page(struct mm *mm, struct mm_proc *proc,
			      const struct mm_vma *vma, int page)
{
	if (mm->frame[proc->pte[page].frame].mapcount == 1)
		proc->pte[page].old = true;
}

void madvise_cold_pte_range(struct mm *mm, struct mm_proc *proc, int start,
			    int end)
{
	static const struct advice advice = { .page = madvise_cold_page };

	advise_pages(mm, proc, NULL, start, end, &advice);
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
static void madvise_pageout_page(struct mm *mm, struct mm_proc *proc,
				 const struct mm_vma *vma, int page)
{
	const struct mm_frame *frame = &mm->frame[proc->pte[page].frame];

	if (!proc->pte[page].frame || proc->pte[page].frame == MM_ZERO_PAGE)
		return;
	if (frame->mapcount != 1 && !dropped(mm, MM_RULE_MAPPED))
		return;
	proc->pte[page].old = true;
	if (frame->anon)
		shrink_anon(mm, proc, page);
	else if (!dropped(mm, MM_RULE_PAGEOUT))
		shrink_file(mm, proc, vma, page);
}

void madvise_pageout_pte_range(struct mm *mm, struct mm_proc *proc,
			       const struct mm_vma *vma, int start, int end)
{
	static const struct advice advice = {
		.page = madvise_pageout_page,
		.pageout = true,
	};

	if (mm->machine.swap)
		mm->beyond = "MADV_PAGEOUT where there is swap";
	advise_pages(mm, proc, vma, start, end, &advice);
}
