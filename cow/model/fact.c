// SPDX-License-Identifier: MIT
/*
 * Which kernel does what? Each difference was met by running the same scenario
 * on several kernels; the version is that of the change which made it.
 */
#include <stddef.h>

#include "internal.h"

/*
 * @since: the first version that does so, 0 for what no version decides.
 * @back: the first version of older, still maintained series that do so, too.
 */
static const struct {
	const char *id;
	const char *text;
	unsigned int since;
	const char *since_text;
	unsigned int back[2];
} facts[MM_FACTS] = {
	[MM_FACT_ZEROPAGE] = {
		.id = "zeropage",
		.text = "a read of fresh memory maps the shared page of zeros",
	},
	[MM_FACT_SWAP] = {
		.id = "swap",
		.text = "there is swap, where the model knows no MADV_PAGEOUT",
	},
	[MM_FACT_ACCESS_FLAG] = {
		.id = "access-flag",
		.text = "the processor notes accesses in entries without a fault",
	},
	[MM_FACT_WINDOW_16] = {
		.id = "window-16",
		.text = "fault-around has a window of 16 pages",
	},
	[MM_FACT_UPGRADE_CLEAN] = {
		.id = "upgrade-clean",
		.text = "mprotect makes exclusive pages writable, clean ones too",
		.since = MM_KERNEL(6, 2, 0),
		.since_text = "6.2",
	},
	[MM_FACT_REFUSED_ONCE] = {
		.id = "refused-once",
		.text = "a store of the kernel is refused by one fault, not two",
		.since = MM_KERNEL(6, 4, 0),
		.since_text = "6.4",
	},
	[MM_FACT_PIN_FILES] = {
		.id = "pin-files",
		.text = "private pages of disk files, too, can be registered",
		.since = MM_KERNEL(6, 5, 0),
		.since_text = "6.5",
	},
	[MM_FACT_UNCHARGE] = {
		.id = "uncharge",
		.text = "mprotect takes the charge off memory never written to",
		.since = MM_KERNEL(6, 7, 0),
		.since_text = "6.7",
	},
	[MM_FACT_POPULATE_STOPS] = {
		.id = "populate-stops",
		.text = "MADV_POPULATE_* ends at the first hole",
		.since = MM_KERNEL(6, 10, 0),
		.since_text = "6.10",
	},
	[MM_FACT_PIN_TOUCHES] = {
		.id = "pin-touches",
		.text = "to pin marks pages, from the first that had to fault",
		.since = MM_KERNEL(6, 10, 0),
		.since_text = "6.10",
	},
	[MM_FACT_JOIN_LOWER] = {
		.id = "join-lower",
		.text = "between two that can't join, mmap joins the lower one",
		.since = MM_KERNEL(6, 12, 0),
		.since_text = "6.12",
	},
	[MM_FACT_JOIN_UNFAULTED] = {
		.id = "join-unfaulted",
		.text = "what joins brings its anon_vma to memory without one",
		.since = MM_KERNEL(6, 16, 0),
		.since_text = "6.16",
	},
	[MM_FACT_MREMAP_MANY] = {
		.id = "mremap-many",
		.text = "mremap moves several mappings at once",
		.since = MM_KERNEL(6, 17, 0),
		.since_text = "6.17",
	},
	[MM_FACT_LAST_PAGE] = {
		.id = "last-page",
		.text = "a disk file's last page alone is not mapped around",
		.since = MM_KERNEL(6, 18, 0),
		.since_text = "6.18, 6.12.59",
		.back = { MM_KERNEL(6, 12, 59), MM_KERNEL(6, 17, 9) },
	},
	[MM_FACT_HUGE] = {
		.id = "huge",
		.text = "private memory can have huge pages of 512 small ones",
	},
	[MM_FACT_HUGE_ASKED] = {
		.id = "huge-asked",
		.text = "but only what asked for them by MADV_HUGEPAGE",
	},
	[MM_FACT_HUGE_ZEROPAGE] = {
		.id = "huge-zeropage",
		.text = "a read of fresh memory may map a shared huge page of zeros",
	},
	[MM_FACT_HUGE_ZERO_WRITE] = {
		.id = "huge-zero-write",
		.text = "a write to that brings a huge page, not a small one",
		.since = MM_KERNEL(6, 13, 0),
		.since_text = "6.13",
	},
	[MM_FACT_SPLIT_ZEROES] = {
		.id = "split-zeroes",
		.text = "of a huge page made small, zeros become the zero page",
		.since = MM_KERNEL(6, 12, 0),
		.since_text = "6.12",
	},
	[MM_FACT_HUGE_OWNER] = {
		.id = "huge-owner",
		.text = "who alone maps parts of a huge page reuses them",
		.since = MM_KERNEL(6, 15, 0),
		.since_text = "6.15",
	},
	[MM_FACT_HUGE_AGAIN] = {
		.id = "huge-again",
		.text = "MADV_DONTNEED of all makes room for a huge page again",
		.since = MM_KERNEL(6, 14, 0),
		.since_text = "6.14",
	},
	[MM_FACT_UNMERGE_UNSHARES] = {
		.id = "unmerge-unshares",
		.text = "what is un-merged is read-only until its next write",
		.since = MM_KERNEL(6, 2, 0),
		.since_text = "6.2",
	},
	[MM_FACT_MERGE_NONE] = {
		.id = "merge-none",
		.text = "ksmd finds pages that nobody may touch, too",
		.since = MM_KERNEL(6, 5, 0),
		.since_text = "6.5",
	},
};

const char *mm_fact_id(enum mm_fact fact)
{
	return facts[fact].id;
}

const char *mm_fact_text(enum mm_fact fact, const char **since)
{
	*since = facts[fact].since_text;
	return facts[fact].text;
}

bool mm_has(const struct mm_machine *machine, enum mm_fact fact)
{
	if (fact == MM_FACT_WINDOW_16)
		return machine->around == 16;
	if (fact == MM_FACT_SWAP)
		return machine->swap;
	return !(machine->lacks & 1U << fact);
}

void mm_set(struct mm_machine *machine, enum mm_fact fact, bool is)
{
	if (fact == MM_FACT_WINDOW_16)
		machine->around = is ? 16 : 4;
	else if (fact == MM_FACT_SWAP)
		machine->swap = is;
	else if (is)
		machine->lacks &= ~(1U << fact);
	else
		machine->lacks |= 1U << fact;
}

/* A later version of the same series has what was brought back to it. */
static bool has_since(unsigned int kernel, enum mm_fact fact)
{
	if (kernel >= facts[fact].since)
		return true;
	for (int i = 0; i < 2; i++)
		if (kernel >> 8 == facts[fact].back[i] >> 8 &&
		    kernel >= facts[fact].back[i])
			return true;
	return false;
}

void mm_set_kernel(struct mm_machine *machine, unsigned int kernel,
		   enum mm_arch arch)
{
	machine->kernel = kernel;
	for (int i = 0; i < MM_FACTS; i++)
		if (facts[i].since)
			mm_set(machine, i, has_since(kernel, i));
	/* Only x86 had that, in what it copied with until then. */
	if (arch != MM_ARCH_X86)
		mm_set(machine, MM_FACT_REFUSED_ONCE, true);
}
