/* SPDX-License-Identifier: MIT */
/* What a page fault did, by kind. */
#ifndef COW_MODEL_KIND_H
#define COW_MODEL_KIND_H

/**
 * enum mm_kind - what a page fault did; the names are those of observe
 * @MM_KIND_NONE: there was no fault
 * @MM_KIND_ZEROPAGE: the shared page of zeros was mapped
 * @MM_KIND_ZERO: a new page of zeros
 * @MM_KIND_COPY: a new page, filled from another
 * @MM_KIND_REUSE: write permission for the page that is there
 * @MM_KIND_FILE: page-cache pages mapped
 * @MM_KIND_REMAP: existing pages of shared anonymous memory mapped
 * @MM_KIND_NOTIFY: the file system was told of a first write
 * @MM_KIND_HUGE: a new huge page of zeros
 * @MM_KIND_ACCESS: the kernel noted an access where the processor can't
 * @MM_KIND_SEGV: refused, SIGSEGV or SIGBUS
 * @MM_KINDS: how many there are
 */
enum mm_kind {
	MM_KIND_NONE,
	MM_KIND_ZEROPAGE,
	MM_KIND_ZERO,
	MM_KIND_COPY,
	MM_KIND_REUSE,
	MM_KIND_FILE,
	MM_KIND_REMAP,
	MM_KIND_NOTIFY,
	MM_KIND_HUGE,
	MM_KIND_ACCESS,
	MM_KIND_SEGV,
	MM_KINDS,
};

/**
 * mm_kind_id() - A kind's name in scenarios, such as "zeropage".
 * @kind: the kind
 *
 * Return: a constant string; "none" for MM_KIND_NONE.
 */
const char *mm_kind_id(enum mm_kind kind);

#endif
