// SPDX-License-Identifier: MIT
/*
 * Evidence: programs are run, each once, and the numbers of their JSON found.
 * A number counts only if its whole step came out as the program predicted.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "observe/observe.h"
#include "myths.h"

extern char **environ;

/* A program that has run. */
struct run {
	const char *program;
	json_t *lines; /* of its output */
	int status; /* as waitpid() has it; -1: it could not be run */
	char error[200];
};

static struct run runs[80];
static size_t n_runs;

const struct fact *fact_named(const char *name, size_t length)
{
	for (size_t i = 0; i < n_facts; i++)
		if (strlen(facts[i].name) == length &&
		    !strncmp(facts[i].name, name, length))
			return &facts[i];
	return NULL;
}

static bool starts(const char *text, const char *with)
{
	return text && !strncmp(text, with, strlen(with));
}

/* The C++ program, and it only, is served by our own allocator. */
static const char cxx[] = "tests/fixtures/bad_alloc";

static void preload(const struct bench *bench)
{
	static const char *const places[] = { "../..", "../lib" };
	char path[PATH_MAX + 64];

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		snprintf(path, sizeof(path), "%s/%s/libcowalloc.so",
			 bench->here, places[i]);
		if (!access(path, R_OK))
			setenv("LD_PRELOAD", path, 1);
	}
}

/* A parent, and a child that writes. */
static const char scenario[] = "title Copies\n"
			       "map a anon private 8\n"
			       "P0 write a\n"
			       "P0 fork P1\n"
			       "P1 write a\n";

/* What a program is told besides --json. */
static char *argument(const char *program)
{
	static char path[40];
	int fd;

	if (strcmp(program, "cow/tools/litmus"))
		return NULL;
	fd = memfd_create("copies", 0);
	if (fd < 0 ||
	    write(fd, scenario, sizeof(scenario) - 1) != sizeof(scenario) - 1)
		err(1, "keep a scenario");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return path;
}

/* In a build folder, at its source's path; installed, by a name of its own. */
static bool locate(const struct bench *bench, const char *program, char *path,
		   size_t size)
{
	const char *base = strrchr(program, '/') + 1;

	snprintf(path, size, "%s/../../%s", bench->here, program);
	if (!access(path, X_OK))
		return true;
	snprintf(path, size, "%s/%s%s", bench->here,
		 starts(program, "cow/tools/") ? "cow-" : "cow-demo-", base);
	return !access(path, X_OK);
}

/* Read JSON, a line an object, until the end. */
static json_t *read_lines(int fd)
{
	FILE *from = fdopen(fd, "r");
	json_t *all = json_array(), *one;
	char *line = NULL;
	size_t size = 0;

	if (!from || !all)
		err(1, "read from a program");
	while (getline(&line, &size, from) > 0) {
		one = json_loads(line, 0, NULL);
		if (one)
			json_array_append_new(all, one);
	}
	free(line);
	fclose(from);
	return all;
}

static void spawn(struct run *run, const char *path, char *argument,
		  const char *seed)
{
	char *argv[5] = { (char *)path, "--json", argument };
	posix_spawn_file_actions_t actions;
	int out[2], rc;
	pid_t pid;

	if (!argument && seed) {
		argv[2] = "--seed";
		argv[3] = (char *)seed;
	}
	if (pipe2(out, O_CLOEXEC))
		err(1, "make a pipe");
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
					 O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null",
					 O_WRONLY, 0);
	rc = posix_spawn(&pid, path, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	close(out[1]);
	run->lines = read_lines(out[0]);
	if (rc) {
		snprintf(run->error, sizeof(run->error), "start it: %s",
			 strerror(rc));
		return;
	}
	while (waitpid(pid, &run->status, 0) < 0)
		if (errno != EINTR)
			err(1, "wait for %s", path);
}

static const struct run *run_of(const struct bench *bench, const char *program)
{
	struct run *run = runs;
	char path[PATH_MAX + 64];

	while (run < runs + n_runs && strcmp(run->program, program))
		run++;
	if (run < runs + n_runs)
		return run;
	if (n_runs++ == sizeof(runs) / sizeof(*runs))
		errx(1, "run more than %zu programs", n_runs - 1);
	run->program = program;
	run->status = -1;
	if (!strcmp(program, cxx))
		preload(bench);
	if (locate(bench, program, path, sizeof(path)))
		spawn(run, path, argument(program),
		      strcmp(program, cxx) ? bench->seed : NULL);
	else
		snprintf(run->error, sizeof(run->error), "it is not here");
	if (!strcmp(program, cxx))
		unsetenv("LD_PRELOAD");
	return run;
}

static const char *text_of(const json_t *object, const char *key)
{
	return json_string_value(json_object_get(object, key));
}

/* The line of a step, or the one that sums up. */
static const json_t *line_of(const struct run *run, const struct fact *fact)
{
	bool last = !strcmp(fact->what, "pages");
	const json_t *line;
	size_t i;

	json_array_foreach(run->lines, i, line)
	{
		if (last ? !!json_object_get(line, "pages") :
			   starts(text_of(line, "statement"), fact->step))
			return line;
	}
	return NULL;
}

static void __printf(2, 3) fail(struct finding *found, const char *fmt, ...)
{
	va_list args;

	found->state = MISSING;
	va_start(args, fmt);
	vsnprintf(found->why, sizeof(found->why), fmt, args);
	va_end(args);
}

/* The number and its unit, of a step's first number or one of its checks. */
static void take_number(struct finding *found, const json_t *object)
{
	const char *unit = text_of(object, "unit");
	const char *what = text_of(object, "what");

	found->measured =
		json_integer_value(json_object_get(object, "measured"));
	found->predicted =
		json_integer_value(json_object_get(object, "predicted"));
	if (!unit)
		unit = "faults";
	snprintf(found->words, sizeof(found->words), "%.*s%s%s",
		 (int)strlen(unit) - (found->measured == 1), unit,
		 what ? " " : "", what ? what : "");
}

/* All faults, or those of a kind; the step's verdict covers the kinds. */
static void take_faults(struct finding *found, const json_t *line,
			const char *kind)
{
	const json_t *kinds = json_object_get(line, "kinds");

	if (!kinds) {
		fail(found, "step %d counts no faults", found->step);
		return;
	}
	take_number(found, line);
	if (!strcmp(kind, "faults"))
		return;
	found->measured = json_integer_value(json_object_get(kinds, kind));
	found->predicted = found->measured;
	snprintf(found->words, sizeof(found->words), "fault%s of kind '%s'",
		 found->measured == 1 ? "" : "s", kind);
}

static void take_words(struct finding *found, const json_t *line,
		       const char *what)
{
	const json_t *checks = json_object_get(line, "checks"), *check;
	size_t i;

	if (starts(text_of(line, "what"), what)) {
		take_number(found, line);
		return;
	}
	json_array_foreach(checks, i, check)
	{
		if (!starts(text_of(check, "what"), what))
			continue;
		take_number(found, check);
		return;
	}
	fail(found, "step %d has no number '%s'", found->step, what);
}

static void take_fact(struct finding *found, const struct fact *fact,
		      const json_t *line)
{
	static const char *const of_faults[] = { "faults", "zeropage", "zero",
						 "copy",   "reuse",    "file",
						 "remap",  "notify",   "huge",
						 "segv" };

	for (size_t i = 0; i < sizeof(of_faults) / sizeof(*of_faults); i++) {
		if (strcmp(fact->what, of_faults[i]))
			continue;
		take_faults(found, line, fact->what);
		return;
	}
	if (strcmp(fact->what, "pages")) {
		take_words(found, line, fact->what);
		return;
	}
	found->measured = json_integer_value(json_object_get(line, "pages"));
	found->predicted = found->measured;
	strcpy(found->words, "pages that it works on");
}

static void look(const struct bench *bench, const struct fact *fact,
		 struct finding *found)
{
	const struct run *run = run_of(bench, fact->program);
	const json_t *line;
	const char *verdict;

	if (*run->error) {
		fail(found, "%s", run->error);
		/* It is of the tests, which are not installed. */
		if (!strcmp(fact->program, cxx))
			found->state = UNSEEN;
		return;
	}
	line = line_of(run, fact);
	if (!line) {
		fail(found, "no step '%s...', exit status %d", fact->step,
		     WIFEXITED(run->status) ? WEXITSTATUS(run->status) : -1);
		return;
	}
	found->step = json_integer_value(json_object_get(line, "step"));
	verdict = text_of(line, "verdict");
	if (verdict && !strcmp(verdict, "skipped")) {
		found->state = UNSEEN;
		snprintf(found->why, sizeof(found->why), "%s",
			 text_of(line, "why"));
	} else if (verdict && strcmp(verdict, "ok")) {
		fail(found, "step %d differs from its prediction", found->step);
	} else {
		take_fact(found, fact, line);
	}
}

const struct finding *find(const struct bench *bench, const struct fact *fact)
{
	static struct finding *all;
	static bool *known;
	size_t i = fact - facts;

	if (!all) {
		all = calloc(n_facts, sizeof(*all));
		known = calloc(n_facts, sizeof(*known));
		if (!all || !known)
			err(1, "keep %zu facts", n_facts);
	}
	if (!known[i])
		look(bench, fact, &all[i]);
	known[i] = true;
	return &all[i];
}
