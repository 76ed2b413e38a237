/* SPDX-License-Identifier: MIT */
/*
 * The language of scenarios. A line is a comment (#), the title, a file, or an
 * operation of a process, perhaps with what is expected of it behind "=>".
 */
#ifndef COW_LITMUS_SCENARIO_H
#define COW_LITMUS_SCENARIO_H

#define LIT_LINES_MAX	1000
#define LIT_NAMES_MAX	32
#define LIT_EXPECTS_MAX 8

/**
 * enum lit_expect_kind - what can be expected
 * @LIT_EXPECT_FAULTS: so many faults of a kind; of any kind for MM_KINDS
 * @LIT_EXPECT_ERROR: the call fails with an errno
 * @LIT_EXPECT_SHARED: pages that are one frame in two processes
 * @LIT_EXPECT_APART: pages that are present in both and not the same
 * @LIT_EXPECT_PRESENT: pages that are there
 * @LIT_EXPECT_ABSENT: pages that are not
 * @LIT_EXPECT_VALUE: pages that are there and begin with a byte
 * @LIT_EXPECT_WHOLE: pages that the entry of a huge page maps
 * @LIT_EXPECT_SPLIT: pages that are there and have entries of their own
 */
enum lit_expect_kind {
	LIT_EXPECT_FAULTS,
	LIT_EXPECT_ERROR,
	LIT_EXPECT_SHARED,
	LIT_EXPECT_APART,
	LIT_EXPECT_PRESENT,
	LIT_EXPECT_ABSENT,
	LIT_EXPECT_VALUE,
	LIT_EXPECT_WHOLE,
	LIT_EXPECT_SPLIT,
};

/**
 * struct lit_expect - one expectation
 * @kind: of what
 * @column: where it stands
 * @fault: FAULTS: which kind
 * @fresh: FAULTS: that of a read of fresh memory, instead
 * @number: FAULTS: how many; ERROR: the errno; VALUE: the byte
 * @proc: the processes
 * @start: first page
 * @pages: how many
 */
struct lit_expect {
	enum lit_expect_kind kind;
	int column;
	enum mm_kind fault;
	bool fresh;
	int number;
	int proc[2];
	int start;
	int pages;
};

/**
 * struct lit_line - a line that does something
 * @number: its number in the file
 * @text: as it stands there
 * @op: what it does
 * @expects: how many expectations
 * @expect: the expectations
 */
struct lit_line {
	int number;
	char text[LIT_TEXT_MAX];
	struct mm_op op;
	int expects;
	struct lit_expect expect[LIT_EXPECTS_MAX];
};

/**
 * struct lit_name - a name for a range of pages
 * @name: the name
 * @start: first page
 * @pages: how many
 */
struct lit_name {
	char name[LIT_NAME_MAX];
	int start;
	int pages;
};

/**
 * struct lit_scenario - a scenario, read
 * @path: where from
 * @title: its title
 * @needs: a bit for each enum mm_fact that has to be so
 * @needs_not: a bit for each that has not to be
 * @setup: its files
 * @names: how many names
 * @name: the names; "area", "heap", "huge" are always there
 * @lines: how many lines that do something
 * @line: these lines
 */
struct lit_scenario {
	char path[LIT_TEXT_MAX];
	char title[LIT_TEXT_MAX];
	uint32_t needs;
	uint32_t needs_not;
	struct lit_setup setup;
	int names;
	struct lit_name name[LIT_NAMES_MAX];
	int lines;
	struct lit_line line[LIT_LINES_MAX];
};

/**
 * lit_open() - Open a scenario.
 * @path: its path
 *
 * A FIFO that nobody writes to is an empty file, and not waited for.
 *
 * Return: the file, or NULL with errno.
 */
FILE *lit_open(const char *path);

/**
 * lit_read() - Read a scenario.
 * @scenario: filled in
 * @path: what messages call the file
 * @file: the open file
 * @message: on an error: FILE:LINE:COLUMN and what was expected there
 *
 * Return: 0, or -EINVAL with @message filled in.
 */
int lit_read(struct lit_scenario *scenario, const char *path, FILE *file,
	     char message[LIT_WHAT_MAX]);

/**
 * lit_op_text() - Say an operation in the scenario language.
 * @setup: the files
 * @op: the operation
 * @text: filled in
 */
void lit_op_text(const struct lit_setup *setup, const struct mm_op *op,
		 char text[LIT_TEXT_MAX]);

/**
 * lit_write() - Write a sequence as a scenario.
 * @file: where to
 * @title: its title
 * @sequence: the operations
 *
 * Return: 0 or -errno.
 */
int lit_write(FILE *file, const char *title,
	      const struct lit_sequence *sequence);

/**
 * lit_reproduce() - Shorten a failing sequence, and write it as a scenario.
 * @lab: the laboratory
 * @seed: what made it
 * @sequence: the sequence, shortened in place
 * @diff: how it differs
 * @dir: folder to write to
 * @path: set to the file's name
 *
 * Return: 0 or -errno.
 */
int lit_reproduce(struct lit_lab *lab, uint64_t seed,
		  struct lit_sequence *sequence, struct lit_diff *diff,
		  const char *dir, char path[LIT_WHAT_MAX]);

/**
 * lit_met_model() - Does the model meet an expectation?
 * @expect: the expectation
 * @line: the line it belongs to
 * @mm: the model, after that line
 * @result: what the model says of it
 * @what: if not: what is the case
 *
 * Return: true if it does.
 */
bool lit_met_model(const struct lit_expect *expect, const struct lit_line *line,
		   const struct mm *mm, const struct mm_result *result,
		   char what[LIT_WHAT_MAX]);

/**
 * lit_met_kernel() - Does the kernel meet an expectation?
 * @expect: the expectation
 * @line: the line it belongs to
 * @kernel: the runner, after that line
 * @result: what was measured
 * @what: if not: what is the case
 *
 * Without frame numbers, pages that are mapped more than once in both
 * processes are taken to be the same.
 *
 * Return: true if it does.
 */
bool lit_met_kernel(const struct lit_expect *expect,
		    const struct lit_line *line,
		    const struct lit_kernel *kernel,
		    const struct mm_result *result, char what[LIT_WHAT_MAX]);

/**
 * enum lit_mode - who is asked
 * @LIT_COMPARE: model and kernel, and they must agree
 * @LIT_MODEL: the model alone; it is the machine that a scenario needs
 * @LIT_KERNEL: the kernel alone
 */
enum lit_mode {
	LIT_COMPARE,
	LIT_MODEL,
	LIT_KERNEL,
};

/**
 * struct lit_outcome - what became of a line
 * @line: the line
 * @lab: both sides, after it
 * @predicted: what the model says; NULL where it was not asked
 * @measured: what the kernel says; NULL where it was not asked
 * @agreed: model and kernel do; true where only one was asked
 * @diff: if not: the first difference
 * @unmet: the first expectation that was not met, or NULL
 * @unmet_by: "model" or "kernel"
 * @what: what is the case instead
 */
struct lit_outcome {
	const struct lit_line *line;
	const struct lit_lab *lab;
	const struct mm_result *predicted;
	const struct mm_result *measured;
	bool agreed;
	struct lit_diff diff;
	const struct lit_expect *unmet;
	const char *unmet_by;
	char what[LIT_WHAT_MAX];
};

/**
 * struct lit_player - who is told how a scenario goes
 * @before: called before each line
 * @after: called after each line
 * @arg: handed to both
 */
struct lit_player {
	int (*before)(void *arg, const struct lit_line *line);
	int (*after)(void *arg, const struct lit_outcome *outcome);
	void *arg;
};

/**
 * lit_play() - Run a scenario, line by line, up to its end.
 * @lab: model and kernel; @kernel may be NULL for LIT_MODEL
 * @scenario: what to run
 * @mode: who is asked
 * @player: who is told; if one of its functions returns other than 0, the
 *          scenario ends
 *
 * After a difference between model and kernel the scenario goes on. What the
 * machine can't show at all ends in -ENODEV.
 *
 * Return: how many lines differed or left an expectation unmet; -errno; or
 * what @player returned, if that was negative.
 */
int lit_play(struct lit_lab *lab, const struct lit_scenario *scenario,
	     enum lit_mode mode, const struct lit_player *player);

/**
 * lit_show_line() - Say in a line of text what became of a line.
 * @file: where to
 * @outcome: what became of it
 */
void lit_show_line(FILE *file, const struct lit_outcome *outcome);

/**
 * lit_show_strips() - Draw the pages of all processes, side by side.
 * @file: where to
 * @scenario: for the names of mappings
 * @outcome: the kernel's pages, or the model's where the kernel was not asked
 *
 * The alphabet is that of rep_page_char().
 */
void lit_show_strips(FILE *file, const struct lit_scenario *scenario,
		     const struct lit_outcome *outcome);

/**
 * lit_show_json() - Say what became of a line as one JSON object.
 * @file: where to
 * @scenario: the scenario
 * @outcome: what became of the line
 */
void lit_show_json(FILE *file, const struct lit_scenario *scenario,
		   const struct lit_outcome *outcome);

/**
 * lit_ask() - Ask for a prediction of a line that touches memory.
 * @in: where the answer comes from
 * @out: where the question goes
 * @line: the line
 * @answer: set to the number of faults; -1 where the line touches nothing
 *
 * Asks again until it is a whole number.
 *
 * Return: 0, or -ENODATA when there is no more input.
 */
int lit_ask(FILE *in, FILE *out, const struct lit_line *line, long *answer);

/**
 * lit_judge() - Say whether a prediction was right.
 * @out: where to
 * @outcome: what became of the line
 * @answer: the prediction
 *
 * Return: true if it was.
 */
bool lit_judge(FILE *out, const struct lit_outcome *outcome, long answer);

/**
 * lit_faults() - Sum up an operation's faults.
 * @result: what became of it
 * @count: set to how many there are of each kind
 *
 * Return: all of them; those of MADV_POPULATE_* have no kind.
 */
int lit_faults(const struct mm_result *result, int count[MM_KINDS + 1]);

#endif
