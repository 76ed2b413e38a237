/* SPDX-License-Identifier: MIT */
/*
 * litmus: a few lines say what some processes do with some mappings; the model
 * predicts what becomes of each page, the running kernel does it, and the two
 * are compared page by page, after each line.
 */
#ifndef COW_LITMUS_LITMUS_H
#define COW_LITMUS_LITMUS_H

#include <stddef.h>
#include <stdio.h>

#include "model/model.h"
#include "observe/observe.h"

#define LIT_NAME_MAX 16
#define LIT_TEXT_MAX 160
#define LIT_WHAT_MAX 256

/**
 * struct lit_file - a file that a scenario maps
 * @name: what the scenario calls it
 * @backing: MM_BACK_MEMFD or MM_BACK_DISK
 * @pages: its size
 * @cached: how many pages it begins with in the page cache; a disk file: all
 * @value: page i of these begins with the byte @value + i
 */
struct lit_file {
	char name[LIT_NAME_MAX];
	enum mm_backing backing;
	int pages;
	int cached;
	char value;
};

/**
 * struct lit_setup - what is there before the first line
 * @files: how many files
 * @file: the files
 * @huge: room for huge pages is used
 */
struct lit_setup {
	bool huge;
	int files;
	struct lit_file file[MM_NAMED];
};

/**
 * struct lit_shot - a picture of a process
 * @page: the state of each page
 * @value: first byte of each page that is present and may be read
 */
struct lit_shot {
	struct obs_page page[MM_PAGES];
	char value[MM_PAGES];
};

/**
 * lit_what() - Say what the last failing call of this library was doing.
 *
 * Return: a phrase to stand before strerror(); never NULL.
 */
const char *lit_what(void);

struct lit_kernel;

/**
 * lit_kernel_open() - Prepare to run scenarios on the running kernel.
 * @kernel: set to the runner
 * @dir: folder for files on a disk; NULL: none can be used
 * @pin: stay on one CPU, and drain before each operation: needed where the
 *       identity of pages is compared
 *
 * One at a time: it changes the calling process (CPU, subreaper).
 *
 * Return: 0 or -errno; lit_what() tells what was being done.
 */
int lit_kernel_open(struct lit_kernel **kernel, const char *dir, bool pin);

/**
 * lit_kernel_close() - Undo lit_kernel_open().
 * @kernel: the runner or NULL
 */
void lit_kernel_close(struct lit_kernel *kernel);

/**
 * lit_kernel_start() - Begin a scenario: files, and a first process.
 * @kernel: the runner
 * @setup: the files
 *
 * Return: 0 or -errno.
 */
int lit_kernel_start(struct lit_kernel *kernel, const struct lit_setup *setup);

/**
 * lit_kernel_stop() - End a scenario and all its processes.
 * @kernel: the runner
 */
void lit_kernel_stop(struct lit_kernel *kernel);

/**
 * lit_kernel_do() - Have a process do something, and take pictures of all.
 * @kernel: the runner, started
 * @op: what to do
 * @result: filled in; @perf is -1 where perf does not count
 *
 * Return: 0, or -errno where the experiment itself failed.
 */
int lit_kernel_do(struct lit_kernel *kernel, const struct mm_op *op,
		  struct mm_result *result);

/**
 * lit_kernel_shot() - The last picture of a process.
 * @kernel: the runner
 * @proc: which process
 *
 * Return: the picture, or NULL for a process that does not live.
 */
const struct lit_shot *lit_kernel_shot(const struct lit_kernel *kernel,
				       int proc);

/**
 * lit_kernel_has_disk() - Can scenarios use files on a disk?
 * @kernel: the runner
 *
 * Return: true if it was given a folder on ext4.
 */
bool lit_kernel_has_disk(const struct lit_kernel *kernel);

/**
 * lit_kernel_source() - Who counts faults beside getrusage?
 * @kernel: the runner, started
 *
 * Return: the source.
 */
enum obs_source lit_kernel_source(const struct lit_kernel *kernel);

/**
 * lit_machine() - Look what kind of machine this is.
 * @machine: filled in
 */
void lit_machine(struct mm_machine *machine);

/**
 * lit_kernel_version() - Read a kernel's version, as uname(2) has it.
 * @text: such as "6.12.117-cloud-amd64"; what follows the numbers is ignored
 * @kernel: set to its MM_KERNEL()
 *
 * Return: true if it is one.
 */
bool lit_kernel_version(const char *text, unsigned int *kernel);

/**
 * lit_machine_kernel() - Say which kernel a machine like this one has.
 * @machine: the machine, changed
 * @kernel: MM_KERNEL() of the version
 */
void lit_machine_kernel(struct mm_machine *machine, unsigned int kernel);

/**
 * lit_model_start() - Begin a scenario on the model.
 * @mm: the machine
 * @machine: what kind of
 * @setup: the files
 * @drop: rules to leave out, a bit each
 */
void lit_model_start(struct mm *mm, const struct mm_machine *machine,
		     const struct lit_setup *setup, uint64_t drop);

/**
 * struct lit_identity - which frame of the model is which of the kernel
 * @pfn: of each frame of the model, by its index
 * @serial: the frame for which this was noted
 * @round: the comparison in which it was last seen
 * @rounds: how many comparisons there were
 * @moved: how often the kernel moved a page to another frame (compaction)
 */
struct lit_identity {
	uint64_t pfn[MM_FRAMES];
	uint32_t serial[MM_FRAMES];
	uint64_t round[MM_FRAMES];
	uint64_t rounds;
	uint64_t moved;
};

/**
 * struct lit_diff - the first difference between model and kernel
 * @proc: the process, -1 for none in particular
 * @page: the page, -1 for none in particular
 * @what: what was predicted, and what was measured
 */
struct lit_diff {
	int proc;
	int page;
	char what[LIT_WHAT_MAX];
};

/**
 * lit_compare() - Is what was measured what was predicted?
 * @mm: the model, after the operation
 * @op: the operation
 * @predicted: what the model says became of it
 * @kernel: the runner, after the operation
 * @measured: what the kernel says became of it
 * @identity: kept from one operation to the next; zeroed before the first.
 *            NULL: do not compare page identity
 * @diff: filled in when they differ
 *
 * Return: true if they agree in everything.
 */
bool lit_compare(const struct mm *mm, const struct mm_op *op,
		 const struct mm_result *predicted,
		 const struct lit_kernel *kernel,
		 const struct mm_result *measured,
		 struct lit_identity *identity, struct lit_diff *diff);

#define LIT_OPS_MAX 256

/**
 * struct lit_sequence - operations without names or expectations
 * @setup: the files
 * @ops: how many operations
 * @op: the operations
 */
struct lit_sequence {
	struct lit_setup setup;
	int ops;
	struct mm_op op[LIT_OPS_MAX];
};

/**
 * struct lit_lab - model and kernel together, and what they keep in mind
 * @mm: the model
 * @machine: what kind of machine it models: this one, unless changed
 * @huge: make up sequences in the room for huge pages
 * @ksm: make up sequences in which ksmd merges pages
 * @given: it was changed, and is not whatever a scenario needs
 * @kernel: the runner
 * @identity: which frame is which
 * @identify: compare page identity
 * @drop: rules left out of the model
 * @why: told of the model's decisions, or NULL
 */
struct lit_lab {
	struct mm *mm;
	struct mm_machine machine;
	bool huge;
	bool ksm;
	bool given;
	struct lit_kernel *kernel;
	struct lit_identity *identity;
	bool identify;
	uint64_t drop;
	void (*why)(void *arg, const char *text);
};

/**
 * lit_lab_open() - Prepare model and kernel.
 * @lab: filled in
 * @model_only: leave @kernel NULL
 * @dir: as for lit_kernel_open()
 * @pin: as for lit_kernel_open(); also, whether to compare page identity
 *
 * Return: 0 or -errno.
 */
int lit_lab_open(struct lit_lab *lab, bool model_only, const char *dir,
		 bool pin);

/**
 * lit_lab_close() - Undo lit_lab_open().
 * @lab: the laboratory
 */
void lit_lab_close(struct lit_lab *lab);

/**
 * lit_replay() - Do a sequence on both sides, up to the first difference.
 * @lab: the laboratory
 * @sequence: what to do; an operation of a process that does not live is
 *            left out
 * @diff: filled in when they differ
 *
 * Return: how many operations agreed: all of them, or the index of the one
 * that did not; or -errno.
 */
int lit_replay(struct lit_lab *lab, const struct lit_sequence *sequence,
	       struct lit_diff *diff);

/**
 * lit_random() - Make up a sequence and do it on both sides.
 * @lab: the laboratory
 * @seed: which sequence; the same one each time
 * @ops: how many operations, up to LIT_OPS_MAX
 * @sequence: filled in
 * @diff: filled in when they differ
 *
 * Return: as lit_replay().
 */
int lit_random(struct lit_lab *lab, uint64_t seed, int ops,
	       struct lit_sequence *sequence, struct lit_diff *diff);

/**
 * lit_again() - Does a sequence that differed differ once more?
 * @lab: the laboratory
 * @sequence: a sequence that differed, with nothing after that operation
 * @times: how often to replay it, at most
 *
 * Return: true with the first replay that differs; false if none did, because
 * all agreed, or could not be had on this machine.
 */
bool lit_again(struct lit_lab *lab, const struct lit_sequence *sequence,
	       int times);

/* What /proc/vmstat counts of that which may change pages from outside. */
enum lit_counter {
	LIT_COUNTER_FALLBACK,
	LIT_COUNTER_FALLBACK_CHARGE,
	LIT_COUNTER_UNSPLIT,
	LIT_COUNTER_COLLAPSE,
	LIT_COUNTER_STEAL_KSWAPD,
	LIT_COUNTER_STEAL_DIRECT,
	LIT_COUNTER_REFAULT,
	LIT_COUNTER_DROP,
	LIT_COUNTER_MIGRATE,
	LIT_COUNTER_COMPACT,
	LIT_COUNTERS,
};

/**
 * struct lit_counters - counters of the whole system
 * @value: each of them; 0 where a kernel does not have it
 */
struct lit_counters {
	uint64_t value[LIT_COUNTERS];
};

/**
 * lit_counters() - Read the counters.
 * @counters: filled in
 */
void lit_counters(struct lit_counters *counters);

/**
 * lit_counters_moved() - Say which counters moved, and by how much.
 * @before: read before
 * @after: read after
 * @text: set to a list, or to a phrase that says that none did
 * @size: bytes of @text
 */
void lit_counters_moved(const struct lit_counters *before,
			const struct lit_counters *after, char *text,
			size_t size);

/**
 * lit_shrink() - Make a failing sequence as short as possible.
 * @lab: the laboratory
 * @sequence: a sequence that differs; shortened in place
 * @diff: that of the shortened one
 *
 * Return: how many replays it took, or -errno.
 */
int lit_shrink(struct lit_lab *lab, struct lit_sequence *sequence,
	       struct lit_diff *diff);

#include "scenario.h"

#endif
