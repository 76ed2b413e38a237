/* SPDX-License-Identifier: MIT */
/*
 * Kernel interfaces that the distribution's headers may be too old to know.
 * Every constant of a kernel interface that we use is defined here, once.
 */
#ifndef COW_OBSERVE_UAPI_H
#define COW_OBSERVE_UAPI_H

#include <linux/fs.h>
#include <linux/types.h>
#include <sys/mman.h>

/* madvise(2), since Linux 5.14 */
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ  22
#define MADV_POPULATE_WRITE 23
#endif

/* madvise(2), since Linux 6.13 */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE  103
#endif

/* /proc/PID/pagemap, Documentation/admin-guide/mm/pagemap.rst */
#define PM_PFRAME_MASK	  ((1ULL << 55) - 1)
#define PM_MMAP_EXCLUSIVE (1ULL << 56)
#define PM_UFFD_WP	  (1ULL << 57)
#define PM_FILE		  (1ULL << 61)
#define PM_SWAP		  (1ULL << 62)
#define PM_PRESENT	  (1ULL << 63)

/* /proc/kpageflags, <linux/kernel-page-flags.h> */
#define KPF_ANON_BIT	  (1ULL << 12)
#define KPF_THP_BIT	  (1ULL << 22)
#define KPF_ZERO_PAGE_BIT (1ULL << 24)

/* ioctl(PAGEMAP_SCAN), since Linux 6.7 */
#ifndef PAGEMAP_SCAN
#define PAGEMAP_SCAN _IOWR('f', 16, struct pm_scan_arg)

#define PAGE_IS_WPALLOWED (1 << 0)
#define PAGE_IS_WRITTEN	  (1 << 1)
#define PAGE_IS_FILE	  (1 << 2)
#define PAGE_IS_PRESENT	  (1 << 3)
#define PAGE_IS_SWAPPED	  (1 << 4)
#define PAGE_IS_PFNZERO	  (1 << 5)
#define PAGE_IS_HUGE	  (1 << 6)

struct page_region {
	__u64 start;
	__u64 end;
	__u64 categories;
};

struct pm_scan_arg {
	__u64 size;
	__u64 flags;
	__u64 start;
	__u64 end;
	__u64 walk_end;
	__u64 vec;
	__u64 vec_len;
	__u64 max_pages;
	__u64 category_inverted;
	__u64 category_mask;
	__u64 category_anyof_mask;
	__u64 return_mask;
};
#endif

/* move_pages(2): MPOL_MF_MOVE of <linux/mempolicy.h> */
#ifndef MPOL_MF_MOVE
#define MPOL_MF_MOVE (1 << 1)
#endif

#endif
