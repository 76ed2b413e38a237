// SPDX-License-Identifier: MIT
/* The numbers that claims are made of: which program measures what. */
#include "myths.h"

#define GROW	"sbrkdemo/grow"
#define SHRINK	"sbrkdemo/shrink"
#define LAZY	"sbrkdemo/lazy"
#define LIMIT	"sbrkdemo/limit"
#define FOREIGN "sbrkdemo/foreign"
#define RULES	"sbrkdemo/malloc_rules"
#define REALLOC "sbrkdemo/realloc_rules"
#define ALIGN	"sbrkdemo/align"
#define GC	"cow/gc"
#define FREEING "cow/free_in_child"
#define COST	"cow/fork_cost"
#define FAULTS	"cow/fault_cost"
#define SCATTER "cow/scatter"
#define TRADE	"cow/tradeoff"
#define HEAP	"sbrkdemo/heap"
#define FIT	"sbrkdemo/fit"
#define FRAG	"sbrkdemo/fragment"
#define ANON	"mmapdemo/anon"
#define PROT	"mmapdemo/prot"
#define MODES	"mmapdemo/modes"
#define UNMAP	"mmapdemo/unmap"
#define FLAGS	"mmapdemo/flags"
#define SHARED	"mmapdemo/shared_vs_private"
#define SNAP	"mmapdemo/snapshot"
#define BOUNDS	"mmapdemo/bounds"
#define AROUND	"mmapdemo/fault_around"
#define DEMAND	"mmapdemo/demand"
#define REMAP	"mmapdemo/remap"
#define HUGE	"mmapdemo/huge"
#define SPACES	"cow/spaces"
#define THRESH	"mmapdemo/threshold"
#define FORK	"cow/fork_cow"
#define REUSE	"cow/fork_reuse"
#define GENER	"cow/generations"
#define ZERO	"cow/zero_page"
#define CONFIG	"cow/config"
#define VFORK	"cow/vfork_exec"
#define COUNTS	"cow/refcount"
#define SAVE	"cow/bgsave"
#define POOL	"cow/pool"
#define PROMISE "sbrkdemo/promise"
#define STOCK	"sbrkdemo/stock"
#define SIZE	"cow/child_size"
#define DENIED	"cow/denied"
#define LITMUS	"cow/tools/litmus"
#define CXX	"tests/fixtures/bad_alloc"

const struct fact facts[] = {
	{ "grow_pages", GROW, "", "pages" },
	{ "grow_moved", GROW, "sbrk() moves", "between the old break" },
	{ "grow_off", GROW, "sbrk() moves", "between what sbrk() returned" },
	{ "grow_there", GROW, "sbrk() moves", "present" },
	{ "grow_faults", GROW, "Memory arrives", "zero" },
	{ "grow_back", GROW, "sbrk() with a negative", "present" },
	{ "grow_back_by", GROW, "sbrk() with a negative",
	  "between what sbrk() returned" },
	{ "shrink_pages", SHRINK, "", "pages" },
	{ "shrink_half", SHRINK, "Shrink by less than a page",
	  "beyond that one" },
	{ "shrink_refused", SHRINK, "Shrink by less than a page", "segv" },
	{ "shrink_left", SHRINK, "Shrink by whole pages", "still present" },
	{ "shrink_zeros", SHRINK, "Grow again", "reading as zero" },
	{ "shrink_kept", SHRINK, "Grow again", "of the first page" },
	{ "lazy_pages", LAZY, "", "pages" },
	{ "lazy_mapped", LAZY, "The break moves.", "that the heap's address" },
	{ "lazy_resident", LAZY, "The break moves.", "that its resident" },
	{ "lazy_written", LAZY, "A part is written", "zero" },
	{ "lazy_quarter", LAZY, "A part is written", "that its resident" },
	{ "limit_pages", LIMIT, "", "pages" },
	{ "limit_reached", LIMIT, "RLIMIT_DATA", "until sbrk() returns -1" },
	{ "limit_mapping", LIMIT, "A mapping in the way", "more until sbrk()" },
	{ "foreign_lost", FOREIGN, "A child gives back", "of malloc()'s" },
	{ "foreign_pages", FOREIGN, "", "pages" },
	{ "foreign_any", FOREIGN, "By mmap() instead", "of munmap()" },
	{ "fresh_zeros", RULES, "malloc(), fresh", "in a row" },
	{ "recycled", RULES, "malloc(), recycled", "of old data" },
	{ "calloc_zeros", RULES, "calloc()", "of zero, by the C" },
	{ "calloc_ours", RULES, "calloc()", "of zero, by ours" },
	{ "calloc_overflow", RULES, "calloc()", "that refuse" },
	{ "realloc_front", REALLOC, "realloc() to the old", "of the front" },
	{ "realloc_left", REALLOC, "realloc() to more", "left by the C" },
	{ "realloc_ours", REALLOC, "realloc() to more", "left by ours" },
	{ "realloc_forms", REALLOC, "realloc(NULL", "that give" },
	{ "heap_calls", HEAP, "malloc() moves", "of sbrk()" },
	{ "heap_moved", HEAP, "malloc() moves", "between the old break" },
	{ "heap_top", HEAP, "free() at the top", "that the heap keeps" },
	{ "heap_pinned", HEAP, "One block at the top", "that the heap holds" },
	{ "heap_free", HEAP, "One block at the top", "in one free block" },
	{ "heap_trimmed", HEAP, "When it is freed", "that it keeps" },
	{ "fit_first_1", FIT, "Best fit wins", "by first" },
	{ "fit_best_1", FIT, "Best fit wins", "by best" },
	{ "fit_first_2", FIT, "Best fit loses", "by first" },
	{ "fit_best_2", FIT, "Best fit loses", "by best" },
	{ "fit_worst_1", FIT, "Best fit wins", "by worst" },
	{ "fit_worst_3", FIT, "Worst fit wins", "by worst" },
	{ "fit_best_3", FIT, "Worst fit wins", "by best" },
	{ "fit_looks_first", FIT, "Next fit wins", "by first" },
	{ "fit_looks_next", FIT, "Next fit wins", "by next" },
	{ "frag_asked", FRAG, "Internal", "that were asked" },
	{ "frag_have", FRAG, "Internal", "that the blocks have" },
	{ "frag_free", FRAG, "External", "that are free" },
	{ "frag_fits", FRAG, "External", "of 100 bytes" },
	{ "anon_pages", ANON, "", "pages" },
	{ "anon_zeros", ANON, "Private: a read", "reading as zero" },
	{ "anon_remaps", ANON, "Shared, after fork()", "remap" },
	{ "anon_old", ANON, "Private: the child writes", "where the parent" },
	{ "anon_seen", ANON, "Shared: the child writes", "where the parent" },
	{ "prot_pages", PROT, "", "pages" },
	{ "prot_none", PROT, "PROT_NONE", "refused" },
	{ "prot_none_faults", PROT, "PROT_NONE", "segv" },
	{ "prot_read", PROT, "PROT_READ: no store", "segv" },
	{ "prot_noexec", PROT, "PROT_READ: no call", "that ran" },
	{ "prot_exec", PROT, "PROT_READ | PROT_EXEC", "that ran" },
	{ "prot_write", PROT, "PROT_READ | PROT_WRITE: ", "that are refused" },
	{ "ro_shared", MODES, "Opened O_RDONLY", "of 4 that work, MAP_SHARED" },
	{ "ro_private", MODES, "Opened O_RDONLY",
	  "of 4 that work, MAP_PRIVATE" },
	{ "wo_private", MODES, "Opened O_WRONLY",
	  "of 4 that work, MAP_PRIVATE" },
	{ "wo_shared", MODES, "Opened O_WRONLY", "of 4 that work, MAP_SHARED" },
	{ "hint_off", UNMAP, "The hole is filled", "from the hint" },
	{ "hint_taken", UNMAP, "What becomes of a hint", "that is elsewhere" },
	{ "fixed_fails", UNMAP, "What becomes of a hint", "with MAP_FIXED" },
	{ "unmap_pages", UNMAP, "", "pages" },
	{ "unmap_all", UNMAP, "Unmapped as a whole", "segv" },
	{ "unmap_hole", UNMAP, "A hole", "segv" },
	{ "fixed_lost", FLAGS, "MAP_FIXED over", "that lost" },
	{ "fixed_kept", FLAGS, "MAP_FIXED over", "that read" },
	{ "flags_pages", FLAGS, "", "pages" },
	{ "noreplace", FLAGS, "MAP_FIXED_NOREPLACE", "that fails" },
	{ "noreplace_kept", FLAGS, "MAP_FIXED_NOREPLACE", "that read" },
	{ "reserve_plain", FLAGS, "MAP_NORESERVE", "of more than" },
	{ "reserve_none", FLAGS, "MAP_NORESERVE", "of it with" },
	{ "sp_pages", SHARED, "", "pages" },
	{ "sp_shared", SHARED, "MAP_SHARED stores", "of the file, by pread()" },
	{ "sp_private", SHARED, "MAP_PRIVATE ones", "of the file, by pread()" },
	{ "sp_copies", SHARED, "MAP_PRIVATE ones", "copy" },
	{ "sp_synced", SHARED, "msync(), and", "of the file after msync()" },
	{ "snap_pages", SNAP, "", "pages" },
	{ "snap_new", SNAP, "The file is written", "that show" },
	{ "snap_own", SNAP, "A part of the mapping", "that read as we" },
	{ "bounds_tail", BOUNDS, "The file ends", "behind the file's end" },
	{ "bounds_bus", BOUNDS, "The page after", "that is SIGBUS" },
	{ "bounds_cut", BOUNDS, "The file is cut", "that are SIGBUS" },
	{ "bounds_pages", BOUNDS, "", "pages" },
	{ "offsets", BOUNDS, "What offset", "within a page" },
	{ "length_0", BOUNDS, "What offset", "of length 0" },
	{ "past_last", BOUNDS, "What offset", "past the last" },
	{ "around_pages", AROUND, "", "pages" },
	{ "around_faults", AROUND, "Every page", "file" },
	{ "around_there", AROUND, "Every page", "that are there" },
	{ "cold_faults", DEMAND, "A file that is not cached", "faults" },
	{ "cold_major", DEMAND, "A file that is not cached", "that waited" },
	{ "warm_major", DEMAND, "A file that is cached", "that waited" },
	{ "device_zeros", DEMAND, "A device", "that read" },
	{ "demand_pages", DEMAND, "", "pages" },
	{ "remap_pages", REMAP, "", "pages" },
	{ "remap_faults", REMAP, "Moved: no fault", "faults" },
	{ "remap_same", REMAP, "Moved: no fault", "that are the same frames" },
	{ "huge_small", HUGE, "Small pages", "faults" },
	{ "huge_huge", HUGE, "Huge pages", "faults" },
	{ "huge_pages", HUGE, "Huge pages", "that are part" },
	{ "space_apart", SPACES, "The child writes", "between the addresses" },
	{ "space_same", SPACES, "The child writes", "that are one frame" },
	{ "space_mine", SPACES, "Both read", "where the parent" },
	{ "space_its", SPACES, "Both read", "where the child" },
	{ "space_pages", SPACES, "", "pages" },
	{ "space_refused", SPACES, "The parent tries", "segv" },
	{ "thr_below", THRESH, "One byte below", "of a block's own" },
	{ "thr_break", THRESH, "One byte below", "that the break" },
	{ "thr_own", THRESH, "At the threshold", "of a block's own" },
	{ "thr_freed", THRESH, "Freed, it goes", "that went back" },
	{ "thr_copied", THRESH, "It grows", "that were copied" },
	{ "fork_pages", FORK, "", "pages" },
	{ "fork_zero", FORK, "The parent writes", "zero" },
	{ "fork_read", FORK, "Shared: after", "read by the child" },
	{ "fork_reads", FORK, "Shared: after", "faults" },
	{ "fork_shared", FORK, "Shared: after", "in both" },
	{ "fork_rw", FORK, "Marked read-only", "rw-p" },
	{ "fork_was", FORK, "Marked read-only", "present before" },
	{ "fork_fault", FORK, "Marked read-only", "faults" },
	{ "fork_copy", FORK, "Marked read-only", "copy" },
	{ "fork_old", FORK, "Copied", "where the parent" },
	{ "fork_left", FORK, "Copied", "in both" },
	{ "fork_rest", FORK, "Write permission", "copy" },
	{ "fork_again", FORK, "Write permission", "faults" },
	{ "fork_parent", FORK, "The other order", "copy" },
	{ "reuse_pages", REUSE, "", "pages" },
	{ "reuse_faults", REUSE, "A child comes", "faults" },
	{ "reuse_copies", REUSE, "A child comes", "copy" },
	{ "reuse_reused", REUSE, "A child comes", "reuse" },
	{ "reuse_last", REUSE, "The parent, the last", "reuse" },
	{ "reuse_child", REUSE, "The child writes", "copy" },
	{ "reuse_third", REUSE, "Three generations", "the same in" },
	{ "gen_alone", GENER, "The child writes.", "that one of" },
	{ "gen_again", GENER, "The child writes.", "copy" },
	{ "gen_pages", GENER, "", "pages" },
	{ "zero_pages", ZERO, "", "pages" },
	{ "zero_faults", ZERO, "Fresh memory", "faults" },
	{ "zero_one", ZERO, "Fresh memory", "that are the one" },
	{ "zero_rss", ZERO, "Fresh memory", "that count" },
	{ "config_table", CONFIG, "A table is read in", "of PSS" },
	{ "config_same", CONFIG, "Children read it", "that are the parent's" },
	{ "config_pss", CONFIG, "Children read it", "of PSS, the parent's" },
	{ "config_pages", CONFIG, "", "pages" },
	{ "config_copied", CONFIG, "One of them copies", "of PSS, for" },
	{ "fork_exec", VFORK, "fork() and exec()", "faults" },
	{ "vfork_exec", VFORK, "vfork() and exec()", "faults" },
	{ "vfork_pages", VFORK, "", "pages" },
	{ "count_copies", COUNTS, "A child looks", "copy" },
	{ "count_beside", COUNTS, "Counts beside", "copy" },
	{ "count_pages", COUNTS, "", "pages" },
	{ "save_cost", SAVE, "A child saves", "of memory that" },
	{ "save_times", SAVE, "A child saves", "as many bytes" },
	{ "save_again", SAVE, "The same pages", "faults" },
	{ "save_worst", SAVE, "The worst case", "of memory that" },
	{ "save_done", SAVE, "The save is done", "faults" },
	{ "save_pages", SAVE, "", "pages" },
	{ "pool_had", POOL, "A pool of 32", "of 32 bytes" },
	{ "pool_fails", POOL, "A pool of 32", "that fail" },
	{ "pool_foreign", POOL, "A pointer that", "that fail" },
	{ "pool_freed", POOL, "All are freed", "that are freed" },
	{ "pool_again", POOL, "All are freed", "that can be had" },
	{ "pool_outside", POOL, "With the list outside", "faults" },
	{ "pool_inside", POOL, "With the list inside", "copy" },
	{ "align_within", ALIGN, "Objects that lie within", "zero" },
	{ "align_across", ALIGN, "Objects that lie across", "zero" },
	{ "gc_objects", GC, "Objects are made", "of 64 bytes" },
	{ "gc_freed", GC, "The parent collects", "that are freed" },
	{ "free_copies", FREEING, "A child frees blocks of the C", "copy" },
	{ "fork_dearer", COST, "Private memory, before", "dearer than" },
	{ "fork_cheaper", COST, "The same, without", "cheaper than" },
	{ "cost_calls", FAULTS, "All compared", "dearer than" },
	{ "runs_child", SCATTER, "A child writes every second small",
	  "of the child" },
	{ "runs_parent", SCATTER, "A child writes every second small",
	  "of the parent" },
	{ "trade_saved", TRADE, "Half is written", "saved" },
	{ "trade_ends", TRADE, "The time", "cheaper than" },
	{ "size_rss", SIZE, "After fork()", "of the child's RSS" },
	{ "size_own", SIZE, "After fork()", "of the child's Private_Dirty" },
	{ "size_pages", SIZE, "", "pages" },
	{ "much_mapped", PROMISE, "malloc() of a large", "of address space" },
	{ "much_there", PROMISE, "malloc() of a large", "of memory" },
	{ "much_calloc", PROMISE, "calloc() is not", "of calloc()" },
	{ "much_memset", PROMISE, "calloc() is not", "of malloc()" },
	{ "stock_moved", STOCK, "malloc(1)", "that the break moves" },
	{ "stock_blocks", STOCK, "malloc(1)", "of one byte" },
	{ "leak_pages", STOCK, "", "pages" },
	{ "leak_kept", STOCK, "Blocks are used, and never", "that stay" },
	{ "leak_freed", STOCK, "Blocks are used, and freed", "that stay" },
	{ "denied_blocks", DENIED, "malloc while both", "that malloc gives" },
	{ "litmus_copies", LITMUS, "P1 write a", "copy" },
	{ "litmus_faults", LITMUS, "P1 write a", "faults" },
	{ "cxx_caught", CXX, "Containers take", "that are caught" },
	{ "cxx_said", CXX, "Containers take", "whose what() says" },
	{ "cxx_goes_on", CXX, "Containers take", "to go on with" },
	{ "cxx_vector", CXX, "A vector of", "that it fails" },
};

const size_t n_facts = sizeof(facts) / sizeof(*facts);
