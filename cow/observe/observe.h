/* SPDX-License-Identifier: MIT */
/*
 * observe: what the kernel DID with a page. Programs include this file; its
 * parts stand in one header each.
 *
 * Every function that returns int returns 0 or -errno; obs_what() then tells
 * what was being done. Nothing here prints. Nothing here calls malloc(): a
 * window may watch the heap.
 */
#ifndef COW_OBSERVE_OBSERVE_H
#define COW_OBSERVE_OBSERVE_H

#include <stdbool.h>

#include "clock.h"
#include "compiler.h"
#include "faults.h"
#include "peer.h"
#include "proc.h"
#include "quiet.h"
#include "refused.h"
#include "touch.h"
#include "uapi.h"

/**
 * obs_what() - Say what the last failing call of this library was doing.
 *
 * Return: a phrase such as "open /proc/self/pagemap", to stand before
 * strerror(); valid until the same thread's next failing call; never NULL.
 */
const char *obs_what(void);

/**
 * obs_page_size() - The size of a page in bytes, by sysconf(3).
 *
 * Return: a power of two.
 */
size_t obs_page_size(void);

/**
 * obs_fault_around() - How many file pages one read fault maps at most.
 *
 * Rule: do_fault_around() maps an aligned window of fault_around_bytes,
 * 64 KiB unless /sys/kernel/debug/fault_around_bytes says otherwise.
 *
 * Return: pages, at least 1.
 */
size_t obs_fault_around(void);

/**
 * obs_fresh_read() - What kind of fault the first load from a page is.
 *
 * Of private anonymous memory. Rule: do_anonymous_page() maps the shared page
 * of zeros; but not where that would not do, as for some guests
 * (mm_forbids_zeropage()): there a load is given a page of its own, writable,
 * as a store is. Found out by a load, once.
 *
 * Return: OBS_KIND_ZEROPAGE or OBS_KIND_ZERO; OBS_KINDS if no page could be
 * mapped to find out, which is tried again the next time.
 */
enum obs_kind obs_fresh_read(void);

/**
 * obs_access_flag() - Does the processor itself note accesses in entries?
 *
 * Rule: fork() gives a child entries that are marked as not accessed. Where the
 * processor sets no access flag (arm64 before ARMv8.1), the first read through
 * each of them is a fault. Found out by a child, once.
 *
 * Return: true if it does, as on every x86-64.
 */
bool obs_access_flag(void);

/**
 * obs_tracefs() - Open the file system that describes the kernel's tracepoints.
 *
 * Where nobody has mounted it, it is mounted on the descriptor alone, which
 * nobody else sees and which ends with it.
 *
 * Return: a descriptor of its root, or -errno: it is root's, as a rule.
 */
int obs_tracefs(void);

/**
 * obs_filesystem() - Name the file system that a descriptor is on.
 * @fd: an open file
 *
 * Return: a name such as "ext4" or "tmpfs".
 */
const char *obs_filesystem(int fd);

/**
 * obs_notifies() - Does the first store to a clean mapped page of a file fault?
 * @fd: an open file
 *
 * Rule: file systems that must know which pages get dirty have a page_mkwrite
 * operation; those in memory have none (mm/memory.c, wp_page_shared()).
 *
 * Return: true for the file systems on disks that are known to; false for all
 * others.
 */
bool obs_notifies(int fd);

#endif
