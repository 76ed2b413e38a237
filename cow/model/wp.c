// SPDX-License-Identifier: MIT
/* A write to a page that is there but read-only: rule 6, the heart of it. */
#include "internal.h"

static enum mm_kind wp_page_reuse(struct mm *mm, struct fault *vmf)
{
	mm->frame[vmf->pte->frame].exclusive = true;
	vmf->pte->write = true;
	return MM_KIND_REUSE;
}

/* The writer gets a new page; all others keep the one they have. */
static enum mm_kind wp_page_copy(struct mm *mm, struct fault *vmf)
{
	int old = vmf->pte->frame;

	anon_vma_prepare(mm, vmf->proc, vmf->vma);
	set_pte(mm, vmf->proc, vmf->page,
		alloc_frame(mm, true, mm->frame[old].value), true);
	return old == MM_ZERO_PAGE ? MM_KIND_ZERO : MM_KIND_COPY;
}

/* Only files on a disk come here: their entries wait for the first write. */
static enum mm_kind wp_page_shared(struct mm *mm, struct fault *vmf)
{
	mm_because(mm, "tells the file system, then writable");
	vmf->pte->write = true;
	return MM_KIND_NOTIFY;
}

/*
 * Part of a huge page: if all that maps any of it is the writer's. But not the
 * last page of it: a copy sets the rest free. Old kernels know references only.
 */
static bool wp_can_reuse_large_anon_folio(const struct mm *mm,
					  const struct mm_folio *folio)
{
	if (!mm_has(&mm->machine, MM_FACT_HUGE_OWNER) ||
	    dropped(mm, MM_RULE_HUGE_OWNER))
		return folio->mapcount == 1;
	return folio->mapcount > 1 && !folio->shared;
}

/* Nobody else can have the page, or nobody else has it any more. */
static bool wp_can_reuse_anon_folio(const struct mm *mm,
				    const struct mm_frame *frame)
{
	if (dropped(mm, MM_RULE_REUSE))
		return false;
	if (frame->merged && !dropped(mm, MM_RULE_MERGED_COPY))
		return false;
	if (frame->folio && !frame->exclusive)
		return wp_can_reuse_large_anon_folio(mm,
						     &mm->folio[frame->folio]);
	return frame->exclusive || frame->refs == 1;
}

enum mm_kind do_wp_page(struct mm *mm, struct fault *vmf)
{
	const struct mm_frame *frame = &mm->frame[vmf->pte->frame];

	if (vmf->vma->flags & MM_VM_SHARED)
		return wp_page_shared(mm, vmf);
	if (vmf->pte->frame == MM_ZERO_PAGE) {
		mm_because(mm, "the zero page -> wp_page_copy");
		return wp_page_copy(mm, vmf);
	}
	if (!frame->anon) {
		mm_because(mm, "the file's page -> wp_page_copy");
		return wp_page_copy(mm, vmf);
	}
	if (wp_can_reuse_anon_folio(mm, frame)) {
		mm_because(mm, "anonymous, %s -> wp_page_reuse",
			   frame->exclusive ? "exclusive" :
					      "the last reference");
		return wp_page_reuse(mm, vmf);
	}
	if (frame->merged) {
		mm_because(mm, "merged by ksmd -> wp_page_copy");
		return wp_page_copy(mm, vmf);
	}
	mm_because(mm,
		   "anonymous, not exclusive, %d reference%s -> wp_page_copy",
		   frame->refs, frame->refs == 1 ? "" : "s");
	return wp_page_copy(mm, vmf);
}
