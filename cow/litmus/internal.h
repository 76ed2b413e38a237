/* SPDX-License-Identifier: MIT */
/* What the files of litmus share among themselves. */
#ifndef COW_LITMUS_INTERNAL_H
#define COW_LITMUS_INTERNAL_H

#include "litmus.h"

/* The stack of a thread: enough, and touched in no time. */
#define LIT_STACK_BYTES (256 << 10)

/*
 * What the controller and its workers share: the order, and what came of it.
 * Every process has it at the same address.
 */
struct lit_shared {
	struct mm_op op;
	struct mm_result result;
	int error;
	char what[128];
	pid_t pid;
	char *area;
	char *big;
	char *stacks;
	char *heap;
	bool heap_used;
	bool big_used;
	bool drain;
	bool access_flag;
	unsigned int born;
	unsigned int pinned;
	enum obs_source source;
	int source_fd;
	uint64_t mark;
	int file[MM_NAMED];
	struct obs_peer peer[MM_PROCS];
	int other[MM_PROCS];
	struct lit_shot shot[MM_PROCS];
};

struct lit_kernel {
	struct lit_shared *shared;
	struct lit_setup setup;
	char *gap;
	size_t gap_bytes;
	const char *dir;
	bool has_disk;
	int disk[MM_NAMED];
	int held[MM_NAMED];
	bool alive[MM_PROCS];
	int pidfd[MM_PROCS];
	pid_t pid[MM_PROCS];
};

/* worker.c: what a worker is told to do; @shared is a struct lit_shared. */
void lit_worker_born(int proc);
void lit_worker_begin(void *shared);
void lit_worker_init(void *shared);
void lit_worker_run(void *shared);
void lit_worker_look(void *shared);

/* worker.c: faults of this thread. */
uint64_t lit_faults_so_far(void);

/* touches.c: one by one; huge pages may come, or not, in this process. */
void lit_touch_pages(struct lit_shared *shared);
void lit_allow_huge(struct lit_shared *shared, bool allow);

/* worker.c, for look.c: a page's address; what failed; sockets closed. */
char *lit_address(const struct lit_shared *shared, int page);
void lit_keep_error(struct lit_shared *shared, int rc);
void lit_keep_observed(struct lit_shared *shared, int rc);
void lit_worker_part(const struct lit_shared *shared);
void lit_worker_leave(void *shared);
void lit_worker_thread(struct lit_shared *shared);

/*
 * threads.c: a worker's threads, from 1 on; they do what they are told, one at
 * a time. A forked child has none of its parent's.
 */
int lit_thread_start(struct lit_shared *shared);
int lit_thread_run(int thread, void (*run)(struct lit_shared *shared),
		   struct lit_shared *shared);
void lit_threads_forget(void);

/* pin.c: hold pages as a device would; let go of all; forget the parent's. */
bool lit_can_pin(void);
int lit_pin(void *addr, size_t bytes);
int lit_unpin(void);
void lit_pins_forget(void);

/* kernel.c: does the scenario use the room for huge pages? */
bool lit_kernel_is_huge(const struct lit_kernel *kernel);

/*
 * ksm.c: from the first memory to be merged to the scenario's end ksmd is ours;
 * let it merge whatever it can. 0, or -ENODEV where it can't be had.
 */
int lit_ksm_lock(void);
int lit_merge(const struct lit_kernel *kernel);
void lit_ksm_end(void);

/*
 * content.c: what a page begins with. Nobody else's pages hold the same, nor
 * those of another run, but for zeros: ksmd would merge them.
 */
struct lit_content {
	char value;
	char none[7];
	uint64_t mark;
};

uint64_t lit_new_mark(void);
struct lit_content lit_content(const struct lit_shared *shared, char value);

/* files.c: what one scenario opens, and what all of them share. */
bool lit_files_probe(const char *dir);
int lit_files_open(struct lit_kernel *kernel);
void lit_files_close(struct lit_kernel *kernel);
void lit_files_forget(struct lit_kernel *kernel);

/* replay.c: begin a scenario; do one operation: 1 agreed, 0 differs, -errno. */
int lit_lab_start(struct lit_lab *lab, const struct lit_setup *setup);
int lit_step(struct lit_lab *lab, const struct mm_op *op,
	     struct lit_diff *diff);

/*
 * machine.c: may the scenario be played on this machine? 0 or -ENODEV. The
 * model alone can be whatever machine it needs.
 */
int lit_check_needs(const struct lit_scenario *scenario,
		    const struct mm_machine *machine);
void lit_meet_needs(const struct lit_scenario *scenario,
		    struct mm_machine *machine);

/* replay.c: has the model room, and does it know what happens? */
int lit_model_knows(const struct mm *mm);

/*
 * machine.c: before Linux 6.7 (PAGEMAP_SCAN) nothing tells a huge entry from
 * small ones of the same folio.
 */
bool lit_sees_huge(void);

/* machine.c: may private memory have huge pages, and must it ask? */
void lit_machine_huge(struct mm_machine *machine);

/* words.c: the language's words, by the model's numbers. */
extern const char *const lit_op_word[MM_OPS];
extern const char *const lit_advice_word[MM_ADVICES];
extern const char *const lit_access_word[MM_VM_ACCESS + 1];

/*
 * compare.c: a fault that left the page as it was may have noted an access, or
 * permitted a store; and where frames are hidden, a part of a huge page that was
 * mapped once may have been copied. Nothing shows which: believe what was
 * predicted.
 */
void lit_settle(const struct lit_kernel *kernel, const struct mm_op *op,
		const struct mm_result *predicted, struct mm_result *measured);

/* show.c: how much of a line stands before what is expected of it. */
int lit_op_length(const char *text);

/* what.c: remember what failed; returns -@error. */
int lit_fail(int error, const char *fmt, ...) __printf(2, 3);

#endif
