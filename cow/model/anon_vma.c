// SPDX-License-Identifier: MIT
/*
 * anon_vma: the one structure that decides whether fork copies a mapping's
 * page table, and whether two mappings may become one (rules 7, 8 and 11).
 */
#include <string.h>

#include "internal.h"

static int anon_vma_alloc(struct mm *mm)
{
	for (int i = 1; i < MM_ANON_VMAS; i++) {
		if (mm->anon_vma[i].links)
			continue;
		mm->anon_vma[i] = (struct mm_anon_vma){ .parent = i };
		return i;
	}
	mm->full = true;
	return 1;
}

static void anon_vma_chain_link(struct mm *mm, struct mm_vma *vma, int anon_vma)
{
	if (vma->links == MM_CHAIN) {
		mm->full = true;
		return;
	}
	vma->chain[vma->links++] = anon_vma;
	mm->anon_vma[anon_vma].links++;
}

/* Neighbours that differ in nothing but access, and could merge otherwise. */
static bool anon_vma_compatible(const struct mm_vma *a, const struct mm_vma *b)
{
	return a->end == b->start && a->file == b->file &&
	       !((a->flags ^ b->flags) & ~MM_VM_ACCESS) &&
	       b->pgoff == a->pgoff + a->end - a->start;
}

static int reusable_anon_vma(const struct mm_vma *old, const struct mm_vma *a,
			     const struct mm_vma *b)
{
	return anon_vma_compatible(a, b) && old->links == 1 ? old->anon_vma : 0;
}

/* Take the neighbour's anon_vma: if access is equal again, they can merge. */
static int find_mergeable_anon_vma(struct mm_proc *proc,
				   const struct mm_vma *vma)
{
	const struct mm_vma *next = vma_starting(proc, vma->end);
	const struct mm_vma *prev = vma_ending(proc, vma->start);
	int found = 0;

	if (next)
		found = reusable_anon_vma(next, vma, next);
	if (!found && prev)
		found = reusable_anon_vma(prev, prev, vma);
	return found;
}

/* Rule 7: the first anonymous write makes the anon_vma. */
bool anon_vma_prepare(struct mm *mm, struct mm_proc *proc, struct mm_vma *vma)
{
	int anon_vma;

	if (vma->anon_vma)
		return false;
	anon_vma = find_mergeable_anon_vma(proc, vma);
	if (!anon_vma) {
		anon_vma = anon_vma_alloc(mm);
		mm->anon_vma[anon_vma].children = 1;
	}
	mm_because(mm, "the mapping gets its anon_vma");
	vma->anon_vma = anon_vma;
	anon_vma_chain_link(mm, vma, anon_vma);
	mm->anon_vma[anon_vma].active++;
	return true;
}

/*
 * Join all anon_vmas of @src. If @dst has none of its own yet, it may take one
 * that no mapping uses as its own any more and that has at most one child.
 */
void anon_vma_clone(struct mm *mm, struct mm_vma *dst, const struct mm_vma *src)
{
	dst->links = 0;
	for (int i = 0; i < src->links; i++) {
		int id = src->chain[i];
		struct mm_anon_vma *anon_vma = &mm->anon_vma[id];

		anon_vma_chain_link(mm, dst, id);
		if (!dst->anon_vma && src->anon_vma && anon_vma->children < 2 &&
		    !anon_vma->active)
			dst->anon_vma = id;
	}
	if (dst->anon_vma)
		mm->anon_vma[dst->anon_vma].active++;
}

/* A child's mapping joins its parent's anon_vmas and adds one of its own. */
void anon_vma_fork(struct mm *mm, struct mm_vma *vma, const struct mm_vma *pvma)
{
	int id;

	vma->anon_vma = 0;
	vma->links = 0;
	if (!pvma->anon_vma)
		return;
	anon_vma_clone(mm, vma, pvma);
	if (vma->anon_vma)
		return;
	id = anon_vma_alloc(mm);
	mm->anon_vma[id].parent = pvma->anon_vma;
	mm->anon_vma[id].active = 1;
	mm->anon_vma[pvma->anon_vma].children++;
	vma->anon_vma = id;
	anon_vma_chain_link(mm, vma, id);
}

void unlink_anon_vmas(struct mm *mm, struct mm_vma *vma)
{
	for (int i = vma->links - 1; i >= 0; i--) {
		struct mm_anon_vma *anon_vma = &mm->anon_vma[vma->chain[i]];

		if (!--anon_vma->links)
			mm->anon_vma[anon_vma->parent].children--;
	}
	if (vma->anon_vma)
		mm->anon_vma[vma->anon_vma].active--;
	vma->anon_vma = 0;
	vma->links = 0;
}
