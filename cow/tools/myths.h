/* SPDX-License-Identifier: MIT */
/* What the files of myths share: its tables, and what was measured. */
#ifndef COW_TOOLS_MYTHS_H
#define COW_TOOLS_MYTHS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

enum verdict {
	CONFIRMED,
	BUSTED,
	SKIPPED,
	NOT_SHOWN,
	VERDICTS,
};

/**
 * struct fact - a number that a program measures
 * @name: how claims call it
 * @program: the demo that measures it
 * @step: how the step's statement begins
 * @what: how the words behind the number begin: "still present"; or "faults",
 *        or a kind of them such as "copy"; or "pages", that it worked on
 *
 * By words and not by number: if a step is changed, the fact is missing, and
 * its claims are not shown.
 */
struct fact {
	const char *name;
	const char *program;
	const char *step;
	const char *what;
};

/**
 * struct entry - a statement, and what settles it
 * @id: S1 to S62 of the course, M1 to M20 of what people believe, N1 to N8
 * @says: the statement
 * @claim: the statement in numbers: comparisons of facts, joined by &&
 * @expected: what comes out on a machine that the demos understand
 * @truth: what is true instead, or what must be said with it; or NULL
 * @except: a comparison that holds where the machine has no part in this; its
 *          entry is skipped with @odd; or NULL
 * @odd: why
 */
struct entry {
	const char *id;
	const char *says;
	const char *claim;
	enum verdict expected;
	const char *truth;
	const char *except;
	const char *odd;
};

extern const struct fact facts[];
extern const size_t n_facts;
extern const struct entry course[], people[];
extern const size_t n_course, n_people;

/**
 * struct finding - a fact as it was found here
 * @state: what can be done with it
 * @measured: the number
 * @predicted: what the program said before
 * @step: number of the step; 0 for none
 * @words: what it is a number of
 * @why: why there is none
 */
struct finding {
	enum { FOUND, UNSEEN, MISSING } state;
	long long measured;
	long long predicted;
	int step;
	char words[160];
	char why[256];
};

/* Where the programs are, which variant they run, and how loud. */
struct bench {
	char here[PATH_MAX];
	const char *seed;
	const char *only;
};

/* Find the number of a fact, by running its program if it has not run yet. */
const struct finding *find(const struct bench *bench, const struct fact *fact);

const struct fact *fact_named(const char *name, size_t length);

/**
 * struct outcome - an entry, settled
 * @verdict: what the numbers say
 * @used: the facts that were looked at
 * @n_used: how many of them there are
 * @why: why it was skipped or not shown
 */
struct outcome {
	enum verdict verdict;
	const struct fact *used[12];
	size_t n_used;
	char why[400];
};

/* Settle an entry by its claim. */
void settle(const struct bench *bench, const struct entry *entry,
	    struct outcome *outcome);

/* Say what came out. */
struct render {
	void (*begin)(size_t entries);
	void (*entry)(const struct bench *bench, const struct entry *entry,
		      const struct outcome *outcome, size_t number);
	void (*end)(const size_t verdicts[VERDICTS], size_t odd);
};

extern const struct render as_text, as_json, as_tap;
extern const char *const verdict_ids[VERDICTS];

#endif
