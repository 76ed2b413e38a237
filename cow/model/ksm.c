// SPDX-License-Identifier: MIT
/*
 * ksmd: private pages with the same bytes become one, which nobody may write to
 * any more. What it finds only once stays as it is.
 */
#include "internal.h"

/* Does ksmd find the pages of a mapping? */
static bool is_found(const struct mm *mm, const struct mm_vma *vma)
{
	return vma->flags & MM_VM_ACCESS ||
	       mm_has(&mm->machine, MM_FACT_MERGE_NONE);
}

/* Each page that ksmd may merge: private, present, in a mapping that says so. */
static bool is_candidate(const struct mm *mm, const struct mm_proc *proc,
			 int page)
{
	int frame = proc->pte[page].frame;
	const struct mm_vma *vma;

	if (!frame || !mm->frame[frame].anon)
		return false;
	vma = mm_find_vma(proc, page);
	return vma && vma->flags & MM_VM_MERGEABLE && vma->anon_vma &&
	       is_found(mm, vma);
}

/* The next candidate with that byte, from @proc's @page on; false: no more. */
static bool next_equal(const struct mm *mm, char value, int *proc, int *page)
{
	for (; *proc < MM_PROCS; ++*proc, *page = 0)
		for (; *page < MM_PAGES && mm->proc[*proc].alive; ++*page) {
			const struct mm_proc *p = &mm->proc[*proc];

			if (is_candidate(mm, p, *page) &&
			    mm->frame[p->pte[*page].frame].value == value)
				return true;
		}
	return false;
}

#define for_each_equal(mm, value, proc, page) \
	for (int proc = 0, page = 0;          \
	     next_equal((mm), (value), &(proc), &(page)); (page)++)

/* The one they become: one that was merged before, a new one, or 0: none. */
static int stable_frame(struct mm *mm, char value)
{
	int first = 0, frame;
	bool differ = false;

	for_each_equal(mm, value, p, page) {
		frame = mm->proc[p].pte[page].frame;
		if (mm->frame[frame].merged)
			return frame;
		differ |= first && frame != first;
		first = frame;
	}
	if (!differ)
		return 0;
	frame = alloc_frame(mm, true, value);
	mm->frame[frame].exclusive = false;
	mm->frame[frame].merged = true;
	mm->frame[frame].dirty = true;
	return frame;
}

static void merge_equal(struct mm *mm, char value)
{
	int frame = stable_frame(mm, value), merged = 0;

	if (!frame)
		return;
	for_each_equal(mm, value, p, page) {
		if (mm->proc[p].pte[page].frame == frame)
			continue;
		set_pte(mm, &mm->proc[p], page, frame, false);
		merged++;
	}
	if (merged)
		mm_because(mm, "%d entries with the same bytes -> one page",
			   merged);
}

/* How many of a frame's entries are candidates? Else others keep it. */
static bool all_are(const struct mm *mm, int frame)
{
	int entries = 0;

	for_each_equal(mm, mm->frame[frame].value, p, page)
		entries += mm->proc[p].pte[page].frame == frame;
	return entries == mm->frame[frame].mapcount;
}

/* Is it known what becomes of a page that has that frame? */
static bool is_known(const struct mm *mm, int frame, bool candidate)
{
	const struct mm_frame *f = &mm->frame[frame];

	if (!candidate)
		return !f->merged;
	return !f->pins && !f->folio && !f->lazyfree && all_are(mm, frame);
}

bool mm_can_merge(const struct mm *mm)
{
	int equal[256] = { 0 };

	for (int p = 0; p < MM_PROCS; p++)
		for (int page = 0; page < MM_PAGES; page++) {
			const struct mm_proc *proc = &mm->proc[p];
			int frame = proc->pte[page].frame;
			bool candidate = is_candidate(mm, proc, page);
			uint8_t value = mm->frame[frame].value;

			if (!proc->alive || !frame)
				continue;
			if (!is_known(mm, frame, candidate) ||
			    (candidate && ++equal[value] > MM_SHARING))
				return false;
		}
	return true;
}

void ksm_do_scan(struct mm *mm)
{
	if (!mm_can_merge(mm)) {
		mm->beyond = "merging of pages that others have as well";
		return;
	}
	if (dropped(mm, MM_RULE_MERGED))
		return;
	for (int value = 0; value < 256; value++)
		merge_equal(mm, value);
}

bool has_merged(const struct mm *mm, const struct mm_proc *proc, int start,
		int end)
{
	for (int page = start; page < end; page++)
		if (mm->frame[proc->pte[page].frame].merged)
			return true;
	return false;
}

/*
 * Each entry has a page of its own again, by a fault without an access. Since
 * 6.2 that is to unshare, and the next write is a fault more.
 */
int unmerge_ksm_pages(struct mm *mm, struct mm_proc *proc,
		      const struct mm_vma *vma, int start, int end)
{
	bool write = !mm_has(&mm->machine, MM_FACT_UNMERGE_UNSHARES) &&
		     vma->flags & MM_VM_WRITE;
	int faults = 0;

	for (int page = start; page < end; page++) {
		int frame = proc->pte[page].frame;

		if (!mm->frame[frame].merged || !is_found(mm, vma))
			continue;
		set_pte(mm, proc, page,
			alloc_frame(mm, true, mm->frame[frame].value), write);
		proc->pte[page].dirty = write;
		faults++;
	}
	mm_because(mm, "%d page%s copied", faults,
		   faults == 1 ? " is" : "s are");
	return faults;
}
