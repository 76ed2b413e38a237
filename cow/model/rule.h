/* SPDX-License-Identifier: MIT */
/* The rules of the model, each of which can be left out: is it needed? */
#ifndef COW_MODEL_RULE_H
#define COW_MODEL_RULE_H

/**
 * enum mm_rule - what can be left out of the model, to see that it is needed
 * @MM_RULE_SEGV: 1, what the mapping does not allow is refused
 * @MM_RULE_ZEROPAGE: 3, a read of fresh memory maps the zero page
 * @MM_RULE_AROUND: 4, a read fault maps what is cached around it
 * @MM_RULE_START: 4, that window begins within the mapping
 * @MM_RULE_END: 4, it ends 16 pages after its clamped beginning
 * @MM_RULE_VMA_END: 4, and within the mapping
 * @MM_RULE_TABLE: 4, and within the page table
 * @MM_RULE_CACHE: 5, a private write of a file page fills the page cache
 * @MM_RULE_NOTIFY: 6, the file system is told of the first write
 * @MM_RULE_REUSE: 6, the last reference's write reuses
 * @MM_RULE_EXCLUSIVE: 8, fork takes exclusivity away
 * @MM_RULE_LAZY: 8, fork copies entries only where there is an anon_vma
 * @MM_RULE_WIPE: 8, WIPEONFORK
 * @MM_RULE_DONTFORK: 8, DONTFORK
 * @MM_RULE_UPGRADE: 9, mprotect makes exclusive pages writable at once
 * @MM_RULE_DROP: 10, dropped entries give their reference back
 * @MM_RULE_MERGE: 11, mappings merge
 * @MM_RULE_ANON_VMA: 7, an anon_vma travels through split and merge
 * @MM_RULE_CHILD: 11, what a fork left never merges with what has no anon_vma
 * @MM_RULE_BEFORE: 11, mremap merges before the source is removed
 * @MM_RULE_POPULATE: MADV_POPULATE_* faults as an access would
 * @MM_RULE_THREAD: a fault counts for the thread that took it
 * @MM_RULE_PAGEOUT: MADV_PAGEOUT takes pages of files out of page tables
 * @MM_RULE_MAPPED: but not those that are mapped more than once
 * @MM_RULE_CLEAN: and out of the page cache, if nothing is lost by that
 * @MM_RULE_LAZYFREE: and drops what MADV_FREE gave away, if still clean
 * @MM_RULE_TOUCH: what is made present to be written to is no longer clean
 * @MM_RULE_PIN: fork copies pinned pages at once
 * @MM_RULE_HELD: what is pinned is not dropped
 * @MM_RULE_HUGE: one fault brings a huge page, where it may
 * @MM_RULE_HUGE_TABLE: but not in the place of a page table
 * @MM_RULE_HUGE_OWNER: who alone maps parts of a huge page reuses them
 * @MM_RULE_HUGE_ZEROPAGE: a first read maps the huge page of zeros
 * @MM_RULE_MERGED: ksmd makes one page of several with the same bytes
 * @MM_RULE_MERGED_COPY: a write to that always copies
 * @MM_RULES: how many there are
 */
enum mm_rule {
	MM_RULE_SEGV,
	MM_RULE_ZEROPAGE,
	MM_RULE_AROUND,
	MM_RULE_START,
	MM_RULE_END,
	MM_RULE_VMA_END,
	MM_RULE_TABLE,
	MM_RULE_CACHE,
	MM_RULE_NOTIFY,
	MM_RULE_REUSE,
	MM_RULE_EXCLUSIVE,
	MM_RULE_LAZY,
	MM_RULE_WIPE,
	MM_RULE_DONTFORK,
	MM_RULE_UPGRADE,
	MM_RULE_DROP,
	MM_RULE_MERGE,
	MM_RULE_ANON_VMA,
	MM_RULE_CHILD,
	MM_RULE_BEFORE,
	MM_RULE_POPULATE,
	MM_RULE_THREAD,
	MM_RULE_PAGEOUT,
	MM_RULE_MAPPED,
	MM_RULE_CLEAN,
	MM_RULE_LAZYFREE,
	MM_RULE_TOUCH,
	MM_RULE_PIN,
	MM_RULE_HELD,
	MM_RULE_HUGE,
	MM_RULE_HUGE_TABLE,
	MM_RULE_HUGE_OWNER,
	MM_RULE_HUGE_ZEROPAGE,
	MM_RULE_MERGED,
	MM_RULE_MERGED_COPY,
	MM_RULES,
};

/**
 * mm_rule_id() - A rule's name, such as "reuse".
 * @rule: the rule
 *
 * Return: a constant string.
 */
const char *mm_rule_id(enum mm_rule rule);

#endif
