// SPDX-License-Identifier: MIT
/* Mappings: found, made, split, removed. */
#include <string.h>

#include "internal.h"

/* The mapping that holds @page, or else the first one above it. */
struct mm_vma *find_vma(struct mm_proc *proc, int page)
{
	struct mm_vma *found = NULL;

	for (int i = 0; i < MM_VMAS; i++) {
		struct mm_vma *vma = &proc->vma[i];

		if (vma->end > page && (!found || vma->start < found->start))
			found = vma;
	}
	return found;
}

struct mm_vma *vma_lookup(struct mm_proc *proc, int page)
{
	for (int i = 0; i < MM_VMAS; i++)
		if (proc->vma[i].start <= page && proc->vma[i].end > page)
			return &proc->vma[i];
	return NULL;
}

const struct mm_vma *mm_find_vma(const struct mm_proc *proc, int page)
{
	return vma_lookup((struct mm_proc *)proc, page);
}

struct mm_vma *vma_ending(struct mm_proc *proc, int page)
{
	for (int i = 0; i < MM_VMAS; i++)
		if (proc->vma[i].end && proc->vma[i].end == page)
			return &proc->vma[i];
	return NULL;
}

struct mm_vma *vma_starting(struct mm_proc *proc, int page)
{
	for (int i = 0; i < MM_VMAS; i++)
		if (proc->vma[i].end && proc->vma[i].start == page)
			return &proc->vma[i];
	return NULL;
}

struct mm_vma *vm_area_alloc(struct mm *mm, struct mm_proc *proc)
{
	for (int i = 0; i < MM_VMAS; i++) {
		struct mm_vma *vma = &proc->vma[i];

		if (vma->end)
			continue;
		memset(vma, 0, sizeof(*vma));
		return vma;
	}
	mm->full = true;
	return &proc->vma[0];
}

/* A second one like it: same file, same anon_vmas. */
struct mm_vma *vm_area_dup(struct mm *mm, struct mm_proc *proc,
			   const struct mm_vma *vma)
{
	struct mm_vma *new = vm_area_alloc(mm, proc);

	*new = *vma;
	get_file(mm, new->file);
	if (dropped(mm, MM_RULE_ANON_VMA)) {
		new->anon_vma = 0;
		new->links = 0;
	} else {
		anon_vma_clone(mm, new, vma);
	}
	return new;
}

void vm_area_free(struct mm *mm, struct mm_vma *vma)
{
	unlink_anon_vmas(mm, vma);
	put_file(mm, vma->file);
	memset(vma, 0, sizeof(*vma));
}

/* Rule 7: both halves have the anon_vma, also the one without such a page. */
void split_vma(struct mm *mm, struct mm_proc *proc, struct mm_vma *vma,
	       int page)
{
	struct mm_vma *below;

	mm_because(mm, "one mapping becomes two");
	below = vm_area_dup(mm, proc, vma);
	below->end = page;
	vma->pgoff += page - vma->start;
	vma->start = page;
	vma_adjust_trans_huge(mm, proc, page);
}
