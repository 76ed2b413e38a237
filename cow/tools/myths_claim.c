// SPDX-License-Identifier: MIT
/*
 * Claims: comparisons of measured numbers. "a == 2 * b && c < d"; products
 * before sums; a name is a fact.
 */
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "myths.h"

/* A claim while it is read. */
struct reader {
	const struct bench *bench;
	const char *at;
	const char *whole;
	struct outcome *outcome;
};

static void skip_blanks(struct reader *reader)
{
	while (*reader->at == ' ')
		reader->at++;
}

static bool take(struct reader *reader, const char *token)
{
	size_t length = strlen(token);

	skip_blanks(reader);
	if (strncmp(reader->at, token, length))
		return false;
	reader->at += length;
	return true;
}

/* An unseen number skips the entry, unless another one is missing. */
static void blame(struct outcome *outcome, const struct fact *fact,
		  const struct finding *found)
{
	enum verdict verdict = found->state == UNSEEN ? SKIPPED : NOT_SHOWN;

	if (outcome->verdict == NOT_SHOWN ||
	    (outcome->verdict == SKIPPED && verdict == SKIPPED))
		return;
	outcome->verdict = verdict;
	snprintf(outcome->why, sizeof(outcome->why), "%s: %s", fact->program,
		 found->why);
}

static long long value_of(struct reader *reader, const struct fact *fact)
{
	const struct finding *found = find(reader->bench, fact);
	struct outcome *outcome = reader->outcome;
	size_t i = 0;

	while (i < outcome->n_used && outcome->used[i] != fact)
		i++;
	if (i == sizeof(outcome->used) / sizeof(*outcome->used))
		errx(1, "'%s' compares too many facts", reader->whole);
	if (i == outcome->n_used)
		outcome->used[outcome->n_used++] = fact;
	if (found->state != FOUND)
		blame(outcome, fact, found);
	return found->measured;
}

static long long atom(struct reader *reader)
{
	const struct fact *fact;
	size_t length = 0;
	char *end;

	skip_blanks(reader);
	if (isdigit((unsigned char)*reader->at)) {
		long long number = strtoll(reader->at, &end, 10);

		reader->at = end;
		return number;
	}
	while (isalnum((unsigned char)reader->at[length]) ||
	       reader->at[length] == '_')
		length++;
	fact = fact_named(reader->at, length);
	if (!fact)
		errx(1, "no fact at '%s' in '%s'", reader->at, reader->whole);
	reader->at += length;
	return value_of(reader, fact);
}

static long long product(struct reader *reader)
{
	long long value = atom(reader);

	while (take(reader, "* "))
		value *= atom(reader);
	return value;
}

static long long sum(struct reader *reader)
{
	long long value = product(reader);

	for (;;) {
		if (take(reader, "+ "))
			value += product(reader);
		else if (take(reader, "- "))
			value -= product(reader);
		else
			return value;
	}
}

static bool comparison(struct reader *reader)
{
	long long left = sum(reader);

	if (take(reader, "=="))
		return left == sum(reader);
	if (take(reader, "!="))
		return left != sum(reader);
	if (take(reader, "<"))
		return left < sum(reader);
	if (take(reader, ">"))
		return left > sum(reader);
	errx(1, "nothing compared at '%s' in '%s'", reader->at, reader->whole);
}

/* All comparisons are made, so that all their numbers are shown. */
static bool holds(const struct bench *bench, const char *claim,
		  struct outcome *outcome)
{
	struct reader reader = { bench, claim, claim, outcome };
	bool all = true;

	do
		all &= comparison(&reader);
	while (take(&reader, "&&"));
	if (*reader.at)
		errx(1, "'%s' follows in '%s'", reader.at, claim);
	return all;
}

void settle(const struct bench *bench, const struct entry *entry,
	    struct outcome *outcome)
{
	bool odd = false, claim;

	memset(outcome, 0, sizeof(*outcome));
	if (entry->except)
		odd = holds(bench, entry->except, outcome);
	claim = holds(bench, entry->claim, outcome);
	if (*outcome->why)
		return;
	if (odd) {
		outcome->verdict = SKIPPED;
		snprintf(outcome->why, sizeof(outcome->why), "%s", entry->odd);
		return;
	}
	outcome->verdict = claim ? CONFIRMED : BUSTED;
}
