// SPDX-License-Identifier: MIT
/*
 * Frames and files: who refers to a page of memory, and when is it free? The
 * answer to "may a write reuse it" is this count.
 */
#include <string.h>

#include "internal.h"

int alloc_frame(struct mm *mm, bool anon, char value)
{
	for (int i = 0; i < MM_FRAMES; i++) {
		int at = (mm->hint + i) % MM_FRAMES;
		struct mm_frame *frame = &mm->frame[at];

		if (frame->serial || at <= MM_ZERO_PAGE)
			continue;
		*frame = (struct mm_frame){
			.serial = ++mm->serials,
			.anon = anon,
			.exclusive = anon,
			.value = value,
		};
		mm->hint = at + 1;
		return at;
	}
	mm->full = true;
	return MM_ZERO_PAGE;
}

void get_frame(struct mm *mm, int frame)
{
	mm->frame[frame].refs++;
}

void put_frame(struct mm *mm, int frame)
{
	if (frame == MM_ZERO_PAGE)
		return;
	if (!--mm->frame[frame].refs)
		mm->frame[frame].serial = 0;
}

/* Is there a page table for this page? Once made, it stays. */
bool *page_table(struct mm_proc *proc, int page)
{
	if (page >= MM_BIG)
		return &proc->table[3 + (page - MM_BIG) / MM_HUGE];
	return &proc->table[(page >= MM_TABLE_END) + (page >= MM_HEAP)];
}

/* Let an entry point to a frame (0: to none), in place of what it has. */
void set_pte(struct mm *mm, struct mm_proc *proc, int page, int frame,
	     bool write)
{
	struct mm_pte *pte = &proc->pte[page];
	int old = pte->frame;

	if (frame) {
		*page_table(proc, page) = true;
		mm->frame[frame].mapcount += frame != MM_ZERO_PAGE;
		get_frame(mm, frame);
		folio_add_anon_rmap(mm, proc, frame, 1);
	}
	*pte = (struct mm_pte){ .frame = frame, .write = write };
	if (old) {
		folio_remove_rmap(mm, proc, old, 1);
		mm->frame[old].mapcount -= old != MM_ZERO_PAGE;
		put_frame(mm, old);
	}
}

/* Written through an entry: a page of a file has something to lose now. */
void mark_dirty(struct mm *mm, struct mm_pte *pte)
{
	struct mm_frame *frame = &mm->frame[pte->frame];

	pte->dirty = true;
	frame->dirty |= !frame->anon;
}

/* Rule 10: entries go, and with each of them a reference to its page. */
void zap_pte_range(struct mm *mm, struct mm_proc *proc, int start, int end)
{
	zap_pmd_range(mm, proc, start, end);
	for (int page = start; page < end; page++) {
		int frame = proc->pte[page].frame;

		if (!frame)
			continue;
		if (dropped(mm, MM_RULE_DROP))
			get_frame(mm, frame);
		set_pte(mm, proc, page, 0, false);
	}
}

/* Shared anonymous memory is a file of tmpfs without a name. */
int shmem_file_setup(struct mm *mm, int pages)
{
	for (int i = MM_NAMED; i < MM_FILES; i++) {
		struct mm_file *file = &mm->file[i];

		if (file->users)
			continue;
		memset(file, 0, sizeof(*file));
		file->backing = MM_BACK_ANON;
		file->pages = pages;
		return i + 1;
	}
	mm->full = true;
	return MM_FILES;
}

void get_file(struct mm *mm, int file)
{
	if (file)
		mm->file[file - 1].users++;
}

/* The last user of a file takes its page cache along. */
void put_file(struct mm *mm, int file)
{
	struct mm_file *f;

	if (!file)
		return;
	f = &mm->file[file - 1];
	if (--f->users)
		return;
	for (int i = 0; i < f->pages; i++)
		if (f->cache[i])
			put_frame(mm, f->cache[i]);
}

int mm_add_file(struct mm *mm, enum mm_backing backing, int pages, int cached,
		char value)
{
	int index = 0;

	while (index < MM_NAMED && mm->file[index].users)
		index++;
	if (index == MM_NAMED)
		return -ENFILE;
	mm->file[index] = (struct mm_file){
		.backing = backing,
		.pages = pages,
		.users = 1,
	};
	for (int i = 0; i < cached; i++) {
		int frame = alloc_frame(mm, false, value + i);

		get_frame(mm, frame);
		mm->frame[frame].dirty = backing == MM_BACK_MEMFD;
		mm->file[index].cache[i] = frame;
	}
	return index;
}
