/* SPDX-License-Identifier: MIT */
/*
 * exam: how a lab is graded. Two processes take part in each test:
 *
 *	examiner  ---- questions ---->  subject: the student's code
 *	 (trusted) <---- answers -----  (in cow/tools/sandbox, with limits)
 *
 * The examiner asks the subject to call one function of the student's, and
 * judges the answer in its own process. What is right it knows or works out
 * itself, from numbers that differ for each submission; so nothing that could
 * be printed or found by the student's code is a passed test. A subject that
 * ends, hangs or does what the sandbox refuses has failed that one test: each
 * test gets a new one.
 *
 * Like report, this library prints, and leaves the program for --help and bad
 * usage: that is its job.
 */
#ifndef COW_EXAM_EXAM_H
#define COW_EXAM_EXAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "compiler.h"

#define EXAM_ARGS 4
#define EXAM_DATA 256

/* Questions that exam_serve() answers itself; a lab's own count from 0. */
#define EXAM_OP_PID  UINT64_MAX
#define EXAM_OP_FILL (UINT64_MAX - 1) /* address, bytes, seed */
#define EXAM_OP_SUM  (UINT64_MAX - 2) /* address, bytes */

/**
 * struct exam_ask - a question: which function of the student's to call
 * @id: a random number that the answer repeats; serving takes care of it
 * @op: which function; each lab has an enum of its own
 * @arg: its arguments
 * @data: bytes to go with it
 */
struct exam_ask {
	uint64_t id;
	uint64_t op;
	uint64_t arg[EXAM_ARGS];
	unsigned char data[EXAM_DATA];
};

/**
 * struct exam_answer - what came of it
 * @id: as in the question
 * @value: what the function returned
 * @error: errno afterwards; it was 0 before
 * @more: further numbers
 * @data: bytes that go with it
 */
struct exam_answer {
	uint64_t id;
	int64_t value;
	int64_t error;
	uint64_t more[EXAM_ARGS];
	unsigned char data[EXAM_DATA];
};

/* ---- the subject's side, linked with the student's code */

/**
 * exam_serve() - The whole of a subject's main().
 * @answer: calls the student's function that the question asks for
 *
 * What the student's code prints goes to standard error; its standard input is
 * empty. Takes no memory from the heap.
 *
 * Return: an exit status: 0 after the last question.
 */
int exam_serve(void (*answer)(const struct exam_ask *ask,
			      struct exam_answer *answer));

/**
 * exam_sum() - A number for some bytes, on both sides.
 * @at: where they are
 * @bytes: how many
 *
 * Return: the same for the same bytes, hardly ever for others.
 */
uint64_t exam_sum(const void *at, size_t bytes);

/* ---- the examiner's side */

struct exam;

/**
 * struct exam_test - one test, all or nothing unless it says exam_score()
 * @name: one word, as graders' tables and mutants have it
 * @points: how much it is worth
 * @what: what has to hold, one clause
 * @look: where to look when it fails
 * @run: asks and judges; it ends at the first exam_seen()
 */
struct exam_test {
	const char *name;
	unsigned int points;
	const char *what;
	const char *look;
	void (*run)(struct exam *e);
};

/**
 * struct exam_lab - what a lab's grader is made of
 * @name: its folder, such as "01_bump"
 * @title: a few words
 * @built: points for code that compiles without a warning
 * @tests: its tests, in order
 * @ntests: how many
 * @data_limit: RLIMIT_DATA of the subject in bytes; 0 is none
 * @cpu_s: seconds of CPU time a test may use; 0 is 2
 * @wall_s: seconds that it may take; 0 is 30
 * @paper: there is no code; answers are in the file that is named instead
 * @give: of a lab on paper: writes what is handed out for a seed, and where the
 *        answers go; 0, or -EINVAL for no seed
 */
struct exam_lab {
	const char *name;
	const char *title;
	unsigned int built;
	const struct exam_test *tests;
	size_t ntests;
	size_t data_limit;
	unsigned int cpu_s;
	unsigned int wall_s;
	bool paper;
	int (*give)(const char *seed, FILE *out);
};

/* The table of a lab's tests, for struct exam_lab. */
#define EXAM_TESTS(table) \
	.tests = (table), .ntests = sizeof(table) / sizeof(*(table))

/**
 * exam_main() - The whole of a grader's main().
 * @lab: the lab
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: 0 for full points, 1 for less, 4 when nothing can be graded here.
 */
int exam_main(const struct exam_lab *lab, int argc, char **argv);

/**
 * exam_ask() - Ask the subject, and wait for its answer.
 * @e: the running exam
 * @ask: op, arg and data
 *
 * Starts the subject at the first question of a test. Does not return when the
 * subject ends instead of answering: then the test has failed.
 *
 * Return: the answer, good until the next question.
 */
const struct exam_answer *exam_ask(struct exam *e, struct exam_ask ask);

/**
 * exam_call() - Ask without data.
 * @e: the running exam
 * @op: which function
 * @a: first argument
 * @b: second argument
 *
 * Return: as exam_ask().
 */
const struct exam_answer *exam_call(struct exam *e, uint64_t op, uint64_t a,
				    uint64_t b);

/**
 * struct exam_block - memory of the subject's with a pattern in it
 * @at: its address there
 * @size: in bytes
 * @seed: which pattern
 */
struct exam_block {
	uint64_t at;
	uint64_t size;
	uint64_t seed;
};

/**
 * exam_fill() - Have the subject's memory filled.
 * @e: the running exam
 * @at: where
 * @size: how many bytes
 *
 * Return: what exam_check() wants to know.
 */
struct exam_block exam_fill(struct exam *e, uint64_t at, uint64_t size);

/**
 * exam_check() - Fail the test unless a block is as exam_fill() left it.
 * @e: the running exam
 * @b: the block
 * @which: for the hint, such as "a block that is out"
 */
void exam_check(struct exam *e, const struct exam_block *b, const char *which);

/**
 * exam_pid() - The process the student's code runs in.
 * @e: the running exam
 *
 * Return: its number; the subject is started if it was not yet.
 */
pid_t exam_pid(struct exam *e);

/**
 * exam_faults() - How many page faults has a process had?
 * @e: the running exam
 * @pid: from exam_pid() or exam_children()
 *
 * Return: minor faults so far (proc(5)); without those of its children.
 */
unsigned long exam_faults(struct exam *e, pid_t pid);

/**
 * exam_children() - How many children does a process have?
 * @e: the running exam
 * @pid: from exam_pid()
 * @last: where to put the number of one of them, if there are any
 *
 * Return: how many, with those that have ended and were not waited for.
 */
size_t exam_children(struct exam *e, pid_t pid, pid_t *last);

/**
 * exam_folder() - The only folder the subject may write to.
 * @e: the running exam
 *
 * Return: a path; the folder is empty at the beginning of each test.
 */
const char *exam_folder(const struct exam *e);

/**
 * exam_paper() - The file with the answers, in a lab without code.
 * @e: the running exam
 *
 * Return: a path.
 */
const char *exam_paper(const struct exam *e);

/**
 * exam_tool() - Where another of the project's tools is.
 * @e: the running exam
 * @name: its name, as in cow/tools
 *
 * Return: a path, beside the sandbox's; good until the next call.
 */
const char *exam_tool(struct exam *e, const char *name);

/**
 * exam_finish() - No more questions: let the subject end.
 * @e: the running exam
 *
 * Fails the test when the subject did not end well, or did what the sandbox
 * refuses. Called by itself at the end of a test; then a new subject may be
 * asked.
 */
void exam_finish(struct exam *e);

/**
 * exam_random() - A number that differs for each submission and test.
 * @e: the running exam
 * @n: how many numbers there are to choose from
 *
 * The same submission gets the same numbers.
 *
 * Return: 0 to @n - 1.
 */
uint64_t exam_random(struct exam *e, uint64_t n);

/**
 * exam_did() - Say what is about to be done, for the hint if it fails.
 * @e: the running exam
 * @fmt: as printf()
 */
void exam_did(struct exam *e, const char *fmt, ...) __printf(2, 3);

/**
 * exam_expected() - Say what a right answer would be.
 * @e: the running exam
 * @fmt: as printf()
 */
void exam_expected(struct exam *e, const char *fmt, ...) __printf(2, 3);

/**
 * exam_error() - The name of an errno, for a hint.
 * @error: the number, 0 for none
 *
 * Return: such as "ENOMEM"; "0"; or "unknown".
 */
const char *exam_error(int64_t error);

/**
 * exam_look() - Say where to look, where the test's own line is too general.
 * @e: the running exam
 * @look: good until the test ends
 */
void exam_look(struct exam *e, const char *look);

/**
 * exam_seen() - Say what came instead: the test has failed, and ends here.
 * @e: the running exam
 * @fmt: as printf()
 */
void exam_seen(struct exam *e, const char *fmt, ...) __printf(2, 3) __noreturn;

/**
 * exam_score() - Give part of the points, and end the test.
 * @e: the running exam
 * @points: how many of the test's
 * @fmt: what was seen, as printf()
 */
void exam_score(struct exam *e, unsigned int points, const char *fmt, ...)
	__printf(3, 4) __noreturn;

/**
 * exam_skip() - What is tested can't be had on this machine: say so, loudly.
 * @e: the running exam
 * @fmt: why not, as printf()
 *
 * Nobody loses points by where grading takes place.
 */
void exam_skip(struct exam *e, const char *fmt, ...) __printf(2, 3) __noreturn;

/**
 * exam_broken() - The grader itself can't go on: says so, and exits with 4.
 * @e: the running exam
 * @fmt: as printf()
 */
void exam_broken(struct exam *e, const char *fmt, ...)
	__printf(2, 3) __noreturn;

#endif
