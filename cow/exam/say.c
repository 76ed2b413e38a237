// SPDX-License-Identifier: MIT
/*
 * How results are said: text for people, TAP 13 and JSON for course systems, a
 * line of numbers for a class.
 */
#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

#define WIDTH 79

/* A student's bytes may be in a text: nothing of it moves the cursor. */
static void tame(char *text)
{
	for (; *text; text++)
		if (!isprint((unsigned char)*text))
			*text = '?';
}

/* A text behind a label, with breaks between words. */
static void say_wrapped(const char *label, const char *text)
{
	int indent = printf("          %-9s ", label);
	int at = indent;

	if (!*text)
		text = "-";
	while (*text) {
		int word = (int)strcspn(text, " ");

		if (at > indent && at + 1 + word > WIDTH)
			at = printf("\n%*s", indent, "") - 1;
		else if (at > indent)
			at += printf(" ");
		at += printf("%.*s", word, text);
		text += word;
		text += strspn(text, " ");
	}
	puts("");
}

static void say_text(const struct exam *e, const struct result *r, size_t n,
		     unsigned int points, unsigned int of)
{
	printf("%s: %s\n\n", e->lab->name, e->lab->title);
	for (size_t i = 0; i < n; i++, r++) {
		printf("  %2u/%-2u  %-12s %s\n", r->points, r->of, r->name,
		       r->what);
		if (r->skipped)
			say_wrapped("SKIPPED", r->seen);
		if (r->points == r->of)
			continue;
		say_wrapped("did", r->did);
		say_wrapped("expected", r->expected);
		say_wrapped("seen", r->seen);
		say_wrapped("look at", r->look);
	}
	printf("\n  %u of %u points\n", points, of);
}

/* In YAML a string in double quotes is one of JSON. */
static void say_yaml(const char *key, const char *text)
{
	json_t *string = json_string(text);

	printf("  %s: ", key);
	json_dumpf(string, stdout, JSON_ENCODE_ANY);
	puts("");
	json_decref(string);
}

static void say_tap(const struct exam *e, const struct result *r, size_t n,
		    unsigned int points, unsigned int of)
{
	printf("TAP version 13\n1..%zu\n", n);
	for (size_t i = 0; i < n; i++, r++) {
		printf("%s %zu - %s: %s (%u/%u)%s%s\n",
		       r->points == r->of ? "ok" : "not ok", i + 1, r->name,
		       r->what, r->points, r->of, r->skipped ? " # SKIP " : "",
		       r->skipped ? r->seen : "");
		if (r->points == r->of)
			continue;
		puts("  ---");
		say_yaml("did", r->did);
		say_yaml("expected", r->expected);
		say_yaml("seen", r->seen);
		say_yaml("look", r->look);
		puts("  ...");
	}
	printf("# %s: %u of %u points\n", e->lab->name, points, of);
}

static void put(json_t *object)
{
	json_dumpf(object, stdout, JSON_COMPACT);
	puts("");
	json_decref(object);
}

static void say_json(const struct exam *e, const struct result *r, size_t n,
		     unsigned int points, unsigned int of)
{
	json_t *object;

	for (size_t i = 0; i < n; i++, r++) {
		object = json_pack("{s:s, s:s, s:i, s:i, s:s}", "lab",
				   e->lab->name, "test", r->name, "points",
				   (int)r->points, "of", (int)r->of, "what",
				   r->what);
		if (r->points < r->of) {
			json_object_set_new(object, "did", json_string(r->did));
			json_object_set_new(object, "expected",
					    json_string(r->expected));
			json_object_set_new(object, "seen",
					    json_string(r->seen));
			json_object_set_new(object, "look",
					    json_string(r->look));
		}
		if (r->skipped)
			json_object_set_new(object, "skipped",
					    json_string(r->seen));
		put(object);
	}
	put(json_pack("{s:s, s:i, s:i}", "lab", e->lab->name, "points",
		      (int)points, "of", (int)of));
}

void say(const struct exam *e, const struct result *results, size_t n)
{
	unsigned int points = 0, of = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		tame((char *)results[i].did);
		tame((char *)results[i].seen);
		points += results[i].points;
		of += results[i].of;
	}
	if (e->manner == AS_TAP) {
		say_tap(e, results, n, points, of);
	} else if (e->manner == AS_JSON) {
		say_json(e, results, n, points, of);
	} else if (e->manner == AS_CSV) {
		printf("%u", points);
		for (i = 0; i < n; i++)
			printf(",%u", results[i].points);
		puts("");
	} else {
		say_text(e, results, n, points, of);
	}
}
