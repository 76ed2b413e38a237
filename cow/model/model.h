/* SPDX-License-Identifier: MIT */
/*
 * model: what the kernel SHOULD do with a page. The copy-on-write decisions of
 * mm/ in user space, under the kernel's names: processes, mappings, page
 * tables, page cache, frames. Pure: no system call, no global state.
 */
#ifndef COW_MODEL_MODEL_H
#define COW_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "advice.h"
#include "fact.h"
#include "kind.h"
#include "rule.h"

/*
 * Addresses are page numbers. 0 to MM_AREA - 1 are a range without anything
 * near it, in whose middle one page table ends and the next begins. From
 * MM_HEAP on the program break moves.
 */
#define MM_AREA	      128
#define MM_TABLE_END  64
#define MM_HEAP	      144
#define MM_HEAP_PAGES 32

/* From MM_BIG on: room for huge pages, as many as there are page tables. */
#define MM_BIG	     (MM_HEAP + MM_HEAP_PAGES)
#define MM_HUGE	     512
#define MM_SLOTS     2
#define MM_BIG_PAGES (MM_SLOTS * MM_HUGE)
#define MM_PAGES     (MM_BIG + MM_BIG_PAGES)

/* So many entries may one merged page have: beyond that ksmd makes a second. */
#define MM_SHARING 256

#define MM_PROCS      8
#define MM_VMAS	      (MM_BIG + 4)
#define MM_NAMED      8
#define MM_FILES      512
#define MM_FILE_PAGES MM_AREA
#define MM_FRAMES     16384
#define MM_FOLIOS     64
#define MM_ANON_VMAS  (1 << 12)
#define MM_CHAIN      (MM_PROCS + 1)
#define MM_THREADS    4
#define MM_PINS	      512

/* The frame that every read of fresh anonymous memory maps. */
#define MM_ZERO_PAGE 1

/* Flags of a mapping. */
enum mm_vma_flag {
	MM_VM_READ = 1 << 0,
	MM_VM_WRITE = 1 << 1,
	MM_VM_SHARED = 1 << 2,
	MM_VM_ACCOUNT = 1 << 3,
	MM_VM_DONTCOPY = 1 << 4,
	MM_VM_WIPEONFORK = 1 << 5,
	MM_VM_HUGEPAGE = 1 << 6,
	MM_VM_NOHUGEPAGE = 1 << 7,
	MM_VM_MERGEABLE = 1 << 8,
};

#define MM_VM_ACCESS (MM_VM_READ | MM_VM_WRITE)

/* What backs a mapping; named ones have pages before they are mapped. */
enum mm_backing {
	MM_BACK_ANON,
	MM_BACK_MEMFD,
	MM_BACK_DISK,
};

/**
 * struct mm_frame - a page of memory
 * @serial: its identity, never used twice; 0 for a frame that is free
 * @refs: entries that map it, and one for the page cache
 * @mapcount: entries that map it
 * @anon: private memory, not of the page cache
 * @exclusive: anonymous, and nobody else can have it
 * @dirty: it holds what is nowhere else; a clean page may be dropped
 * @lazyfree: MADV_FREE was here: it may be dropped as long as it is clean
 * @pins: who else holds it: devices that read or write it by themselves
 * @folio: the large folio it is part of, 0 for a small page
 * @part: which part of that
 * @merged: ksmd made it of several: whoever writes to it gets a copy
 * @value: its first byte
 */
struct mm_frame {
	uint32_t serial;
	uint16_t refs;
	uint16_t mapcount;
	uint16_t pins;
	uint16_t part;
	bool anon;
	bool exclusive;
	bool dirty;
	bool lazyfree;
	bool merged;
	uint8_t folio;
	char value;
};

/**
 * struct mm_pte - a page table entry
 * @frame: index of the frame, 0 for an absent page
 * @write: a write needs no fault
 * @dirty: it was written through this entry
 * @old: it was not accessed through this entry since that was last looked at
 */
struct mm_pte {
	uint16_t frame;
	bool write;
	bool dirty;
	bool old;
};

/**
 * struct mm_folio - a huge page, whole or mapped in small pieces
 * @mapcount: entries that map it or a part of it; 0: free
 * @owner: two processes that map it, by their number plus 1, or 0
 * @owned: how many of the entries are theirs
 * @shared: others than one process may have it
 */
struct mm_folio {
	int mapcount;
	int owner[2];
	int owned[2];
	bool shared;
};

/**
 * struct mm_vma - a mapping
 * @start: first page
 * @end: page after the last; 0 in a structure that is free
 * @pgoff: page of the file, or (anonymous) of the address it was made at
 * @file: index of the file plus 1, 0 for private anonymous memory
 * @flags: enum mm_vma_flag
 * @anon_vma: index of its own anon_vma, 0 for none
 * @links: length of @chain
 * @chain: the anon_vmas its pages may belong to: its ancestors' first
 */
struct mm_vma {
	int start;
	int end;
	int pgoff;
	int file;
	unsigned int flags;
	int anon_vma;
	int links;
	uint16_t chain[MM_CHAIN];
};

/**
 * struct mm_anon_vma - what ties anonymous pages to the mappings they are in
 * @links: mappings that have it in their chain
 * @active: mappings whose own it is
 * @children: anon_vmas made by forks of it, and itself where it is a root
 * @parent: the one it was forked from, or itself
 */
struct mm_anon_vma {
	int links;
	int active;
	int children;
	int parent;
};

/**
 * struct mm_file - a file, or shared anonymous memory, and its page cache
 * @backing: MM_BACK_ANON for shared anonymous memory
 * @pages: its size
 * @users: mappings of it, and one while it has a name; 0: free
 * @cache: frame of each page, 0 where there is none
 */
struct mm_file {
	enum mm_backing backing;
	int pages;
	int users;
	uint16_t cache[MM_FILE_PAGES];
};

/**
 * struct mm_proc - a process
 * @alive: between fork and exit
 * @brk: page at which the break is
 * @table: which page tables it has: below MM_TABLE_END, above, of the heap,
 *	   from MM_BIG on
 * @huge: which of the latter's places are taken by a huge entry
 * @threads: how many threads it has
 * @pins: how many pages it has pinned
 * @pinned: the frames of these
 * @vma: its mappings, in no order
 * @pte: its page table
 */
struct mm_proc {
	bool alive;
	int brk;
	bool table[3 + MM_SLOTS];
	bool huge[MM_SLOTS];
	int threads;
	int pins;
	uint16_t pinned[MM_PINS];
	struct mm_vma vma[MM_VMAS];
	struct mm_pte pte[MM_PAGES];
};

/**
 * struct mm - a machine
 * @machine: what kind of
 * @drop: a bit for each enum mm_rule that is left out
 * @why: called with each step of a decision; NULL for nobody
 * @why_arg: handed to @why
 * @full: a table had no room: what the model says from then on means nothing
 * @beyond: what it does not know happened, in words; that holds then as well
 * @serials: how many frames there have been
 * @hint: where to look for a free frame
 * @proc: the processes; the first lives from the beginning
 * @file: files: the named ones, then shared anonymous memory
 * @frame: the frames
 * @folio: the huge pages, from 1 on
 * @anon_vma: the anon_vmas, from 1 on
 */
struct mm {
	struct mm_machine machine;
	uint64_t drop;
	void (*why)(void *arg, const char *text);
	void *why_arg;
	bool full;
	const char *beyond;
	uint32_t serials;
	int hint;
	struct mm_proc proc[MM_PROCS];
	struct mm_file file[MM_FILES];
	struct mm_frame frame[MM_FRAMES];
	struct mm_folio folio[MM_FOLIOS];
	struct mm_anon_vma anon_vma[MM_ANON_VMAS];
};

/* What a process can be made to do. */
enum mm_op_kind {
	MM_OP_MMAP,
	MM_OP_MUNMAP,
	MM_OP_MPROTECT,
	MM_OP_MREMAP,
	MM_OP_MADVISE,
	MM_OP_READ,
	MM_OP_WRITE,
	MM_OP_KWRITE,
	MM_OP_FORK,
	MM_OP_EXIT,
	MM_OP_BRK,
	MM_OP_SYNC,
	MM_OP_THREAD,
	MM_OP_PIN,
	MM_OP_UNPIN,
	MM_OP_MERGE,
	MM_OPS,
};

/**
 * struct mm_op - one operation
 * @kind: what to do
 * @proc: who does it
 * @thread: which of its threads, 0 for the one that it began with
 * @start: first page
 * @pages: how many; for MM_OP_BRK the new size of the heap
 * @to: mremap: where to, or -1 to stay there
 * @new_pages: mremap: how many there are then, 0 for no other size
 * @child: fork: the new process
 * @file: mmap, sync: index of a named file, or -1 for anonymous memory
 * @pgoff: mmap: page of the file to begin with
 * @flags: mmap, mprotect: MM_VM_READ, MM_VM_WRITE; mmap: MM_VM_SHARED, and
 *	   MM_VM_HUGEPAGE where that is asked for at once
 * @advice: madvise: which
 * @value: write: the first byte of each page
 */
struct mm_op {
	enum mm_op_kind kind;
	int proc;
	int thread;
	int start;
	int pages;
	int to;
	int new_pages;
	int child;
	int file;
	int pgoff;
	unsigned int flags;
	enum mm_advice advice;
	char value;
};

/**
 * struct mm_touch - what became of one access
 * @kind: the fault it took, or none
 * @value: the byte that was read or written
 */
struct mm_touch {
	enum mm_kind kind;
	char value;
};

/**
 * struct mm_result - what became of an operation
 * @rc: 0 or -errno
 * @rusage: faults as getrusage counts them, of the thread that acted
 * @others: the same, of the other threads of its process
 * @perf: faults as perf counts them
 * @touches: how many pages were accessed one by one, from the first
 * @touch: each of these
 */
struct mm_result {
	int rc;
	int rusage;
	int others;
	int perf;
	int touches;
	struct mm_touch touch[MM_PAGES];
};

/**
 * mm_init() - Make a machine with one process and nothing mapped.
 * @mm: the machine; what was in it is forgotten
 * @machine: what kind of; @around is at least 1
 */
void mm_init(struct mm *mm, const struct mm_machine *machine);

/**
 * mm_add_file() - Add a file that can be mapped by its index.
 * @mm: the machine
 * @backing: MM_BACK_MEMFD or MM_BACK_DISK
 * @pages: its size, 1 to MM_FILE_PAGES
 * @cached: how many pages, from the first, the page cache holds
 * @value: page i of these begins with the byte @value + i
 *
 * Return: its index, 0 to MM_NAMED - 1, or -ENFILE.
 */
int mm_add_file(struct mm *mm, enum mm_backing backing, int pages, int cached,
		char value);

/**
 * mm_do() - Let a process do something.
 * @mm: the machine
 * @op: what; its numbers must lie within the machine
 * @result: filled in
 *
 * The errors in @result are the kernel's.
 */
void mm_do(struct mm *mm, const struct mm_op *op, struct mm_result *result);

/**
 * mm_find_vma() - Find the mapping that holds a page.
 * @proc: the process
 * @page: the page
 *
 * Return: the mapping or NULL.
 */
const struct mm_vma *mm_find_vma(const struct mm_proc *proc, int page);

/**
 * mm_can_merge() - Does the model know what ksmd would do now?
 * @mm: the machine
 *
 * Return: false where it would meet pages that are pinned, huge or given away,
 * that somebody has in memory that is not merged, or too many of a kind.
 */
bool mm_can_merge(const struct mm *mm);

/**
 * mm_is_huge() - Is a page mapped by the entry of a huge page?
 * @proc: the process
 * @page: the page
 *
 * Return: true if it is.
 */
bool mm_is_huge(const struct mm_proc *proc, int page);

/**
 * mm_huge_start() - Where a huge page that holds a page begins.
 * @page: a page of the room for huge pages: MM_BIG or more
 *
 * Return: the first page of its slot.
 */
int mm_huge_start(int page);

#endif
