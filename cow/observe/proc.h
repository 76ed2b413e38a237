/* SPDX-License-Identifier: MIT */
/*
 * Processes as /proc shows them: mappings, sums, and the state of each page.
 * Every reader takes a root prefix, so that it can run on a captured tree.
 */
#ifndef COW_OBSERVE_PROC_H
#define COW_OBSERVE_PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/**
 * struct obs_proc - a process as /proc shows it
 * @dir: its directory in /proc, open
 * @root: where /proc itself is, open: the directory that holds kpageflags
 * @pid: the process, or 0 for the caller
 * @captured: of a captured tree: no system call may be asked about it
 */
struct obs_proc {
	int dir;
	int root;
	pid_t pid;
	bool captured;
};

/**
 * obs_proc_open() - Open a process's /proc directory.
 * @proc: filled in; close it with obs_proc_close()
 * @root: what stands before "/proc", "" for the running system; a captured
 *        tree otherwise
 * @pid: the process, 0 for the caller
 *
 * Return: 0; -ENOENT without such a process or without /proc; or another
 * -errno of open(2).
 */
int obs_proc_open(struct obs_proc *proc, const char *root, pid_t pid);

/**
 * obs_proc_close() - Close what obs_proc_open() opened.
 * @proc: an open process
 */
void obs_proc_close(struct obs_proc *proc);

/**
 * struct obs_vma - one line of /proc/PID/maps
 * @start: first address
 * @end: address after the last
 * @offset: offset in the file, bytes
 * @inode: inode of the file, 0 for an anonymous mapping
 * @read: PROT_READ
 * @write: PROT_WRITE
 * @exec: PROT_EXEC
 * @shared: MAP_SHARED
 * @name: the file or the kernel's name for it, "" for none; cut at 255 bytes
 */
struct obs_vma {
	uintptr_t start;
	uintptr_t end;
	uint64_t offset;
	uint64_t inode;
	bool read;
	bool write;
	bool exec;
	bool shared;
	char name[256];
};

/**
 * obs_vma_parse() - Parse one line of /proc/PID/maps.
 * @line: the line, with or without its newline
 * @vma: filled in
 *
 * The format is that of proc(5).
 *
 * Return: 0, or -EINVAL for a line of another form.
 */
int obs_vma_parse(const char *line, struct obs_vma *vma);

/**
 * obs_vma_each() - Visit a process's mappings in the order of their addresses.
 * @proc: an open process
 * @visit: called with each mapping; a value other than 0 ends the walk
 * @arg: handed to @visit
 *
 * Return: 0; what @visit returned, if not 0; or -errno.
 */
int obs_vma_each(const struct obs_proc *proc,
		 int (*visit)(const struct obs_vma *vma, void *arg), void *arg);

/**
 * obs_vma_at() - Find the mapping that holds an address.
 * @proc: an open process
 * @addr: any address
 * @vma: filled in
 *
 * Return: 0, -ENOENT where nothing is mapped, or another -errno.
 */
int obs_vma_at(const struct obs_proc *proc, const void *addr,
	       struct obs_vma *vma);

/**
 * obs_vma_of() - Find the mapping that holds an address, given a pid.
 * @pid: the process, 0 for the caller
 * @addr: any address
 * @vma: filled in
 *
 * Return: as obs_vma_at() and obs_proc_open().
 */
int obs_vma_of(pid_t pid, const void *addr, struct obs_vma *vma);

/**
 * struct obs_rollup - the sums of /proc/PID/smaps_rollup or of one mapping in
 *                     /proc/PID/smaps, all in bytes
 * @rss: present pages
 * @pss: present pages, each divided by how many map it
 * @shared_clean: mapped more than once, not modified
 * @shared_dirty: mapped more than once, modified
 * @private_clean: mapped once, not modified
 * @private_dirty: mapped once, modified
 * @anonymous: not of a file
 * @anon_huge: in transparent huge pages
 * @swap: swapped out
 */
struct obs_rollup {
	uint64_t rss;
	uint64_t pss;
	uint64_t shared_clean;
	uint64_t shared_dirty;
	uint64_t private_clean;
	uint64_t private_dirty;
	uint64_t anonymous;
	uint64_t anon_huge;
	uint64_t swap;
};

/**
 * obs_rollup() - Read a process's memory sums.
 * @proc: an open process
 * @sums: filled in; a field that the kernel does not print is 0
 *
 * Return: 0; -EINVAL when no field was recognised; or another -errno.
 */
int obs_rollup(const struct obs_proc *proc, struct obs_rollup *sums);

/**
 * obs_vmstat() - Read one line of /proc/vmstat.
 * @proc: an open process, for where /proc is
 * @field: its name, such as "pgreuse"
 * @value: set to its value
 *
 * Return: 0, -ENOENT without such a line, or another -errno.
 */
int obs_vmstat(const struct obs_proc *proc, const char *field, uint64_t *value);

/**
 * obs_vma_sums() - Read the memory sums of one mapping.
 * @proc: an open process
 * @addr: any address in the mapping
 * @sums: filled in, as by obs_rollup()
 *
 * Return: 0; -ENOENT when no mapping holds @addr; or another -errno.
 */
int obs_vma_sums(const struct obs_proc *proc, const void *addr,
		 struct obs_rollup *sums);

/**
 * obs_vma_sums_of() - Read the memory sums of one mapping, given a pid.
 * @pid: the process, 0 for the caller
 * @addr: any address in the mapping
 * @sums: filled in, as by obs_rollup()
 *
 * Return: as obs_vma_sums() and obs_proc_open().
 */
int obs_vma_sums_of(pid_t pid, const void *addr, struct obs_rollup *sums);

/**
 * obs_meminfo() - Read one line of /proc/meminfo.
 * @proc: an open process, for where /proc is
 * @field: its name, such as "MemAvailable"
 * @bytes: set to its value in bytes
 *
 * Return: 0, -ENOENT without such a line, or another -errno.
 */
int obs_meminfo(const struct obs_proc *proc, const char *field,
		uint64_t *bytes);

/**
 * enum obs_page_flag - what is known of a page
 * @OBS_PRESENT: a page table entry points to it
 * @OBS_SWAPPED: swapped out or under migration
 * @OBS_FILE: of the page cache (a file's, or shared anonymous memory's)
 * @OBS_EXCLUSIVE: pagemap bit 56: mapped exactly once. Not "writable", and
 *                 not "never shared": it is set again when a sharer leaves
 * @OBS_ZERO: the shared page of zeros
 * @OBS_HUGE: mapped as part of a huge page
 * @OBS_CACHED: not mapped here, yet in the page cache (own process only)
 * @OBS_MAP_SHARED: its mapping is MAP_SHARED
 * @OBS_MAP_FILE: its mapping is of a file
 * @OBS_MAP_NONE: its mapping is PROT_NONE
 * @OBS_UNMAPPED: no mapping holds its address
 */
enum obs_page_flag {
	OBS_PRESENT = 1 << 0,
	OBS_SWAPPED = 1 << 1,
	OBS_FILE = 1 << 2,
	OBS_EXCLUSIVE = 1 << 3,
	OBS_ZERO = 1 << 4,
	OBS_HUGE = 1 << 5,
	OBS_CACHED = 1 << 6,
	OBS_MAP_SHARED = 1 << 7,
	OBS_MAP_FILE = 1 << 8,
	OBS_MAP_NONE = 1 << 9,
	OBS_UNMAPPED = 1 << 10,
};

/**
 * struct obs_page - the state of one virtual page
 * @pfn: page frame number; 0 where the caller may not see it
 * @kflags: /proc/kpageflags of the frame, after obs_frames()
 * @mapcount: /proc/kpagecount of the frame, after obs_frames()
 * @flags: bits of enum obs_page_flag
 */
struct obs_page {
	uint64_t pfn;
	uint64_t kflags;
	uint32_t mapcount;
	uint32_t flags;
};

/**
 * obs_pages() - Take the state of each page of a range.
 * @proc: an open process
 * @addr: page-aligned start
 * @pages: how many pages, at least 1
 * @out: an array of @pages states, filled in
 *
 * The sources are pagemap and its PAGEMAP_SCAN or, on kernels before 6.7,
 * kpageflags (CAP_SYS_ADMIN) or move_pages(2) for the zero page.
 *
 * Return: 0; -EINVAL for an unaligned @addr; or another -errno.
 */
int obs_pages(const struct obs_proc *proc, const void *addr, size_t pages,
	      struct obs_page *out);

/**
 * obs_pages_of() - Take the state of each page of a range, given a pid.
 * @pid: the process, 0 for the caller
 * @addr: page-aligned start
 * @pages: how many pages, at least 1
 * @out: an array of @pages states, filled in
 *
 * Return: as obs_pages() and obs_proc_open().
 */
int obs_pages_of(pid_t pid, const void *addr, size_t pages,
		 struct obs_page *out);

/**
 * obs_frames() - Add what the kernel's own tables say of the pages' frames.
 * @proc: an open process, for where /proc is
 * @pages: how many pages
 * @page: their states; @kflags and @mapcount are filled in where there is a
 *        frame number, and stay 0 where the tables may not be read
 *
 * Return: 0 or -errno.
 */
int obs_frames(const struct obs_proc *proc, size_t pages,
	       struct obs_page *page);

/**
 * obs_sees_frames() - Can page frame numbers be seen?
 * @out: some present pages' states
 * @pages: how many
 *
 * Return: true if any of them has a frame number (CAP_SYS_ADMIN).
 */
bool obs_sees_frames(const struct obs_page *out, size_t pages);

/**
 * obs_count_flags() - Count pages by state.
 * @page: an array of states
 * @pages: how many
 * @mask: the bits to look at
 * @want: the value that these bits must have
 *
 * Return: the number of pages with (flags & @mask) == @want.
 */
size_t obs_count_flags(const struct obs_page *page, size_t pages, uint32_t mask,
		       uint32_t want);

/**
 * obs_count_same() - Count the places where two page tables hold one frame.
 * @a: states of a range in one process, or at one time
 * @b: states of the same range in another process, or at another time
 * @pages: how many
 *
 * With frame numbers it compares them. Without, two entries are taken to hold
 * the same frame when both are present and none is mapped exactly once (bit
 * 56 clear on both sides), which can't tell one sharer from another.
 *
 * Return: the number of pages that are the same.
 */
size_t obs_count_same(const struct obs_page *a, const struct obs_page *b,
		      size_t pages);

#endif
