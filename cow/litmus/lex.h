/* SPDX-License-Identifier: MIT */
/* Words, numbers and ranges of one line, and the place where one is wrong. */
#ifndef COW_LITMUS_LEX_H
#define COW_LITMUS_LEX_H

#include "internal.h"

/* A line being read; @message is filled in by the first error. */
struct lex {
	const char *path;
	int line;
	const char *text;
	const char *at;
	const char *end;
	char *message;
	bool failed;
};

#define WORD_MAX 24

/* All return false on an error; lex_error() says "expected ..., found ...". */
bool lex_error(struct lex *lex, const char *at, const char *fmt, ...)
	__printf(3, 4);
bool lex_end(struct lex *lex);
bool lex_arrow(struct lex *lex);
bool lex_comma(struct lex *lex);
bool lex_peek(struct lex *lex, const char *word);
bool lex_accept(struct lex *lex, const char *word);
bool lex_word(struct lex *lex, const char *expected, char word[WORD_MAX]);
bool lex_number(struct lex *lex, const char *expected, int min, int max,
		int *value);
bool lex_range(struct lex *lex, int pages, int *start, int *count);
bool lex_value(struct lex *lex, char *value);
bool lex_starts_value(struct lex *lex);
bool lex_starts_number(struct lex *lex);
bool lex_proc(struct lex *lex, int *proc);
bool lex_starts_proc(struct lex *lex);
int lex_choice(struct lex *lex, const char *expected, const char *const *word,
	       int words);

/* expect.c */
bool parse_expects(struct lex *lex, const struct lit_scenario *scenario,
		   struct lit_line *line);

/* A scenario being read: who was born, who has gone, where the next map goes. */
struct parser {
	struct lex lex;
	struct lit_scenario *scenario;
	unsigned int born;
	unsigned int gone;
	int threads[MM_PROCS];
	int next_place;
	int next_slot;
};

/* statement.c: an operation; a file by its name, or -1. */
bool parse_op(struct parser *p, struct mm_op *op);
int parse_file_of(const struct lit_scenario *scenario, const char *word);

/* statement.c: NAME [RANGE], all of it without a range. */
bool parse_place(struct lex *lex, const struct lit_scenario *scenario,
		 int *start, int *pages);

#endif
