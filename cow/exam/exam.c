// SPDX-License-Identifier: MIT
/*
 * The examiner: options, and one test after another, each with a subject and a
 * folder of its own.
 */
#include <argp.h>
#include <errno.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"
#include "report/report.h"

enum {
	KEY_TAP = 0x100,
	KEY_JSON,
	KEY_CSV,
	KEY_ONLY,
	KEY_LOG,
	KEY_SEED,
	KEY_GIVE
};

static const struct argp_option options[] = {
	{ "tap", KEY_TAP, NULL, 0, "Say it in TAP 13", 0 },
	{ "json", KEY_JSON, NULL, 0, "Say it in JSON, one object a line", 0 },
	{ "csv", KEY_CSV, "WHAT", 0, "One line: head, or row", 0 },
	{ "only", KEY_ONLY, "TEST", 0, "Run this test alone", 0 },
	{ "log", KEY_LOG, "FILE", 0, "What the compiler said", 0 },
	{ "seed", KEY_SEED, "HEX", 0, "What the numbers depend on", 0 },
	{ "give", KEY_GIVE, "SEED", 0, "Write what is handed out", 0 },
	{ "sandbox", 's', "FILE", 0, "The sandbox program", 0 },
	{ 0 },
};

/* ---- what tests call */

static void put(char *text, const char *fmt, va_list args)
{
	vsnprintf(text, TEXT, fmt, args);
}

void exam_did(struct exam *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put(e->now->did, fmt, args);
	va_end(args);
}

void exam_expected(struct exam *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put(e->now->expected, fmt, args);
	va_end(args);
}

const char *exam_error(int64_t error)
{
	const char *name = error ? strerrorname_np((int)error) : "0";

	return name ? name : "unknown";
}

void exam_look(struct exam *e, const char *look)
{
	snprintf(e->now->hint, sizeof(e->now->hint), "%s", look);
	e->now->look = e->now->hint;
}

void exam_seen(struct exam *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put(e->now->seen, fmt, args);
	va_end(args);
	longjmp(e->over, 1);
}

void exam_score(struct exam *e, unsigned int points, const char *fmt, ...)
{
	va_list args;

	exam_finish(e);
	va_start(args, fmt);
	put(e->now->seen, fmt, args);
	va_end(args);
	e->now->points = points < e->now->of ? points : e->now->of;
	longjmp(e->over, 1);
}

void exam_skip(struct exam *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	put(e->now->seen, fmt, args);
	va_end(args);
	e->now->skipped = true;
	e->now->points = e->now->of;
	longjmp(e->over, 1);
}

static int remove_entry(const char *path, const struct stat *st, int kind,
			struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void exam_broken(struct exam *e, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "%s: can't grade here: ", e->lab->name);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	if (e->subject.sandbox)
		kill(e->subject.sandbox, SIGTERM);
	if (*e->folder)
		nftw(e->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	exit(4);
}

/* splitmix64: short, and good enough to be of no help to anybody. */
uint64_t exam_random(struct exam *e, uint64_t n)
{
	uint64_t z = (e->random += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % n;
}

const char *exam_folder(const struct exam *e)
{
	return e->folder;
}

const char *exam_paper(const struct exam *e)
{
	return e->paper;
}

const char *exam_tool(struct exam *e, const char *name)
{
	static const char sandbox[] = "sandbox";
	size_t len = strlen(e->sandbox);

	len -= len < strlen(sandbox) ? len : strlen(sandbox);
	snprintf(e->tool, sizeof(e->tool), "%.*s%s", (int)len, e->sandbox,
		 name);
	return e->tool;
}

/* ---- the run */

static uint64_t mix(uint64_t seed, const char *text)
{
	while (*text)
		seed = (seed ^ (unsigned char)*text++) * 0x100000001b3;
	return seed;
}

static void run_test(struct exam *e, const struct exam_test *test)
{
	struct result *now = e->now;

	e->random = mix(e->seed, test->name);
	strcpy(e->folder, "/tmp/cow-exam-XXXXXX");
	if (!mkdtemp(e->folder)) {
		*e->folder = '\0';
		exam_broken(e, "making a folder: %s", strerror(errno));
	}
	now->points = 0;
	if (!setjmp(e->over)) {
		test->run(e);
		exam_finish(e);
		now->points = now->of;
	} else if (!*now->expected) {
		strcpy(now->expected, "an answer");
	}
	subject_kill(e);
	nftw(e->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

/* The first line of the compiler's that matters. */
static void judge_build(struct exam *e, struct result *r)
{
	FILE *file = e->log ? fopen(e->log, "r") : NULL;
	char line[TEXT];

	r->name = "builds";
	r->what = "compiles without a warning";
	r->look = "the compiler's first complaint; `make` shows all of them";
	r->of = e->lab->built;
	r->points = e->program ? r->of : 0;
	strcpy(r->did, "make");
	strcpy(r->expected, "no error, no warning");
	while (file && fgets(line, sizeof(line), file)) {
		if (!strstr(line, "error") && !strstr(line, "warning") &&
		    !strstr(line, "multiple definition") &&
		    !strstr(line, "undefined reference"))
			continue;
		line[strcspn(line, "\n")] = '\0';
		strcpy(r->seen, line);
		r->points = 0;
		break;
	}
	if (file)
		fclose(file);
}

static bool wanted(const struct exam *e, const char *name)
{
	return !e->only || !strcmp(e->only, name);
}

static size_t run_all(struct exam *e, struct result *results)
{
	size_t i, n = 0;

	if (!e->lab->paper && wanted(e, "builds"))
		judge_build(e, &results[n++]);
	for (i = 0; i < e->lab->ntests; i++) {
		const struct exam_test *test = &e->lab->tests[i];

		if (!wanted(e, test->name))
			continue;
		results[n] = (struct result){ .name = test->name,
					      .what = test->what,
					      .look = test->look,
					      .of = test->points };
		e->now = &results[n++];
		run_test(e, test);
	}
	return n;
}

static int head(const struct exam_lab *lab)
{
	printf("student,total%s", lab->paper ? "" : ",builds");
	for (size_t i = 0; i < lab->ntests; i++)
		printf(",%s", lab->tests[i].name);
	puts("");
	return 0;
}

/* ---- options */

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct exam *e = state->input;

	switch (key) {
	case KEY_TAP:
		e->manner = AS_TAP;
		break;
	case KEY_JSON:
		e->manner = AS_JSON;
		break;
	case KEY_CSV:
		if (!strcmp(arg, "head"))
			exit(head(e->lab));
		e->manner = AS_CSV;
		break;
	case KEY_ONLY:
		e->only = arg;
		break;
	case KEY_LOG:
		e->log = arg;
		break;
	case KEY_SEED:
		e->seed = strtoull(arg, NULL, 16);
		break;
	case KEY_GIVE:
		if (!e->lab->give)
			argp_error(state, "this lab has no questions");
		if (e->lab->give(arg, stdout))
			argp_error(
				state,
				"a seed is letters, digits, '.', '-', '_', not '%s'",
				arg);
		exit(0);
	case 's':
		e->sandbox = arg;
		break;
	case ARGP_KEY_ARG:
		if (e->lab->paper)
			e->paper = arg;
		else if (!access(arg, X_OK))
			e->program = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int sum(const struct result *results, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (results[i].points < results[i].of)
			return 1;
	return 0;
}

int exam_main(const struct exam_lab *lab, int argc, char **argv)
{
	const struct argp argp = {
		options,   parse,
		"PROGRAM", "Grade one submission; cow-lab calls this.",
		NULL,	   NULL,
		NULL
	};
	struct exam e = { .lab = lab, .sandbox = "sandbox" };
	struct result *results;
	size_t n;
	int status;

	rep_arguments(&argp, argc, argv, 0, &e);
	signal(SIGPIPE, SIG_IGN);
	results = calloc(lab->ntests + 1, sizeof(*results));
	if (!results)
		return 4;
	n = run_all(&e, results);
	say(&e, results, n);
	status = n ? sum(results, n) : 2;
	if (!n)
		fprintf(stderr, "%s: no such test: %s\n", lab->name, e.only);
	free(results);
	return status;
}
