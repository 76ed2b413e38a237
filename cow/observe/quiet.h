/* SPDX-License-Identifier: MIT */
/*
 * A quiet window: what keeps faults, merges and page identity that nobody asked
 * for away from a measurement.
 */
#ifndef COW_OBSERVE_QUIET_H
#define COW_OBSERVE_QUIET_H

#include <stddef.h>

/**
 * obs_quiet() - Touch everything of the calling process that is not watched.
 *
 * Stack, data, TLS, GOT and text are populated, so that only the watched
 * ranges (obs_keep()) can fault. After a fork both sides need it; obs_begin()
 * does it. Mappings above 128 MiB are left out: nothing that runs in a window
 * lies there.
 *
 * Return: 0 or -errno.
 */
int obs_quiet(void);

/**
 * obs_keep() - Watch a range: obs_quiet() will not touch it.
 * @addr: page-aligned start
 * @bytes: length
 *
 * Return: 0, or -ENOSPC when 16 ranges are watched already.
 */
int obs_keep(const void *addr, size_t bytes);

/**
 * obs_unkeep() - Watch a range no more, once for each obs_keep() of it.
 * @addr: page-aligned start
 * @bytes: length
 */
void obs_unkeep(const void *addr, size_t bytes);

/**
 * obs_gap_map() - Reserve a range with PROT_NONE all around it.
 * @addr: set to the start; the range itself is PROT_NONE, too, and is meant to
 *        be mapped over with MAP_FIXED. It starts at a multiple of what
 *        one page table maps (2 MiB where pages have 4 KiB), so that
 *        fault-around windows start with it, too
 * @bytes: length, rounded up to pages
 *
 * Without the gaps the kernel may merge a test mapping with a neighbour, and
 * a merge changes what fork copies. The range is watched (obs_keep()).
 *
 * Return: 0, -EINVAL for 0 or a size that wraps, -ENOSPC as obs_keep(), or
 * -errno of mmap(2).
 */
int obs_gap_map(char **addr, size_t bytes);

/**
 * obs_gap_unmap() - Give back what obs_gap_map() reserved.
 * @addr: its start
 * @bytes: its length
 *
 * Return: 0 or -errno of munmap(2).
 */
int obs_gap_unmap(char *addr, size_t bytes);

/**
 * obs_pin() - Keep the calling thread on the CPU it is on.
 *
 * The identity of a page after a reuse is certain only on one CPU: another
 * CPU's LRU batch may hold a reference. Children inherit it.
 *
 * Return: 0 or -errno of sched_setaffinity(2).
 */
int obs_pin(void);

/**
 * obs_drain() - Make every CPU let go of the pages in its LRU batches.
 *
 * By move_pages(2), which does so before it looks at the pages at all.
 *
 * Return: 0, or -errno where the system call is refused (containers): the
 * identity of reused pages can then not be asserted.
 */
int obs_drain(void);

/**
 * obs_unmark() - Clear the accessed bits of the calling process's pages.
 *
 * Rule: wp_page_copy() copies without the page table's lock, and then looks
 * whether the entry is what it was. Who looks for idle pages (DAMON, reclaim)
 * clears the accessed bit, now and then right then: the copy is thrown away,
 * and the store faults once more. A bit that is clear can't be cleared, and a
 * store that faults does not set it. By /proc/self/clear_refs.
 *
 * Return: 0, -EOPNOTSUPP where processors may leave the bit to the kernel, or
 * -errno where that file can't be written: a fault may then, rarely, be counted
 * twice.
 */
int obs_unmark(void);

/**
 * obs_small_pages() - Refuse huge pages in the calling process.
 *
 * By prctl(PR_SET_THP_DISABLE), which children inherit.
 *
 * Return: 0 or -errno.
 */
int obs_small_pages(void);

#endif
