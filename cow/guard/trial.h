/* SPDX-License-Identifier: MIT */
/*
 * trial.h - the part of guard.h that runs a command under faults, and sorts
 * what becomes of it. Programs include guard.h.
 */
#ifndef GUARD_TRIAL_H
#define GUARD_TRIAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guard;
struct guard_event;
struct guard_who;

/* When a struct guard_fault strikes. */
enum guard_when {
	GUARD_NTH, /* the nth call only */
	GUARD_EVERY, /* each nth call */
	GUARD_FROM, /* the nth call and all after it */
};

/**
 * struct guard_fault - which calls of a trial fail
 * @nr: libseccomp's number of the call
 * @task: count the calls of this task only (see struct guard_who), or NULL
 * @when: which of the counted calls fail
 * @n: first or each, from 1
 * @error: positive errno; 0 never fails and only counts
 * @seen: calls counted, to be 0 at first
 * @hits: calls made to fail, to be 0 at first
 */
struct guard_fault {
	int nr;
	const char *task;
	enum guard_when when;
	uint64_t n;
	int error;
	uint64_t seen;
	uint64_t hits;
};

/**
 * struct guard_trial - one run of a command under faults
 * @argv: the command, as in struct guard_spec
 * @envp: its environment, or NULL
 * @fds: its descriptors 0 to 2, or NULL
 * @faults: @nfaults faults; the first that hits decides
 * @nfaults: number of @faults
 * @tmpdir: a folder for the time of the trial, as in struct guard_spec, or NULL
 * @limit_ms: kill it after so many milliseconds, or -1
 * @wait_all: the trial ends when all processes have, not just the command
 * @hold: GUARD_HOLD of guard_open()
 * @saw: called for each counted call with what became of it, or NULL
 * @arg: for @saw
 * @stop_sig: a signal to hand on to the command when a wait is interrupted,
 *            or NULL
 * @status: out: as waitpid(2) gives it
 * @timed_out: out: it was killed for its time
 * @left: out: processes that outlived the command and were killed
 * @files: out: entries it left in @tmpdir
 */
struct guard_trial {
	char *const *argv;
	char *const *envp;
	const int *fds;
	struct guard_fault *faults;
	size_t nfaults;
	const char *tmpdir;
	int limit_ms;
	bool wait_all;
	bool hold;
	void (*saw)(struct guard *g, const struct guard_event *ev,
		    const struct guard_who *who, const struct guard_fault *hit,
		    void *arg);
	void *arg;
	const atomic_int *stop_sig;
	int status;
	bool timed_out;
	unsigned int left;
	unsigned int files;
};

/**
 * guard_try() - run a command and make the calls fail that the trial names
 * @t: the trial; its counters and results are filled in
 *
 * The same trial of a program that behaves the same gives the same result:
 * faults count by task, not by the order in which tasks happen to run.
 *
 * Return: 0 when the command ran, whatever became of it; -EOPNOTSUPP when it
 * was to be held and the kernel lets nobody trace; or -errno as guard_open() and
 * guard_next() have it, or as execve(2) failed.
 */
int guard_try(struct guard_trial *t);

#define GUARD_WORDS_LEN	 80
#define GUARD_TRIAL_NAME "cow-fail" /* of a captured trial's TMPDIR */

/**
 * struct guard_result - what a captured trial left behind
 * @status: as waitpid(2) gives it
 * @timed_out: it was killed for its time
 * @hit: a fault struck
 * @left: processes that outlived it
 * @files: entries it left in its own TMPDIR
 * @exact: hash of its standard output, addresses (0x...) left out
 * @masked: the same with each number (decimal or hexadecimal) made one letter,
 *          and blanks one blank
 * @last: the last line of its standard output, cut
 * @spoke: it wrote to standard error
 * @words: the first line of that, cut
 * @ms: how long it took
 */
struct guard_result {
	int status;
	bool timed_out;
	bool hit;
	unsigned int left;
	unsigned int files;
	uint64_t exact;
	uint64_t masked;
	char last[GUARD_WORDS_LEN];
	bool spoke;
	char words[GUARD_WORDS_LEN];
	long ms;
};

/**
 * guard_capture() - run a trial with output captured and a TMPDIR of its own
 * @t: the trial; its @fds, @envp and @tmpdir are set by this function
 * @r: filled in
 *
 * Standard input is empty. The TMPDIR is removed afterwards.
 *
 * Return: as guard_try(), or -errno of making room for the output.
 */
int guard_capture(struct guard_trial *t, struct guard_result *r);

/* What became of a program under a fault, in rising order of harm. */
enum guard_outcome {
	GUARD_UNHARMED, /* status and output as without the fault */
	GUARD_CLEAN, /* a message and a non-zero exit */
	GUARD_WRONG, /* other output, or a failure without a word */
	GUARD_LEAK, /* processes or files left behind */
	GUARD_CRASH, /* ended by a signal */
	GUARD_HANG, /* killed for its time */
	GUARD_OUTCOMES
};

/* How alike two untouched runs are: what of the output may be compared. */
enum guard_likeness {
	GUARD_BYTES, /* all of it but addresses */
	GUARD_MASKED, /* all but its numbers */
	GUARD_STATUS, /* none of it, the exit status only */
};

/**
 * guard_likeness() - compare two untouched runs
 * @a: one run
 * @b: the other
 *
 * Return: what of the output a comparison may rest on.
 */
enum guard_likeness guard_likeness(const struct guard_result *a,
				   const struct guard_result *b);

/**
 * guard_judge() - sort the outcome of a run under a fault
 * @r: the run
 * @clean: an untouched run
 * @like: what may be compared, from guard_likeness()
 * @why: the reason in a few words, for a message
 * @size: bytes of @why
 */
enum guard_outcome guard_judge(const struct guard_result *r,
			       const struct guard_result *clean,
			       enum guard_likeness like, char *why,
			       size_t size);

#endif
