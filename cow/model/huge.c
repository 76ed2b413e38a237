// SPDX-License-Identifier: MIT
/*
 * Transparent huge pages: one entry for as many small pages as a page table
 * maps. It is made by one fault, shared by fork, and split as soon as a part of
 * it is treated otherwise; the pages stay one large folio even then.
 */
#include "internal.h"

/* Page tables whose place a huge page could take. */
static int slot_of(int page)
{
	return (page - MM_BIG) / MM_HUGE;
}

int mm_huge_start(int page)
{
	return MM_BIG + slot_of(page) * MM_HUGE;
}

bool mm_is_huge(const struct mm_proc *proc, int page)
{
	return page >= MM_BIG && proc->huge[slot_of(page)];
}

static int owner_of(const struct mm *mm, const struct mm_proc *proc)
{
	return proc - mm->proc + 1;
}

/*
 * Entries for a large folio: a huge one counts once, small ones each. For two
 * processes the kernel remembers how many are theirs; with a third, and until
 * one of the two is known to have all, the folio counts as shared.
 */
void folio_add_anon_rmap(struct mm *mm, const struct mm_proc *proc, int frame,
			 int entries)
{
	struct mm_folio *folio = &mm->folio[mm->frame[frame].folio];
	int who = owner_of(mm, proc);

	if (!mm->frame[frame].folio)
		return;
	folio->mapcount += entries;
	for (int i = 0; i < 2; i++) {
		if (folio->owner[i] != who)
			continue;
		folio->owned[i] += entries;
		return;
	}
	for (int i = 0; i < 2; i++) {
		if (folio->owner[i])
			continue;
		folio->owner[i] = who;
		folio->owned[i] = entries;
		if (i || folio->mapcount != entries)
			folio->shared = true;
		return;
	}
}

void folio_remove_rmap(struct mm *mm, const struct mm_proc *proc, int frame,
		       int entries)
{
	struct mm_folio *folio = &mm->folio[mm->frame[frame].folio];
	int who = owner_of(mm, proc);

	if (!mm->frame[frame].folio)
		return;
	folio->mapcount -= entries;
	for (int i = 0; i < 2; i++) {
		if (folio->owner[i] != who)
			continue;
		folio->owned[i] -= entries;
		if (folio->owned[i] > 0)
			return;
		folio->owned[i] = 0;
		folio->owner[i] = 0;
		break;
	}
	if (folio->owned[0] == folio->mapcount ||
	    folio->owned[1] == folio->mapcount)
		folio->shared = false;
}

bool folio_maybe_mapped_shared(const struct mm *mm, int frame)
{
	const struct mm_folio *folio = &mm->folio[mm->frame[frame].folio];

	if (!mm->frame[frame].folio)
		return mm->frame[frame].mapcount != 1;
	return folio->mapcount > 1 && folio->shared;
}

/*
 * All pages of the folio become small ones; only @proc maps any of them. What
 * is all zeros is not kept: the zero page does.
 */
void split_folio(struct mm *mm, struct mm_proc *proc, int frame)
{
	bool zeroes = mm_has(&mm->machine, MM_FACT_SPLIT_ZEROES);
	int folio = mm->frame[frame].folio;

	for (int i = 0; i < MM_PAGES; i++) {
		struct mm_pte *pte = &proc->pte[i];

		if (mm->frame[pte->frame].folio != folio)
			continue;
		split_huge_pmd(mm, proc, i);
		mm->frame[pte->frame].dirty |= pte->dirty;
		if (zeroes && !mm->frame[pte->frame].value)
			set_pte(mm, proc, i, MM_ZERO_PAGE, false);
	}
	mm_because(mm, "the large folio becomes small pages");
	for (int i = 0; i < MM_FRAMES; i++)
		if (mm->frame[i].folio == folio)
			mm->frame[i].folio = 0;
	mm->folio[folio] = (struct mm_folio){ 0 };
}

static int alloc_folio(struct mm *mm)
{
	for (int i = 1; i < MM_FOLIOS; i++)
		if (!mm->folio[i].mapcount)
			return i;
	mm->full = true;
	return 1;
}

/* Is the page's whole slot in one mapping, and may that have huge pages? */
static bool thp_vma_allowable(const struct mm *mm, const struct mm_vma *vma,
			      int page)
{
	int start = mm_huge_start(page);

	if (!mm_has(&mm->machine, MM_FACT_HUGE) || vma->file ||
	    vma->flags & MM_VM_NOHUGEPAGE || dropped(mm, MM_RULE_HUGE))
		return false;
	if (mm_has(&mm->machine, MM_FACT_HUGE_ASKED) &&
	    !(vma->flags & MM_VM_HUGEPAGE))
		return false;
	return vma->start <= start && vma->end >= start + MM_HUGE;
}

/* The entry of the huge page of zeros, which all share. It counts no one. */
static bool is_huge_zero_pmd(const struct mm_proc *proc, int page)
{
	return mm_is_huge(proc, page) && proc->pte[page].frame == MM_ZERO_PAGE;
}

static enum mm_kind set_huge_zero_folio(struct mm *mm, struct mm_proc *proc,
					int start)
{
	for (int page = start; page < start + MM_HUGE; page++)
		proc->pte[page] = (struct mm_pte){ .frame = MM_ZERO_PAGE };
	proc->huge[slot_of(start)] = true;
	return MM_KIND_ZEROPAGE;
}

/* A huge page of the process's own, of zeros. */
static enum mm_kind map_anon_folio_pmd(struct mm *mm, struct fault *vmf)
{
	int start = mm_huge_start(vmf->page), folio = alloc_folio(mm);

	mm->folio[folio] = (struct mm_folio){ 0 };
	for (int page = start; page < start + MM_HUGE; page++) {
		int frame = alloc_frame(mm, true, 0);

		mm->frame[frame].folio = folio;
		mm->frame[frame].part = page - start;
		mm->frame[frame].mapcount = 1;
		mm->frame[frame].refs = 1;
		vmf->proc->pte[page] = (struct mm_pte){
			.frame = frame,
			.write = vmf->vma->flags & MM_VM_WRITE,
			.dirty = true,
		};
	}
	vmf->proc->huge[slot_of(start)] = true;
	folio_add_anon_rmap(mm, vmf->proc, vmf->pte->frame, 1);
	return MM_KIND_HUGE;
}

/*
 * Absent, and not even a page table: a huge page, whatever the access. A read
 * is content with the one that all share, if there is one.
 */
static enum mm_kind do_huge_pmd_anonymous_page(struct mm *mm, struct fault *vmf)
{
	anon_vma_prepare(mm, vmf->proc, vmf->vma);
	if (!vmf->write && mm_has(&mm->machine, MM_FACT_ZEROPAGE) &&
	    mm_has(&mm->machine, MM_FACT_HUGE_ZEROPAGE) &&
	    !dropped(mm, MM_RULE_HUGE_ZEROPAGE)) {
		mm_because(mm, "read -> the huge page of zeros");
		return set_huge_zero_folio(mm, vmf->proc,
					   mm_huge_start(vmf->page));
	}
	mm_because(mm, "%s -> a huge page", vmf->write ? "write" : "read");
	return map_anon_folio_pmd(mm, vmf);
}

void split_huge_pmd(struct mm *mm, struct mm_proc *proc, int page)
{
	int frame = proc->pte[page].frame;

	if (!mm_is_huge(proc, page))
		return;
	mm_because(mm, "the huge entry becomes %d small ones", MM_HUGE);
	folio_add_anon_rmap(mm, proc, frame, MM_HUGE);
	folio_remove_rmap(mm, proc, frame, 1);
	proc->huge[slot_of(page)] = false;
	*page_table(proc, page) = true;
	if (frame == MM_ZERO_PAGE)
		return;
	for (int i = mm_huge_start(page); i < mm_huge_start(page) + MM_HUGE;
	     i++)
		mm->frame[proc->pte[i].frame].dirty |= proc->pte[i].dirty;
}

/* New kernels fill the place of the huge page of zeros; old ones split it. */
static enum mm_kind do_huge_zero_wp_pmd(struct mm *mm, struct fault *vmf)
{
	if (mm_has(&mm->machine, MM_FACT_HUGE_ZERO_WRITE)) {
		mm_because(mm, "the huge page of zeros -> a huge page");
		return map_anon_folio_pmd(mm, vmf);
	}
	split_huge_pmd(mm, vmf->proc, vmf->page);
	return MM_KIND_NONE;
}

/* Rule 6 for all of it, or else the entry is split and rule 6 goes by page. */
static enum mm_kind do_huge_pmd_wp_page(struct mm *mm, struct fault *vmf)
{
	const struct mm_frame *frame = &mm->frame[vmf->pte->frame];
	int start = mm_huge_start(vmf->page);

	if (is_huge_zero_pmd(vmf->proc, vmf->page))
		return do_huge_zero_wp_pmd(mm, vmf);
	if (dropped(mm, MM_RULE_REUSE) ||
	    (!frame->exclusive && mm->folio[frame->folio].mapcount != 1)) {
		split_huge_pmd(mm, vmf->proc, vmf->page);
		return MM_KIND_NONE;
	}
	mm_because(mm, "%s -> all of it writable",
		   frame->exclusive ? "exclusive" : "the last reference");
	for (int page = start; page < start + MM_HUGE; page++) {
		struct mm_pte *pte = &vmf->proc->pte[page];

		mm->frame[pte->frame].exclusive = true;
		pte->write = true;
		pte->dirty = true;
	}
	return MM_KIND_REUSE;
}

enum mm_kind do_huge_fault(struct mm *mm, struct fault *vmf)
{
	if (vmf->page < MM_BIG)
		return MM_KIND_NONE;
	if (mm_is_huge(vmf->proc, vmf->page))
		return do_huge_pmd_wp_page(mm, vmf);
	if ((*page_table(vmf->proc, vmf->page) &&
	     !dropped(mm, MM_RULE_HUGE_TABLE)) ||
	    vmf->pte->frame || !thp_vma_allowable(mm, vmf->vma, vmf->page))
		return MM_KIND_NONE;
	return do_huge_pmd_anonymous_page(mm, vmf);
}

/* What an access leaves in an entry it leaves for all of a huge page. */
void touch_pmd(struct mm_proc *proc, int page, bool write)
{
	int start = mm_huge_start(page);

	if (!mm_is_huge(proc, page))
		return;
	for (int i = start; i < start + MM_HUGE; i++) {
		proc->pte[i].old = false;
		proc->pte[i].dirty |= write;
	}
}

/* fork: one entry is copied, and neither side may write to it any more. */
void copy_huge_pmd(struct mm *mm, struct mm_proc *dst, struct mm_proc *src,
		   int start)
{
	mm_because(mm, "pages %d-%d, one huge entry copied", start,
		   start + MM_HUGE - 1);
	if (is_huge_zero_pmd(src, start)) {
		set_huge_zero_folio(mm, dst, start);
		return;
	}
	for (int page = start; page < start + MM_HUGE; page++) {
		struct mm_pte *pte = &src->pte[page];
		struct mm_frame *frame = &mm->frame[pte->frame];

		pte->write = false;
		if (!dropped(mm, MM_RULE_EXCLUSIVE))
			frame->exclusive = false;
		frame->mapcount++;
		frame->refs++;
		dst->pte[page] = *pte;
		dst->pte[page].old = true;
	}
	dst->huge[slot_of(start)] = true;
	folio_add_anon_rmap(mm, dst, src->pte[start].frame, 1);
}

/* Dropped as a whole; if only a part is to be dropped, split first. */
static void zap_huge_pmd(struct mm *mm, struct mm_proc *proc, int start)
{
	folio_remove_rmap(mm, proc, proc->pte[start].frame, 1);
	for (int page = start; page < start + MM_HUGE; page++) {
		int frame = proc->pte[page].frame;

		mm->frame[frame].mapcount -= frame != MM_ZERO_PAGE;
		put_frame(mm, frame);
		proc->pte[page] = (struct mm_pte){ 0 };
	}
	proc->huge[slot_of(start)] = false;
}

void zap_pmd_range(struct mm *mm, struct mm_proc *proc, int start, int end)
{
	for (int at = MM_BIG; at < MM_PAGES; at += MM_HUGE) {
		if (!mm_is_huge(proc, at) || at >= end || at + MM_HUGE <= start)
			continue;
		if (start <= at && end >= at + MM_HUGE)
			zap_huge_pmd(mm, proc, at);
		else
			split_huge_pmd(mm, proc, at);
	}
}

/* A mapping begins or ends here: no entry may lie across. */
void vma_adjust_trans_huge(struct mm *mm, struct mm_proc *proc, int page)
{
	if (page > MM_BIG && page < MM_PAGES && (page - MM_BIG) % MM_HUGE)
		split_huge_pmd(mm, proc, page);
}

/* A page table goes with the last mapping that it is for. */
void free_pgtables(struct mm *mm, struct mm_proc *proc)
{
	for (int at = MM_BIG; at < MM_PAGES; at += MM_HUGE) {
		const struct mm_vma *vma = find_vma(proc, at);

		if (!vma || vma->start >= at + MM_HUGE)
			*page_table(proc, at) = false;
	}
}

/* New kernels: MADV_DONTNEED gives back a page table that it emptied. */
void reclaim_page_tables(struct mm *mm, struct mm_proc *proc, int start,
			 int end)
{
	if (!mm_has(&mm->machine, MM_FACT_HUGE_AGAIN))
		return;
	for (int at = MM_BIG; at < MM_PAGES; at += MM_HUGE)
		if (start <= at && end >= at + MM_HUGE)
			*page_table(proc, at) = false;
}

/* mremap: does the huge entry move as it is? If not, split it. */
bool move_huge_pmd(struct mm *mm, struct mm_proc *proc, int from, int to,
		   int end)
{
	if (!mm_is_huge(proc, from))
		return false;
	if (from != mm_huge_start(from) || end - from < MM_HUGE ||
	    to < MM_BIG || to != mm_huge_start(to)) {
		split_huge_pmd(mm, proc, from);
		return false;
	}
	proc->huge[slot_of(from)] = false;
	proc->huge[slot_of(to)] = true;
	return true;
}
