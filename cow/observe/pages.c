// SPDX-License-Identifier: MIT
/*
 * The state of each page of a range: pagemap, its scan for the zero page and
 * huge pages, the mappings, and the page cache.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* A range of a process while its states are being filled in. */
struct range {
	const struct obs_proc *proc;
	int pagemap;
	uintptr_t addr;
	size_t pages;
	size_t page_size;
	struct obs_page *out;
};

static uint32_t entry_flags(uint64_t entry)
{
	return (entry & PM_PRESENT ? OBS_PRESENT : 0) |
	       (entry & PM_SWAP ? OBS_SWAPPED : 0) |
	       (entry & PM_FILE ? OBS_FILE : 0) |
	       (entry & PM_MMAP_EXCLUSIVE ? OBS_EXCLUSIVE : 0);
}

static int read_pagemap(const struct range *range)
{
	uint64_t entry[OBS_CHUNK];
	int rc;

	for (size_t done = 0, n; done < range->pages; done += n) {
		n = range->pages - done < OBS_CHUNK ? range->pages - done :
						      OBS_CHUNK;
		rc = obs_read_numbers(range->pagemap, entry, n,
				      range->addr / range->page_size + done);
		if (rc)
			return obs_fail(-rc, "read /proc/PID/pagemap");
		for (size_t i = 0; i < n; i++) {
			struct obs_page *page = &range->out[done + i];

			memset(page, 0, sizeof(*page));
			page->flags = entry_flags(entry[i]);
			if (entry[i] & PM_PRESENT)
				page->pfn = entry[i] & PM_PFRAME_MASK;
		}
	}
	return 0;
}

static void mark(const struct range *range, uintptr_t start, uintptr_t end,
		 uint32_t flags)
{
	uintptr_t last = range->addr + range->pages * range->page_size;

	if (start < range->addr)
		start = range->addr;
	if (end > last)
		end = last;
	for (; start < end; start += range->page_size)
		range->out[(start - range->addr) / range->page_size].flags |=
			flags;
}

static uint32_t region_flags(uint64_t categories)
{
	return (categories & PAGE_IS_PFNZERO ? OBS_ZERO : 0) |
	       (categories & PAGE_IS_HUGE ? OBS_HUGE : 0);
}

/* Zero page and huge pages, by PAGEMAP_SCAN; -ENOTTY before Linux 6.7. */
static int scan(const struct range *range)
{
	uintptr_t end = range->addr + range->pages * range->page_size;
	struct page_region region[64];
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.start = range->addr,
		.end = end,
		.vec = (uintptr_t)region,
		.vec_len = sizeof(region) / sizeof(*region),
		.category_anyof_mask = PAGE_IS_PFNZERO | PAGE_IS_HUGE,
		.return_mask = PAGE_IS_PFNZERO | PAGE_IS_HUGE,
	};

	while (arg.start < end) {
		int n = ioctl(range->pagemap, PAGEMAP_SCAN, &arg);

		if (n < 0)
			return obs_fail(
				errno,
				"ioctl PAGEMAP_SCAN of /proc/PID/pagemap");
		for (int i = 0; i < n; i++)
			mark(range, region[i].start, region[i].end,
			     region_flags(region[i].categories));
		arg.start = arg.walk_end;
	}
	return 0;
}

/* Is it the zero page? move_pages(2), asked where a page lies, says -EFAULT. */
static int ask_zero(const struct range *range, size_t i, bool *zero)
{
	void *addr = (void *)(range->addr + i * range->page_size);
	struct obs_rollup sums;
	int status = 0, rc = 0;

	if (range->proc->captured)
		return 0;
	if (syscall(SYS_move_pages, range->proc->pid, 1UL, &addr, NULL, &status,
		    0)) {
		/* Refused. The zero page is the only one not in the Rss. */
		rc = obs_vma_sums(range->proc, addr, &sums);
		*zero = !rc && !sums.rss;
	} else {
		*zero = status == -EFAULT;
	}
	return rc;
}

/* Where frames are hidden: is all that is present in huge pages, or not all? */
static void guess_huge(const struct range *range)
{
	struct obs_rollup sums;

	if (range->proc->captured ||
	    obs_sees_frames(range->out, range->pages) ||
	    obs_vma_sums(range->proc, (void *)range->addr, &sums) ||
	    !sums.anon_huge || sums.anon_huge != sums.rss)
		return;
	for (size_t i = 0; i < range->pages; i++)
		if (range->out[i].flags & OBS_PRESENT)
			range->out[i].flags |= OBS_HUGE;
}

/* Without the scan: the frame's flags tell where we may see them; else ask. */
static int guess_zero(const struct range *range)
{
	int rc = obs_frames(range->proc, range->pages, range->out);

	for (size_t i = 0; i < range->pages && !rc; i++) {
		struct obs_page *page = &range->out[i];
		uint32_t is = page->flags;
		bool zero = page->kflags & KPF_ZERO_PAGE_BIT;

		if (page->kflags & KPF_THP_BIT)
			page->flags |= OBS_HUGE;
		if (!page->pfn && is & OBS_PRESENT &&
		    !(is & (OBS_FILE | OBS_EXCLUSIVE)))
			rc = ask_zero(range, i, &zero);
		if (zero)
			page->flags |= OBS_ZERO;
	}
	guess_huge(range);
	return rc;
}

static int mark_vma(const struct obs_vma *vma, void *arg)
{
	const struct range *range = arg;
	uint32_t flags = 0;

	/* Shared anonymous memory has this name as well, as a deleted file. */
	if (vma->inode && strncmp(vma->name, "/dev/zero", 9))
		flags |= OBS_MAP_FILE;
	if (vma->shared)
		flags |= OBS_MAP_SHARED;
	if (!vma->read && !vma->write && !vma->exec)
		flags |= OBS_MAP_NONE;
	mark(range, vma->start, vma->end, flags | OBS_UNMAPPED);
	return 0;
}

/* mark_vma() marks what is mapped; here the mark gets its right meaning. */
static int read_mappings(struct range *range)
{
	int rc = obs_vma_each(range->proc, mark_vma, range);

	for (size_t i = 0; i < range->pages; i++)
		range->out[i].flags ^= OBS_UNMAPPED;
	return rc;
}

/* Which absent pages of shared mappings does the page cache hold? */
static int read_cached(const struct range *range)
{
	unsigned char cached;

	for (size_t i = 0; i < range->pages; i++) {
		struct obs_page *page = &range->out[i];
		void *addr = (void *)(range->addr + i * range->page_size);

		if (!(page->flags & OBS_MAP_SHARED) ||
		    page->flags & OBS_PRESENT)
			continue;
		if (mincore(addr, range->page_size, &cached))
			return obs_fail(errno, "mincore");
		if (cached & 1)
			page->flags |= OBS_CACHED;
	}
	return 0;
}

static int fill(struct range *range)
{
	int rc = read_pagemap(range);

	if (!rc)
		rc = read_mappings(range);
	if (!rc) {
		rc = scan(range);
		if (rc == -ENOTTY)
			rc = guess_zero(range);
	}
	if (!rc && !range->proc->pid && !range->proc->captured)
		rc = read_cached(range);
	return rc;
}

int obs_pages(const struct obs_proc *proc, const void *addr, size_t pages,
	      struct obs_page *out)
{
	struct range range = {
		.proc = proc,
		.addr = (uintptr_t)addr,
		.pages = pages,
		.page_size = obs_page_size(),
		.out = out,
	};
	int rc;

	if (range.addr % range.page_size || !pages)
		return obs_fail(EINVAL, "look at %zu pages at %p", pages, addr);
	range.pagemap = openat(proc->dir, "pagemap", O_RDONLY | O_CLOEXEC);
	if (range.pagemap < 0)
		return obs_fail(errno, "open /proc/PID/pagemap");
	rc = fill(&range);
	close(range.pagemap);
	return rc;
}

int obs_pages_of(pid_t pid, const void *addr, size_t pages,
		 struct obs_page *out)
{
	struct obs_proc proc;
	int rc = obs_proc_open(&proc, "", pid);

	if (rc)
		return rc;
	rc = obs_pages(&proc, addr, pages, out);
	obs_proc_close(&proc);
	return rc;
}
