// SPDX-License-Identifier: MIT
/* How myths says what came out: text, JSON, TAP. */
#include <err.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "myths.h"

#define WIDTH  80
#define INDENT 16

const char *const verdict_ids[VERDICTS] = { "confirmed", "busted", "skipped",
					    "not shown" };
static const char *const verdict_texts[VERDICTS] = { "CONFIRMED", "BUSTED",
						     "SKIPPED", "NOT SHOWN" };

/* Text from column @indent on, wrapped at blanks; the first line stands there. */
static void wrapped(const char *text)
{
	while (strlen(text) > WIDTH - INDENT) {
		size_t cut = WIDTH - INDENT;

		while (cut && text[cut] != ' ')
			cut--;
		if (!cut)
			break;
		printf("%.*s\n%*s", (int)cut, text, INDENT, "");
		text += cut + 1;
	}
	printf("%s\n", text);
}

static void labelled(const char *label, const char *text)
{
	printf("%*s%-*s", 5, "", INDENT - 5, label);
	wrapped(text);
}

static void put_fact(const struct fact *fact, const struct finding *found,
		     const char *label)
{
	char text[400];
	int used;

	used = snprintf(text, sizeof(text), "%lld %s (%s", found->measured,
			found->words, fact->program);
	snprintf(text + used, sizeof(text) - used,
		 found->step ? ", step %d)" : ")", found->step);
	labelled(label, text);
}

static void text_entry(const struct bench *bench, const struct entry *entry,
		       const struct outcome *outcome, size_t number)
{
	const char *label = "measured";

	printf("%-5s%-*s", entry->id, INDENT - 5,
	       verdict_texts[outcome->verdict]);
	wrapped(entry->says);
	if (*outcome->why)
		labelled("why", outcome->why);
	else if (outcome->verdict != entry->expected)
		labelled("why", "the numbers say otherwise than expected");
	if (entry->truth && outcome->verdict < SKIPPED)
		labelled(outcome->verdict == BUSTED ? "true is" : "but",
			 entry->truth);
	for (size_t i = 0; i < outcome->n_used; i++) {
		const struct finding *found = find(bench, outcome->used[i]);

		if (found->state != FOUND)
			continue;
		put_fact(outcome->used[i], found, label);
		label = "";
	}
}

static void text_end(const size_t verdicts[VERDICTS], size_t odd)
{
	printf("\n%zu confirmed, %zu busted, %zu skipped, %zu not shown",
	       verdicts[CONFIRMED], verdicts[BUSTED], verdicts[SKIPPED],
	       verdicts[NOT_SHOWN]);
	if (odd)
		printf("; %zu OTHERWISE THAN EXPECTED", odd);
	puts(".");
}

const struct render as_text = { .entry = text_entry, .end = text_end };

static void put(json_t *object)
{
	if (!object || json_dumpf(object, stdout, JSON_COMPACT))
		errx(1, "write JSON");
	putchar('\n');
	json_decref(object);
}

static json_t *evidence(const struct bench *bench,
			const struct outcome *outcome)
{
	json_t *array = json_array();

	for (size_t i = 0; i < outcome->n_used; i++) {
		const struct fact *fact = outcome->used[i];
		const struct finding *found = find(bench, fact);

		if (found->state == FOUND)
			json_array_append_new(
				array,
				json_pack("{s:s,s:s,s:i,s:s,s:I,s:I}", "fact",
					  fact->name, "program", fact->program,
					  "step", found->step, "what",
					  found->words, "predicted",
					  (json_int_t)found->predicted,
					  "measured",
					  (json_int_t)found->measured));
	}
	return array;
}

static void json_entry(const struct bench *bench, const struct entry *entry,
		       const struct outcome *outcome, size_t number)
{
	json_t *object = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "program",
				   "cow/tools/myths", "id", entry->id,
				   "statement", entry->says, "claim",
				   entry->claim, "verdict",
				   verdict_ids[outcome->verdict], "expected",
				   verdict_ids[entry->expected], "evidence",
				   evidence(bench, outcome));

	if (entry->truth)
		json_object_set_new(object, "truth", json_string(entry->truth));
	if (*outcome->why)
		json_object_set_new(object, "why", json_string(outcome->why));
	put(object);
}

static void json_end(const size_t verdicts[VERDICTS], size_t odd)
{
	put(json_pack("{s:s,s:i,s:i,s:i,s:i,s:i}", "program", "cow/tools/myths",
		      "confirmed", (int)verdicts[CONFIRMED], "busted",
		      (int)verdicts[BUSTED], "skipped", (int)verdicts[SKIPPED],
		      "not shown", (int)verdicts[NOT_SHOWN], "unexpected",
		      (int)odd));
}

const struct render as_json = { .entry = json_entry, .end = json_end };

static void tap_begin(size_t entries)
{
	printf("TAP version 13\n1..%zu\n", entries);
}

static void tap_entry(const struct bench *bench, const struct entry *entry,
		      const struct outcome *outcome, size_t number)
{
	bool skipped = outcome->verdict == SKIPPED;

	printf("%s %zu - %s %s: %s%s%s\n",
	       skipped || outcome->verdict == entry->expected ? "ok" : "not ok",
	       number, entry->id, verdict_texts[outcome->verdict], entry->says,
	       skipped ? " # SKIP " : "", skipped ? outcome->why : "");
	if (*outcome->why && !skipped)
		printf("# %s\n", outcome->why);
	for (size_t i = 0; i < outcome->n_used; i++) {
		const struct finding *found = find(bench, outcome->used[i]);

		if (found->state == FOUND)
			printf("# %s: %lld %s\n", outcome->used[i]->program,
			       found->measured, found->words);
	}
}

static void tap_end(const size_t verdicts[VERDICTS], size_t odd)
{
}

const struct render as_tap = { tap_begin, tap_entry, tap_end };
