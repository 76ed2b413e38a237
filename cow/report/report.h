/* SPDX-License-Identifier: MIT */
/*
 * report: how it is said. A demo is a table of steps; each states what it will
 * show, predicts a number and why, acts, and hands in what was measured. This
 * library says so as text, TAP 13 or JSON, and turns it into an exit status.
 *
 * Unlike the other libraries this one prints, on standard output, and leaves
 * the program for --help and bad usage, as argp does: that is its job.
 */
#ifndef COW_REPORT_REPORT_H
#define COW_REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "observe/observe.h"
#include "tool.h"

struct rep;

/**
 * struct rep_step - one step of a demo
 * @statement: what the step shows, one sentence
 * @settles: the numbers of the course statements it settles, such as
 *           "S16 S26"; NULL for none
 * @run: does it: rep_expect*(), rep_because(), the system calls, rep_saw*()
 * @question: what the step does, without what comes of it: with --ask it stands
 *            in place of @statement until all is answered; NULL where
 *            @statement gives nothing away
 */
struct rep_step {
	const char *statement;
	const char *settles;
	void (*run)(struct rep *r);
	const char *question;
};

/**
 * struct rep_option - an option that only one demo has
 * @name: its name, without the dashes
 * @arg: what its argument is called in --help
 * @doc: what it does
 */
struct rep_option {
	const char *name;
	const char *arg;
	const char *doc;
};

/**
 * struct rep_demo - a demo
 * @name: its path in the source tree without ".c", such as "cow/fork_cow"
 * @title: a few words
 * @lesson: what is learned, one sentence
 * @steps: its steps, in order
 * @nsteps: how many
 * @pages: how many pages it works on unless --pages or --size says otherwise
 * @copies: how many times that memory exists at once, at worst
 * @accesses: what it predicts holds where the processor itself notes accesses
 *            (obs_access_flag()); elsewhere all is skipped
 * @set_up: prepares what all steps use; may call rep_failed(); may be NULL
 * @tear_down: undoes it, also after a failure half way; may be NULL
 * @option: an option of its own, or NULL
 */
struct rep_demo {
	const char *name;
	const char *title;
	const char *lesson;
	const struct rep_step *steps;
	size_t nsteps;
	size_t pages;
	size_t copies;
	bool accesses;
	void (*set_up)(struct rep *r);
	void (*tear_down)(struct rep *r);
	const struct rep_option *option;
};

/* The table of a demo's steps, for struct rep_demo. */
#define REP_STEPS(table) \
	.steps = (table), .nsteps = sizeof(table) / sizeof(*(table))

/**
 * rep_main() - Run a demo: the whole of its main().
 * @demo: the demo
 * @argc: as main() got it
 * @argv: as main() got it
 *
 * Return: the exit status of DESIGN, that of the kernel's selftests: 0 when
 * every prediction held, 1 when one did not or something failed, 4 when every
 * step was skipped. Bad usage exits with 2.
 */
int rep_main(const struct rep_demo *demo, int argc, char **argv);

/**
 * rep_pages() - How many pages to work on.
 * @r: the running demo
 *
 * Return: at least 1.
 */
size_t rep_pages(const struct rep *r);

/**
 * rep_vary() - A number of the demo's choice, which --seed varies.
 * @r: the running demo
 * @usual: the number without --seed, from @least to @most
 * @least: the smallest that the demo can do with
 * @most: the largest
 *
 * Such as which page is written, or how many. The number of pages varies
 * without it. Equal seeds give equal numbers; call it in set_up, so that they
 * come in the same order in each run.
 *
 * Return: the number.
 */
size_t rep_vary(struct rep *r, size_t usual, size_t least, size_t most);

/**
 * rep_sees_frames() - Can page frames be told apart by number here?
 * @r: the running demo
 *
 * Return: true for root; false: only pagemap bit 56 can be looked at.
 */
bool rep_sees_frames(const struct rep *r);

/**
 * rep_same() - What obs_count_same() counts here, in words.
 * @r: the running demo
 *
 * Return: for rep_expect(): that pages are one frame in both page tables; or,
 * where frames can't be told apart, what is known instead.
 */
const char *rep_same(const struct rep *r);

/**
 * rep_option() - The argument of the demo's own option.
 * @r: the running demo
 *
 * Return: the argument, or NULL where the option was not given.
 */
const char *rep_option(const struct rep *r);

/**
 * rep_given() - Tell who is asked what can't be known, and is no answer.
 * @r: the running demo
 * @fmt: as for printf(3)
 *
 * Such as how many pages are written: before rep_because(), which asks. Shown
 * with --ask only; otherwise the reason says it.
 */
void rep_given(struct rep *r, const char *fmt, ...) __printf(2, 3);

/**
 * rep_expect_faults() - Predict page faults of one kind, before they happen.
 * @r: the running demo
 * @faults: how many; 0 predicts that there is none of any kind
 * @kind: which kind
 *
 * A step that expects several kinds calls this once for each.
 */
void rep_expect_faults(struct rep *r, uint64_t faults, enum obs_kind kind);

/**
 * rep_expect() - Predict another number, before acting.
 * @r: the running demo
 * @value: the number
 * @unit: of what, in the plural: "pages"
 * @what: which ones: "that parent and child share"
 */
void rep_expect(struct rep *r, uint64_t value, const char *unit,
		const char *what);

/**
 * rep_s() - The ending of a word for so many things: "%zu page%s".
 * @n: how many
 *
 * Return: "s", but for one thing "".
 */
const char *rep_s(uint64_t n);

/**
 * rep_because() - Give the reason, and with it announce the predictions.
 * @r: the running demo
 * @fmt: as for printf(3)
 *
 * Called once, after all rep_expect*() and before acting: what was not
 * announced can't be measured.
 */
void rep_because(struct rep *r, const char *fmt, ...) __printf(2, 3);

/**
 * rep_saw_faults() - Hand in the faults of a window.
 * @r: the running demo
 * @window: a window that ended; an error that it kept fails the demo
 *
 * The total and each kind must be as predicted.
 */
void rep_saw_faults(struct rep *r, const struct obs_window *window);

/**
 * rep_saw() - Hand in what was measured for the next rep_expect() in order.
 * @r: the running demo
 * @value: the number
 */
void rep_saw(struct rep *r, uint64_t value);

/**
 * rep_note() - Say something that was seen and that no prediction is about.
 * @r: the running demo
 * @fmt: as for printf(3)
 *
 * Shown in the text only.
 */
void rep_note(struct rep *r, const char *fmt, ...) __printf(2, 3);

/**
 * rep_strip() - Draw pages, a character each, at the end of the step.
 * @r: the running demo
 * @label: whose they are, at most 8 characters
 * @page: their states, which must stay there until the step ends
 * @pages: how many; what does not fit four lines is summed up in runs
 *
 * Shown in the text only. The alphabet is that of rep_page_char().
 */
void rep_strip(struct rep *r, const char *label, const struct obs_page *page,
	       size_t pages);

/**
 * rep_page_char() - The character that stands for a page, in every program.
 * @page: its state
 *
 * Return: '.' absent, '0' zero page, 'P' private and mapped once, 'C' shared copy-on-write,
 * 'F' shared file or shared memory, 'f' private mapping's page of the file,
 * 'D' private mapping's own dirty copy of it, 'H' huge, 's' swapped,
 * '#' protected, '-' not mapped.
 */
char rep_page_char(const struct obs_page *page);

/**
 * rep_area() - Reserve an area to map over with MAP_FIXED.
 * @r: the running demo
 * @pages: how large
 *
 * As obs_gap_map(); the demo stays on one CPU from then on. The area is
 * unmapped when the demo ends.
 *
 * Return: its start, or NULL: then the demo has failed.
 */
char *rep_area(struct rep *r, size_t pages);

/**
 * rep_lock() - Keep the pages of a mapping where they are once they are there.
 * @r: the running demo
 * @addr: page-aligned start
 * @pages: length
 *
 * By mlock2(2) with MLOCK_ONFAULT, which brings no page in. Pages of files and
 * of shared memory may be unmapped at any time by who reclaims memory early
 * (DAMON, for one, on idle machines), and the next touch faults once more.
 * Where locking is refused, the text says so.
 */
void rep_lock(struct rep *r, char *addr, size_t pages);

/**
 * rep_fill() - Write a file of whole pages.
 * @r: the running demo
 * @fd: a file, written from its offset on
 * @pages: how many
 * @value: of every byte
 *
 * In one write(2) a page: larger ones may bring large folios into the page
 * cache (ext4 since Linux 6.16), and large folios other fault counts.
 */
void rep_fill(struct rep *r, int fd, size_t pages, char value);

/**
 * rep_window() - Open a window, which is closed when the demo ends.
 * @r: the running demo
 * @addr: page-aligned start of the range to watch
 * @pages: its length
 *
 * Return: the window, or NULL: then the demo has failed.
 */
struct obs_window *rep_window(struct rep *r, char *addr, size_t pages);

/**
 * rep_peer() - Prepare for a child, which is ended when the demo ends.
 * @r: the running demo
 *
 * Return: the structure, for rep_forked(); or NULL: then the demo has failed.
 */
struct obs_peer *rep_peer(struct rep *r);

/**
 * rep_forked() - Go on after fork(), in both processes.
 * @r: the running demo
 * @peer: from rep_peer()
 * @pid: what fork() returned
 *
 * Does not return in the child, which waits for rep_order(). Where fork()
 * failed, the demo has failed.
 */
void rep_forked(struct rep *r, struct obs_peer *peer, pid_t pid);

/**
 * rep_order() - Have a child run a function; its death fails the demo.
 * @r: the running demo
 * @peer: the child
 * @run: the function, such as obs_writes()
 * @arg: its argument, such as a window
 */
void rep_order(struct rep *r, struct obs_peer *peer, void (*run)(void *arg),
	       void *arg);

/**
 * rep_writes() - Store to each page of a window, and hand in the faults.
 * @r: the running demo
 * @peer: the child that does it; NULL for ourselves
 * @window: the window
 * @value: what is stored in each page's first byte
 */
void rep_writes(struct rep *r, struct obs_peer *peer, struct obs_window *window,
		char value);

/**
 * rep_reads() - Load from each page of a window, and hand in the faults.
 * @r: the running demo
 * @peer: the child that does it; NULL for ourselves
 * @window: the window; its @matched says in how many pages @value was found
 * @value: what to look for
 */
void rep_reads(struct rep *r, struct obs_peer *peer, struct obs_window *window,
	       char value);

/**
 * rep_end_peer() - Let a child end before the demo does.
 * @r: the running demo
 * @peer: the child
 */
void rep_end_peer(struct rep *r, struct obs_peer *peer);

/**
 * rep_look() - Take a picture of a window's range as it is now.
 * @r: the running demo
 * @pid: of which process, 0 for the caller
 * @window: its @after is filled in
 */
void rep_look(struct rep *r, pid_t pid, struct obs_window *window);

/**
 * rep_compare() - Look at parent and child, and draw one above the other.
 * @r: the running demo
 * @parent: a window of the caller's; its @after is filled in
 * @child: a window over the same range; its @after is filled in
 * @peer: the child
 *
 * Return: as obs_count_same(): how many pages are one frame in both.
 */
size_t rep_compare(struct rep *r, struct obs_window *parent,
		   struct obs_window *child, const struct obs_peer *peer);

/**
 * rep_failed() - Check a result; if it is an error, the demo ends.
 * @r: the running demo
 * @rc: 0 or a positive value: fine; or -errno
 * @fmt: what was being done, as for printf(3); NULL for obs_what()
 *
 * Return: true for an error: the step must return at once.
 */
bool rep_failed(struct rep *r, int rc, const char *fmt, ...) __printf(3, 4);

/**
 * rep_skip_rest() - Skip the running step and all that follow, loudly.
 * @r: the running demo
 * @fmt: why, as for printf(3)
 */
void rep_skip_rest(struct rep *r, const char *fmt, ...) __printf(2, 3);

/**
 * rep_going() - Has nothing failed yet?
 * @r: the running demo
 *
 * Return: false when the step must return.
 */
bool rep_going(const struct rep *r);

#endif
