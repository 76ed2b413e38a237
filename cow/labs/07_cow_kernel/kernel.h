/* SPDX-License-Identifier: MIT */
/*
 * kernel.h - the memory of a small machine that you write, as others call it.
 * Leave this file as it is: you are graded with our copy.
 *
 * The machine has a memory of frames, each of the size of a page, and address
 * spaces. A page of a space is absent, or holds a frame; after a fork two spaces
 * hold the same frames, until one of them stores. What the memory management
 * unit does for Linux, SIGSEGV does for you: your handler runs when a program
 * touches a page in a way that its mapping does not allow.
 *
 * What has to hold at all times, and is looked at from outside (in
 * /proc/PID/maps of the process), is the mapping of each page:
 *
 *	absent, or unmapped	no access: PROT_NONE, or nothing mapped
 *	only read so far	readable only (a machine with a zero page)
 *	holds a frame		MAP_SHARED, of that frame in the machine's memory:
 *				the same frame is the same inode and offset; and
 *				readable only as long as a store has to fault
 *
 * A load or store that faults is one fault, of one kind, and counted as such.
 * All numbers are those that Linux counts for private anonymous memory.
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

/* What a machine has to cope with at a time, at most. */
#define KERNEL_FRAMES 256
#define KERNEL_SPACES 16
#define KERNEL_PAGES  64 /* of one space */

struct space; /* yours to define */

/* Who tells of a store to a page that holds a shared frame? */
enum kernel_trap {
	TRAP_SEGV, /* SIGSEGV: its mapping is readable only */
	TRAP_UFFD, /* userfaultfd: its mapping is readable and writable */
};

/**
 * struct kernel_setup - what kind of machine
 * @frames: how many frames there are, at most KERNEL_FRAMES
 * @zero_page: a load from an absent page gets a frame of zeros that all share
 *             and that is not among @frames. Without: the load is a store of 0
 * @trap: TRAP_SEGV in parts 1 to 4
 */
struct kernel_setup {
	size_t frames;
	bool zero_page;
	enum kernel_trap trap;
};

/**
 * struct space_faults - the faults of a space so far
 * @zeropage: a load that got the zero page
 * @zero: a store (or a load, without a zero page) that got a new frame of zeros
 * @copy: a store that got a copy of the frame, which others hold as well
 * @reuse: a store whose frame nobody else holds: it may write now
 * @refused: an access to a page that was unmapped, or for which no frame is left
 */
struct space_faults {
	unsigned long zeropage;
	unsigned long zero;
	unsigned long copy;
	unsigned long reuse;
	unsigned long refused;
};

/**
 * kernel_boot() - start the machine; called once, before anything else
 * @setup: what kind of machine
 *
 * From here on SIGSEGV is yours. What you can't mend, an access that was
 * refused or an address in none of your spaces, goes on to the handler that was
 * there before, with all that the kernel told you; if there was none, the
 * process ends by SIGSEGV, as without you. That handler may not return.
 *
 * Return: 0 or -errno; with TRAP_UFFD that of userfaultfd(2) where it is not
 * to be had.
 */
int kernel_boot(const struct kernel_setup *setup);

/**
 * kernel_free() - how many frames does nobody hold?
 *
 * Return: a count.
 */
size_t kernel_free(void);

/**
 * space_create() - make an address space; all of its pages are absent
 * @pages: how many, 1 to KERNEL_PAGES
 * @space: where to put it
 *
 * Return: 0 or -errno.
 */
int space_create(size_t pages, struct space **space);

/**
 * space_base() - where a space is
 * @space: the space
 *
 * Programs load from it and store to it as they do with any memory.
 *
 * Return: the address of its first page.
 */
char *space_base(const struct space *space);

/**
 * space_fork() - make a space that holds what another one holds
 * @parent: the space to fork
 * @child: where to put the new one, which is elsewhere and has no faults yet
 *
 * No frame is copied. As with Linux, a child of a space that has never had a
 * frame begins with all pages absent (those that were unmapped are that in the
 * child as well).
 *
 * Return: 0 or -errno.
 */
int space_fork(struct space *parent, struct space **child);

/**
 * space_drop() - forget what pages hold, as MADV_DONTNEED does
 * @space: the space
 * @first: the first of these pages
 * @pages: how many; all lie in the space
 *
 * Those that were not unmapped are absent then.
 */
void space_drop(struct space *space, size_t first, size_t pages);

/**
 * space_unmap() - take pages away, as munmap() does: from now on each access
 *                 is refused
 * @space: the space
 * @first: the first of these pages
 * @pages: how many; all lie in the space
 */
void space_unmap(struct space *space, size_t first, size_t pages);

/**
 * space_exit() - end a space: nothing of it is mapped then
 * @space: the space
 */
void space_exit(struct space *space);

/**
 * space_faults() - tell what a space has cost
 * @space: the space
 * @faults: filled in
 */
void space_faults(const struct space *space, struct space_faults *faults);

/**
 * fault_is_store() - Did a store bring the signal, or a load?
 * @context: the third argument of a handler with SA_SIGINFO
 *
 * Given to you: it is what the processor says, and differs from one to another.
 *
 * Return: true for a store.
 */
#if defined(__x86_64__)
static inline bool fault_is_store(const void *context)
{
	const ucontext_t *uc = (const ucontext_t *)context;

	return uc->uc_mcontext.gregs[REG_ERR] & 2;
}
#else
/* arm64: among the records behind the registers is one with the syndrome. */
static inline bool fault_is_store(const void *context)
{
	const ucontext_t *uc = (const ucontext_t *)context;
	const unsigned char *at = uc->uc_mcontext.__reserved;
	struct kernel_record {
		uint32_t magic;
		uint32_t size;
		uint64_t esr;
	};
	const struct kernel_record *record = (const void *)at;

	while (record->magic && record->magic != 0x45535201) {
		at += record->size;
		record = (const void *)at;
	}
	return record->magic && record->esr & 1 << 6;
}
#endif

#endif
