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
#include <stdio.h>
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

/* Both are said before the command runs: after it they would be too late. */
static void check_prefix(const char *prefix)
{
	const char *last = strrchr(prefix, '/');
	char *folder = strndup(prefix, (size_t)(last - prefix + 1));

	if (!folder)
		err(1, "looking at the folder of %s", prefix);
	if (faccessat(AT_FDCWD, folder, W_OK | X_OK, AT_EACCESS))
		err(1, "writing traces as %s", prefix);
	free(folder);
}

static char *check_library(const char *path)
{
	char *library = realpath(path, NULL);

	if (!library || access(library, R_OK))
		err(1, "using the library %s", path);
	return library;
}

/* Ends by telling why exec failed, on a descriptor that it closes if not. */
static _Noreturn void become(char **command, const char *library,
			     const char *prefix, int tell)
{
	const char *others = getenv("LD_PRELOAD");
	char *preload;
	int error;

	if (asprintf(&preload, "%s%s%s", library, others ? ":" : "",
		     others ? others : "") < 0 ||
	    setenv("LD_PRELOAD", preload, 1) || setenv("COWRECORD", prefix, 1))
		error = ENOMEM;
	else
		error = execvp(*command, command) ? errno : 0;
	_exit(write(tell, &error, sizeof(error)) != sizeof(error));
}

/* Return: the wait status of the command, which has run. */
static int run(char **command, const char *library, const char *prefix)
{
	int tell[2], status, error;
	bool failed;
	pid_t pid;

	if (pipe2(tell, O_CLOEXEC))
		err(1, "starting %s", *command);
	pid = fork();
	if (pid < 0)
		err(1, "starting %s", *command);
	if (!pid)
		become(command, library, prefix, tell[1]);
	close(tell[1]);
	failed = read(tell[0], &error, sizeof(error)) == sizeof(error);
	close(tell[0]);
	if (waitpid(pid, &status, 0) < 0)
		err(1, "waiting for %s", *command);
	if (failed)
		rep_cannot_run(*command, error);
	return status;
}

/* What follows the last line is what the recorder had mapped ahead. */
static bool cut_tail(int fd)
{
	struct stat status;
	size_t size;
	char *text;

	if (fstat(fd, &status))
		return false;
	size = (size_t)status.st_size;
	if (!size)
		return true;
	text = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
	if (text == MAP_FAILED)
		return false;
	while (size && text[size - 1] != '\n')
		size--;
	munmap(text, (size_t)status.st_size);
	return !ftruncate(fd, (off_t)size);
}

/* The numbers of the header, known only now. */
static bool put_header(int fd, const struct heap_trace *trace)
{
	char header[80];
	int length;

	length = snprintf(header, sizeof(header), "%20zu\n%20zu\n%20zu\n",
			  trace->peak, trace->slots, trace->count);
	return pwrite(fd, header, (size_t)length, 0) == length;
}

static void complete(int fd, const char *path)
{
	struct heap_trace trace;
	int result = heap_trace_read(path, NULL, &trace);

	if (result) {
		warnx("%s: %s", path, heap_trace_why(result));
		return;
	}
	if (put_header(fd, &trace))
		warnx("%s: %zu operation%s, %zu id%s, at most %zu byte%s live",
		      path, trace.count, rep_s(trace.count), trace.slots,
		      rep_s(trace.slots), trace.peak, rep_s(trace.peak));
	else
		warn("completing the trace %s", path);
	heap_trace_end(&trace);
}

/* The command has ended, and its status is ours: what fails here is only said. */
static void finish(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	if (fd < 0 || !cut_tail(fd))
		warn("completing the trace %s", path);
	else
		complete(fd, path);
	if (fd >= 0)
		close(fd);
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
		warnx("no trace was written; what allocates nothing, or is linked statically, leaves none");
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
	.doc = "Record what a command and its children allocate, one trace a process, for replay.\vExit status: the command's; 127 if it is not found, 126 if it can't be run, 1 if it can't be recorded.",
};

int main(int argc, char **argv)
{
	struct options options = { .prefix = "trace" };
	char *prefix, *library;
	int status;

	rep_arguments(&argp, argc, argv, ARGP_IN_ORDER, &options);
	prefix = absolute(options.prefix);
	check_prefix(prefix);
	library = options.library ? check_library(options.library) :
				    find_library();
	status = run(options.command, library, prefix);
	finish_all(prefix);
	free(prefix);
	free(library);
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}
