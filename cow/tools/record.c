// SPDX-License-Identifier: MIT
/*
 * Records what a program and its children allocate, as traces for replay: one
 * file a process.
 *
 * Try: record -o /tmp/ls ls / && replay /tmp/ls.*.rep
 */
#include "alloc/alloc.h"
#include "report/report.h"

#include <argp.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct options {
	const char *prefix;
	const char *library;
	char **command;
};

/* Beside the program in an installation, and two folders up in a build. */
static char *find_library(void)
{
	static const char *const places[] = { "/../../libcowrecord.so",
					      "/../lib/libcowrecord.so" };
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *path;
	size_t i;

	if (length < 0)
		err(1, "reading /proc/self/exe");
	self[length] = '\0';
	dirname(self);
	for (i = 0; i < 2; i++) {
		if (asprintf(&path, "%s%s", self, places[i]) < 0)
			err(1, "looking for libcowrecord.so");
		if (!access(path, R_OK))
			return path;
		free(path);
	}
	errx(1, "looking for libcowrecord.so near %s: not there, say --library",
	     self);
}

/* The command may change its folder; its files must not. */
static char *absolute(const char *prefix)
{
	char here[PATH_MAX];
	char *path;

	if (*prefix == '/')
		path = strdup(prefix);
	else if (!getcwd(here, sizeof(here)))
		err(1, "finding the working directory");
	else if (asprintf(&path, "%s/%s", here, prefix) < 0)
		path = NULL;
	if (!path)
		err(1, "making a path of %s", prefix);
	return path;
}

static void become(const struct options *options, const char *prefix)
{
	const char *others = getenv("LD_PRELOAD");
	char *preload;

	if (asprintf(&preload, "%s%s%s", options->library, others ? ":" : "",
		     others ? others : "") < 0 ||
	    setenv("LD_PRELOAD", preload, 1) || setenv("COWRECORD", prefix, 1))
		err(1, "setting the environment");
	execvp(*options->command, options->command);
	warn("running %s", *options->command);
	_exit(127);
}

/* What follows the last line is what the recorder had mapped ahead. */
static void cut_tail(int fd, const char *path)
{
	struct stat status;
	size_t size;
	char *text;

	if (fstat(fd, &status))
		err(1, "looking at the trace %s", path);
	size = (size_t)status.st_size;
	if (!size)
		return;
	text = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (text == MAP_FAILED)
		err(1, "mapping the trace %s", path);
	while (size && text[size - 1] != '\n')
		size--;
	munmap(text, (size_t)status.st_size);
	if (ftruncate(fd, (off_t)size))
		err(1, "cutting the trace %s", path);
}

static void finish(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);
	struct heap_trace trace;
	char header[80];
	int length;
	int result;

	if (fd < 0)
		err(1, "opening the trace %s", path);
	cut_tail(fd, path);
	result = heap_trace_read(path, NULL, &trace);
	if (result)
		errx(1, "reading the trace %s: %s", path, strerror(-result));
	length = snprintf(header, sizeof(header), "%20zu\n%20zu\n%20zu\n",
			  trace.peak, trace.slots, trace.count);
	if (pwrite(fd, header, (size_t)length, 0) != length || close(fd))
		err(1, "completing the trace %s", path);
	warnx("%s: %zu operations, %zu ids, at most %zu bytes live", path,
	      trace.count, trace.slots, trace.peak);
	heap_trace_end(&trace);
}

/* All files of this run; those of earlier runs are complete already. */
static void finish_all(const char *prefix)
{
	glob_t found;
	char *pattern;
	size_t i;
	int result;

	if (asprintf(&pattern, "%s.*.rep", prefix) < 0)
		err(1, "looking for traces");
	result = glob(pattern, 0, NULL, &found);
	if (result == GLOB_NOMATCH)
		warnx("no trace: nothing was allocated");
	else if (result)
		errx(1, "looking for %s: no memory, or no access", pattern);
	free(pattern);
	if (result)
		return;
	for (i = 0; i < found.gl_pathc; i++)
		finish(found.gl_pathv[i]);
	globfree(&found);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'o':
		options->prefix = arg;
		return 0;
	case 'l':
		options->library = arg;
		return 0;
	case ARGP_KEY_ARGS:
		options->command = state->argv + state->next;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which command?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_list[] = {
	{ "output", 'o', "PREFIX", 0, "write PREFIX.PID.rep (default: trace)",
	  0 },
	{ "library", 'l', "PATH", 0, "libcowrecord.so, if it is elsewhere", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = option_list,
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = "Record what a command and its children allocate, one trace a process, for replay.\vExit status: the command's; 127 if it can't be run.",
};

int main(int argc, char **argv)
{
	struct options options = { .prefix = "trace" };
	char *prefix, *found;
	bool ran;
	int status;
	pid_t pid;

	rep_arguments(&argp, argc, argv, ARGP_IN_ORDER, &options);
	prefix = absolute(options.prefix);
	found = options.library ? NULL : find_library();
	if (found)
		options.library = found;
	pid = fork();
	if (pid < 0)
		err(1, "starting %s", *options.command);
	if (!pid)
		become(&options, prefix);
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waiting for %s", *options.command);
	ran = !WIFEXITED(status) || WEXITSTATUS(status) != 127;
	if (ran)
		finish_all(prefix);
	free(prefix);
	free(found);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}
