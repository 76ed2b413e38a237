// SPDX-License-Identifier: MIT
/* Faults of file mappings, shared memory included: rules 4 and 5. */
#include "internal.h"

static struct mm_file *file_of(struct mm *mm, const struct fault *vmf)
{
	return &mm->file[vmf->vma->file - 1];
}

/*
 * Must the file system hear of the first write to a page? Files on a disk: yes;
 * their entries begin read-only. tmpfs: no.
 */
bool vma_wants_writenotify(const struct mm *mm, const struct mm_vma *vma)
{
	return vma->file && mm->file[vma->file - 1].backing == MM_BACK_DISK &&
	       !dropped(mm, MM_RULE_NOTIFY);
}

/* What a read fault lets an entry do: all of vm_page_prot. */
static bool maps_writable(const struct mm *mm, const struct mm_vma *vma)
{
	return vma->flags & MM_VM_SHARED && vma->flags & MM_VM_WRITE &&
	       !vma_wants_writenotify(mm, vma);
}

static int max(int a, int b)
{
	return a > b ? a : b;
}

static int min(int a, int b)
{
	return a < b ? a : b;
}

/*
 * Rule 4: the window of a read fault. It begins with the aligned group of 16
 * pages, or with the mapping; it has 16 pages, or less where the mapping or
 * the page table ends.
 */
static void around_window(const struct mm *mm, const struct fault *vmf,
			  int *from, int *to)
{
	int aligned = vmf->page / mm->machine.around * mm->machine.around;
	int table = vmf->page < MM_TABLE_END ? MM_TABLE_END : MM_PAGES;

	*from = aligned;
	if (!dropped(mm, MM_RULE_START))
		*from = max(aligned, vmf->vma->start);
	*to = (dropped(mm, MM_RULE_END) ? aligned : *from) + mm->machine.around;
	if (!dropped(mm, MM_RULE_TABLE))
		*to = min(*to, table);
	if (!dropped(mm, MM_RULE_VMA_END))
		*to = min(*to, vmf->vma->end);
}

/*
 * New kernels: where the first page found is the last one of a disk file, no
 * page table is made for it, so as not to map anything huge across the end;
 * and without one nothing is mapped.
 */
static bool map_lost(const struct mm *mm, const struct mm_file *file, int pgoff,
		     bool has_table)
{
	return mm_has(&mm->machine, MM_FACT_LAST_PAGE) && !has_table &&
	       file->backing == MM_BACK_DISK && pgoff == file->pages - 1;
}

/* Map each cached page of the window whose entry is empty. */
static bool do_fault_around(struct mm *mm, struct fault *vmf)
{
	struct mm_file *file = file_of(mm, vmf);
	int from, to, mapped = 0;

	around_window(mm, vmf, &from, &to);
	for (int page = from; page < to && page < MM_PAGES; page++) {
		int pgoff = vmf->vma->pgoff + page - vmf->vma->start;

		if (pgoff < 0 || pgoff >= file->pages || !file->cache[pgoff] ||
		    vmf->proc->pte[page].frame)
			continue;
		if (map_lost(mm, file, pgoff, *page_table(vmf->proc, page)))
			break;
		set_pte(mm, vmf->proc, page, file->cache[pgoff],
			maps_writable(mm, vmf->vma));
		mapped++;
	}
	mm_because(mm, "window of %d page%s, %d mapped", to - from,
		   to - from == 1 ? "" : "s", mapped);
	return vmf->pte->frame;
}

/* The page of the file, from the page cache or new in it; 0 past its end. */
static int filemap_fault(struct mm *mm, struct fault *vmf, bool *cached)
{
	int pgoff = vmf->vma->pgoff + vmf->page - vmf->vma->start;
	struct mm_file *file = file_of(mm, vmf);

	if (pgoff >= file->pages) {
		mm_because(mm, "behind the file's end -> SIGBUS");
		return 0;
	}
	*cached = file->cache[pgoff];
	if (!*cached) {
		mm_because(mm, "a new page in the page cache");
		file->cache[pgoff] = alloc_frame(mm, false, 0);
		get_frame(mm, file->cache[pgoff]);
	}
	return file->cache[pgoff];
}

/* Shared anonymous memory tells a new page from one that is there. */
static enum mm_kind file_kind(struct mm *mm, const struct fault *vmf,
			      bool cached)
{
	if (file_of(mm, vmf)->backing != MM_BACK_ANON)
		return MM_KIND_FILE;
	return cached ? MM_KIND_REMAP : MM_KIND_ZERO;
}

static enum mm_kind do_read_fault(struct mm *mm, struct fault *vmf)
{
	bool cached = true;
	int frame;

	if (!dropped(mm, MM_RULE_AROUND) && do_fault_around(mm, vmf))
		return file_kind(mm, vmf, true);
	frame = filemap_fault(mm, vmf, &cached);
	if (!frame)
		return MM_KIND_SEGV;
	mm_because(mm, "maps the one page");
	set_pte(mm, vmf->proc, vmf->page, frame, maps_writable(mm, vmf->vma));
	return file_kind(mm, vmf, cached);
}

/*
 * Rule 5: a private write copies at once, but the file is read in as well. The
 * anon_vma comes first: it stays, even where the file turns out to end before.
 */
static enum mm_kind do_cow_fault(struct mm *mm, struct fault *vmf)
{
	int pgoff = vmf->vma->pgoff + vmf->page - vmf->vma->start;
	bool cached;
	int frame;
	char value;

	anon_vma_prepare(mm, vmf->proc, vmf->vma);
	frame = filemap_fault(mm, vmf, &cached);
	value = mm->frame[frame].value;
	if (!frame)
		return MM_KIND_SEGV;
	if (!cached && dropped(mm, MM_RULE_CACHE)) {
		put_frame(mm, frame);
		file_of(mm, vmf)->cache[pgoff] = 0;
	}
	mm_because(mm, "private write -> a copy of the file's page");
	set_pte(mm, vmf->proc, vmf->page, alloc_frame(mm, true, value), true);
	return MM_KIND_COPY;
}

static enum mm_kind do_shared_fault(struct mm *mm, struct fault *vmf)
{
	bool cached;
	int frame = filemap_fault(mm, vmf, &cached);

	if (!frame)
		return MM_KIND_SEGV;
	mm_because(mm, "shared write -> the file's page, writable");
	set_pte(mm, vmf->proc, vmf->page, frame, true);
	return file_kind(mm, vmf, cached);
}

enum mm_kind do_fault(struct mm *mm, struct fault *vmf)
{
	if (!vmf->write)
		return do_read_fault(mm, vmf);
	if (!(vmf->vma->flags & MM_VM_SHARED))
		return do_cow_fault(mm, vmf);
	return do_shared_fault(mm, vmf);
}
