/* SPDX-License-Identifier: MIT */
/*
 * What is not so on every machine: differences between kernels, named once, so
 * that model, scenarios and options speak of the same thing.
 */
#ifndef COW_MODEL_FACT_H
#define COW_MODEL_FACT_H

#include <stdbool.h>
#include <stdint.h>

#define MM_KERNEL(major, minor, patch) ((major) << 16 | (minor) << 8 | (patch))

/**
 * enum mm_fact - what a machine does, or does not
 * @MM_FACT_ZEROPAGE: a read of fresh memory maps the shared page of zeros
 * @MM_FACT_SWAP: there is swap, and MADV_PAGEOUT is not known to the model
 * @MM_FACT_ACCESS_FLAG: the processor itself notes access and store in an entry
 * @MM_FACT_WINDOW_16: fault-around has 16 pages, as where pages have 4 KiB
 * @MM_FACT_UPGRADE_CLEAN: mprotect makes clean exclusive pages writable, too
 * @MM_FACT_REFUSED_ONCE: a store of the kernel itself is refused by one fault
 * @MM_FACT_PIN_FILES: private pages of disk files, too, can be registered
 * @MM_FACT_UNCHARGE: mprotect takes the charge off memory never written to
 * @MM_FACT_POPULATE_STOPS: MADV_POPULATE_* ends at the first hole
 * @MM_FACT_PIN_TOUCHES: to pin marks pages, from the first that had to fault
 * @MM_FACT_JOIN_LOWER: between two that can't join, mmap joins the lower one
 * @MM_FACT_JOIN_UNFAULTED: memory without an anon_vma takes that of what joins
 * @MM_FACT_MREMAP_MANY: mremap moves several mappings at once
 * @MM_FACT_LAST_PAGE: a file's last page alone is not mapped around
 * @MM_FACT_HUGE: private memory can have huge pages, of 512 small ones
 * @MM_FACT_HUGE_ASKED: but only what asked for them by MADV_HUGEPAGE
 * @MM_FACT_HUGE_ZEROPAGE: a read of fresh memory may map a huge page of zeros
 * @MM_FACT_HUGE_ZERO_WRITE: a write to that brings a huge page, not a small one
 * @MM_FACT_SPLIT_ZEROES: of a huge page made small, zeros become the zero page
 * @MM_FACT_HUGE_OWNER: who alone maps parts of a huge page reuses them
 * @MM_FACT_HUGE_AGAIN: MADV_DONTNEED of all makes room for a huge page again
 * @MM_FACT_UNMERGE_UNSHARES: what is un-merged is read-only until a write
 * @MM_FACT_MERGE_NONE: ksmd finds pages that nobody may touch, too
 * @MM_FACTS: how many there are
 */
enum mm_fact {
	MM_FACT_ZEROPAGE,
	MM_FACT_SWAP,
	MM_FACT_ACCESS_FLAG,
	MM_FACT_WINDOW_16,
	MM_FACT_UPGRADE_CLEAN,
	MM_FACT_REFUSED_ONCE,
	MM_FACT_PIN_FILES,
	MM_FACT_UNCHARGE,
	MM_FACT_POPULATE_STOPS,
	MM_FACT_PIN_TOUCHES,
	MM_FACT_JOIN_LOWER,
	MM_FACT_JOIN_UNFAULTED,
	MM_FACT_MREMAP_MANY,
	MM_FACT_LAST_PAGE,
	MM_FACT_HUGE,
	MM_FACT_HUGE_ASKED,
	MM_FACT_HUGE_ZEROPAGE,
	MM_FACT_HUGE_ZERO_WRITE,
	MM_FACT_SPLIT_ZEROES,
	MM_FACT_HUGE_OWNER,
	MM_FACT_HUGE_AGAIN,
	MM_FACT_UNMERGE_UNSHARES,
	MM_FACT_MERGE_NONE,
	MM_FACTS,
};

/**
 * enum mm_arch - processors that the kernel treats differently
 * @MM_ARCH_X86: x86-64
 * @MM_ARCH_OTHER: any other
 */
enum mm_arch {
	MM_ARCH_X86,
	MM_ARCH_OTHER,
};

/**
 * struct mm_machine - what kind of machine
 * @kernel: MM_KERNEL() of its version
 * @around: pages of the fault-around window, at least 1
 * @swap: MM_FACT_SWAP
 * @lacks: a bit for each enum mm_fact that is not so there; 0: the newest
 *         kernel that the model knows
 */
struct mm_machine {
	unsigned int kernel;
	int around;
	bool swap;
	uint32_t lacks;
};

/**
 * mm_fact_id() - A fact's name, such as "mremap-many".
 * @fact: the fact
 *
 * Return: a constant string.
 */
const char *mm_fact_id(enum mm_fact fact);

/**
 * mm_fact_text() - Say what a fact means, and since when it is so.
 * @fact: the fact
 * @since: set to the kernel since which it is so, such as "6.17", or NULL
 *
 * Return: a constant string.
 */
const char *mm_fact_text(enum mm_fact fact, const char **since);

/**
 * mm_has() - Is it so on this machine?
 * @machine: the machine
 * @fact: the fact
 *
 * Return: true if it is.
 */
bool mm_has(const struct mm_machine *machine, enum mm_fact fact);

/**
 * mm_set() - Say whether it is so on a machine.
 * @machine: the machine, changed
 * @fact: the fact
 * @is: whether
 */
void mm_set(struct mm_machine *machine, enum mm_fact fact, bool is);

/**
 * mm_set_kernel() - Say which kernel a machine has.
 * @machine: the machine; what depends on the kernel's version is changed
 * @kernel: MM_KERNEL() of the version
 * @arch: its processor
 */
void mm_set_kernel(struct mm_machine *machine, unsigned int kernel,
		   enum mm_arch arch);

#endif
