/* SPDX-License-Identifier: MIT */
/* What the files of model share: the kernel's functions, by their names. */
#ifndef COW_MODEL_INTERNAL_H
#define COW_MODEL_INTERNAL_H

#include <errno.h>
#include <stddef.h>

#include "model.h"

static inline bool dropped(const struct mm *mm, enum mm_rule rule)
{
	return mm->drop & UINT64_C(1) << rule;
}

/* Tell whoever listens one step of a decision, and which function takes it. */
#define mm_because(mm, ...) mm_reason(mm, __func__, __VA_ARGS__)
void mm_reason(struct mm *mm, const char *where, const char *fmt, ...)
	__attribute((format(printf, 3, 4)));

/* frame.c */
int alloc_frame(struct mm *mm, bool anon, char value);
void get_frame(struct mm *mm, int frame);
void put_frame(struct mm *mm, int frame);
void set_pte(struct mm *mm, struct mm_proc *proc, int page, int frame,
	     bool write);
void mark_dirty(struct mm *mm, struct mm_pte *pte);
bool *page_table(struct mm_proc *proc, int page);
void zap_pte_range(struct mm *mm, struct mm_proc *proc, int start, int end);
int shmem_file_setup(struct mm *mm, int pages);
void get_file(struct mm *mm, int file);
void put_file(struct mm *mm, int file);

/* anon_vma.c */
bool anon_vma_prepare(struct mm *mm, struct mm_proc *proc, struct mm_vma *vma);
void anon_vma_clone(struct mm *mm, struct mm_vma *dst,
		    const struct mm_vma *src);
void anon_vma_fork(struct mm *mm, struct mm_vma *vma,
		   const struct mm_vma *pvma);
void unlink_anon_vmas(struct mm *mm, struct mm_vma *vma);

/* vma.c */
struct mm_vma *find_vma(struct mm_proc *proc, int page);
struct mm_vma *vma_lookup(struct mm_proc *proc, int page);
struct mm_vma *vma_ending(struct mm_proc *proc, int page);
struct mm_vma *vma_starting(struct mm_proc *proc, int page);
struct mm_vma *vm_area_alloc(struct mm *mm, struct mm_proc *proc);
struct mm_vma *vm_area_dup(struct mm *mm, struct mm_proc *proc,
			   const struct mm_vma *vma);
void vm_area_free(struct mm *mm, struct mm_vma *vma);
void split_vma(struct mm *mm, struct mm_proc *proc, struct mm_vma *vma,
	       int page);

/* What a merge is asked for: a range, and what it is or will be. */
struct vma_merge {
	struct mm_proc *proc;
	struct mm_vma *middle;
	const struct mm_vma *copied_from;
	int start;
	int end;
	int pgoff;
	int file;
	unsigned int flags;
	int anon_vma;
	bool just_expand;
	bool extends;
};

/* merge.c */
struct mm_vma *vma_merge_new_range(struct mm *mm, struct vma_merge *vmg);
struct mm_vma *vma_modify_flags(struct mm *mm, struct mm_proc *proc,
				struct mm_vma *vma, int start, int end,
				unsigned int flags);

/* huge.c, but for what faults */
void folio_add_anon_rmap(struct mm *mm, const struct mm_proc *proc, int frame,
			 int entries);
void folio_remove_rmap(struct mm *mm, const struct mm_proc *proc, int frame,
		       int entries);
bool folio_maybe_mapped_shared(const struct mm *mm, int frame);
void split_folio(struct mm *mm, struct mm_proc *proc, int frame);
void split_huge_pmd(struct mm *mm, struct mm_proc *proc, int page);
void touch_pmd(struct mm_proc *proc, int page, bool write);
void copy_huge_pmd(struct mm *mm, struct mm_proc *dst, struct mm_proc *src,
		   int start);
void zap_pmd_range(struct mm *mm, struct mm_proc *proc, int start, int end);
void vma_adjust_trans_huge(struct mm *mm, struct mm_proc *proc, int page);
void free_pgtables(struct mm *mm, struct mm_proc *proc);
void reclaim_page_tables(struct mm *mm, struct mm_proc *proc, int start,
			 int end);
bool move_huge_pmd(struct mm *mm, struct mm_proc *proc, int from, int to,
		   int end);

/* fault.c, filemap.c, wp.c, huge.c */
struct fault {
	struct mm_proc *proc;
	struct mm_vma *vma;
	struct mm_pte *pte;
	int page;
	bool write;
};

enum mm_kind handle_mm_fault(struct mm *mm, struct fault *vmf);
enum mm_kind do_huge_fault(struct mm *mm, struct fault *vmf);
enum mm_kind do_fault(struct mm *mm, struct fault *vmf);
enum mm_kind do_wp_page(struct mm *mm, struct fault *vmf);
bool vma_wants_writenotify(const struct mm *mm, const struct mm_vma *vma);
bool access_error(const struct mm_vma *vma, bool write);

/* reclaim.c */
void madvise_free_pte_range(struct mm *mm, struct mm_proc *proc, int start,
			    int end);
void madvise_cold_pte_range(struct mm *mm, struct mm_proc *proc, int start,
			    int end);
void madvise_pageout_pte_range(struct mm *mm, struct mm_proc *proc,
			       const struct mm_vma *vma, int start, int end);

/* ksm.c */
void ksm_do_scan(struct mm *mm);
int unmerge_ksm_pages(struct mm *mm, struct mm_proc *proc,
		      const struct mm_vma *vma, int start, int end);
bool has_merged(const struct mm *mm, const struct mm_proc *proc, int start,
		int end);

/* gup.c */
int madvise_populate(struct mm *mm, struct mm_proc *proc, int start, int end,
		     bool write, int *populated);
int pin_user_pages(struct mm *mm, struct mm_proc *proc, int start, int end,
		   int *populated);
void unpin_user_pages(struct mm *mm, struct mm_proc *proc);

/* The system calls: 0 or -errno. */
int do_mmap(struct mm *mm, const struct mm_op *op);
void do_munmap(struct mm *mm, struct mm_proc *proc, int start, int end);
int do_brk(struct mm *mm, struct mm_proc *proc, int pages);
int do_mprotect(struct mm *mm, struct mm_proc *proc, int start, int end,
		unsigned int prot);
int do_mremap(struct mm *mm, const struct mm_op *op);
int do_madvise(struct mm *mm, const struct mm_op *op, int *populated);
int do_sync(struct mm *mm, int file);
int dup_mmap(struct mm *mm, struct mm_proc *oldmm, struct mm_proc *child);
void exit_mmap(struct mm *mm, struct mm_proc *proc);

#endif
