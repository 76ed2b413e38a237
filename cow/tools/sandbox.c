// SPDX-License-Identifier: MIT
/*
 * sandbox.c - run a student's program: what may it ask, and what was refused?
 *
 * Purpose: an allow-list of calls, a file policy and limits. A call that is
 * not allowed fails, and one line tells which it was, by name and arguments,
 * instead of a bare SIGSYS. Decisions rest on registers and on landlock,
 * never on memory that another thread could change; texts are for the eye.
 *
 * Try: sandbox -- ./a.out                    with the lab profile
 *      sandbox --profile demo -- build/cow/fork_cow
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "observe/observe.h"
#include "report/report.h"
#include "sandbox.h"

#define LOOK_MS	    50 /* how often time, memory and output are looked at */
#define STOP_MS	    1000 /* from a signal that is handed on to SIGKILL */
#define FOLDER_NAME "cow-sandbox" /* of the TMPDIR */

struct profile is; /* with options applied */
static char **command;
static char folder[PATH_MAX];
static struct folders folders;
static char tmpdir[PATH_MAX];
static int report = -1;
static int fds[3] = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
static atomic_int stop_sig;

static const struct argp_option options[] = {
	{ "profile", 'p', "NAME", 0, "lab (the default) or demo", 0 },
	{ "cpu", 'c', "SECONDS", 0, "CPU time of all processes", 0 },
	{ "wall", 'w', "SECONDS", 0, "Time from start to end", 0 },
	{ "memory", 'm', "BYTES[K|M|G]", 0,
	  "Address space of a process, and resident memory of all", 0 },
	{ "tasks", 't', "N", 0, "Processes and threads at a time", 0 },
	{ "file-size", 'f', "BYTES[K|M|G]", 0, "Size of a file", 0 },
	{ "output", 'o', "BYTES[K|M|G]", 0,
	  "What all processes write, to files, pipes and terminals", 0 },
	{ "read", 'R', "FOLDER", 0, "Let it read there too", 0 },
	{ "write", 'W', "FOLDER", 0, "Let it write there too", 0 },
	{ "exec", 'x', NULL, 0, "Let it run other programs", 0 },
	{ "report", 'r', "FD", 0,
	  "Tell to this descriptor, which the command does not have", 0 },
	{ 0 }
};

static unsigned long long parse_number(struct argp_state *state,
				       const char *arg)
{
	static const char units[] = "KMG";
	char *end;
	unsigned long long n = strtoull(arg, &end, 10);
	const char *unit = *end ? strchr(units, *end) : NULL;

	if (unit) {
		n <<= 10 * (unit - units + 1);
		end++;
	}
	if (*end || !n || *arg == '-')
		argp_error(state, "not a number from 1 up: %s", arg);
	return n;
}

/* A command that has standard error could write lines like ours there. */
static void parse_report(struct argp_state *state, const char *arg)
{
	char *end;
	long fd = strtol(arg, &end, 10);

	if (*end || end == arg || fd <= STDERR_FILENO || fd > INT_MAX ||
	    fcntl(fd, F_GETFD) < 0)
		argp_error(state, "not an open descriptor from 3 up: %s", arg);
	report = fd;
}

/* To open what is not there is no use, and may be a slip. */
static void check_folder(struct argp_state *state, const char *option,
			 const char *path)
{
	if (access(path, F_OK))
		argp_error(state, "%s %s: %s", option, path, strerror(errno));
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'p':
		if (!find_profile(arg))
			argp_error(state, "no such profile: %s (lab, demo)",
				   arg);
		is = *find_profile(arg);
		break;
	case 'c':
		is.cpu_s = parse_number(state, arg);
		break;
	case 'w':
		is.wall_s = parse_number(state, arg);
		break;
	case 'm':
		is.memory = parse_number(state, arg);
		break;
	case 't':
		is.tasks = parse_number(state, arg);
		break;
	case 'f':
		is.file_size = parse_number(state, arg);
		break;
	case 'o':
		is.output = parse_number(state, arg);
		break;
	case 'R':
		check_folder(state, "--read", arg);
		folders.read = arg;
		break;
	case 'W':
		check_folder(state, "--write", arg);
		folders.write = arg;
		break;
	case 'x':
		is.exec = true;
		break;
	case 'r':
		parse_report(state, arg);
		break;
	case ARGP_KEY_ARGS:
		command = state->argv + state->next;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no command given");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* ---- the run */

static long now_ms(void)
{
	return (long)(obs_clock() / 1000000);
}

/* Return: true, and it has been said, when more was used than is allowed. */
static bool used_up(struct guard *g, const char *what)
{
	struct guard_use use;

	guard_usage(g, &use);
	if (use.cpu_ns > is.cpu_s * 1000000000)
		warnx("%s: %lu s of CPU time are used", what, is.cpu_s);
	else if (use.rss > is.memory)
		warnx("%s: %" PRIu64 " bytes of memory in use, %llu allowed",
		      what, use.rss, is.memory);
	else if (use.written > is.output)
		warnx("%s: %" PRIu64 " bytes written, %llu allowed", what,
		      use.written, is.output);
	else
		return false;
	return true;
}

/* Return: true when the run is over, for its time or for what it has used. */
static bool over_limit(struct guard *g, long begin)
{
	static long told; /* when a signal was handed on */

	if (stop_sig && !told)
		told = now_ms();
	if (now_ms() - begin > (long)is.wall_s * 1000)
		warnx("killed: %lu s are over", is.wall_s);
	else if (used_up(g, "killed"))
		return true;
	else if (told && now_ms() - told > STOP_MS)
		warnx("killed: SIG%s did not end it", sigabbrev_np(stop_sig));
	else
		return false;
	return true;
}

static void tell_end(const struct guard_event *ev)
{
	if (ev->error)
		rep_cannot_run(command[0], -ev->error);
	if (!WIFSIGNALED(ev->status))
		return;
	if (WTERMSIG(ev->status) == SIGXCPU)
		warnx("killed: %lu s of CPU time are used", is.cpu_s);
	else if (WTERMSIG(ev->status) == SIGXFSZ)
		warnx("killed: a file would be larger than %llu bytes",
		      is.file_size);
	else
		warnx("%s ended by SIG%s", command[0],
		      sigabbrev_np(WTERMSIG(ev->status)));
}

/* Return: wait status of the command, or -1 when the sandbox killed it. */
static int supervise(struct guard *g)
{
	struct guard_event ev = { .what = GUARD_CALL };
	long begin = now_ms(), looked = begin;
	int error, status = -1;

	while (ev.what != GUARD_DONE) {
		error = guard_next(g, &ev, LOOK_MS);
		if (error == -EINTR)
			guard_kill(g, stop_sig);
		else if (error && error != -ETIME)
			errx(1, "supervising %s: %s", command[0],
			     strerror(-error));
		if (!error && ev.what == GUARD_CALL) {
			error = decide(g, &ev);
			if (error)
				errx(1, "answering a call: %s",
				     strerror(-error));
		} else if (!error && ev.what == GUARD_EXIT) {
			tell_end(&ev);
			status = ev.status;
		} else if (!error && ev.left) {
			warnx("killed: %u process%s it left behind", ev.left,
			      ev.left > 1 ? "es" : "");
		}
		if (now_ms() - looked >= LOOK_MS) {
			looked = now_ms();
			if (over_limit(g, begin))
				return -1;
		}
	}
	/* What was used since the last look; of CPU time SIGXCPU has told. */
	if (guard_held(g) &&
	    !(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) &&
	    used_up(g, "over"))
		return -1;
	return status;
}

static int start(struct guard **g)
{
	const struct guard_limit limits[] = {
		{ RLIMIT_CPU, is.cpu_s },
		{ RLIMIT_FSIZE, is.file_size },
		{ RLIMIT_CORE, 0 },
		{ RLIMIT_NOFILE, is.descriptors },
		{ RLIMIT_AS, is.watch_memory ? is.memory : RLIM_INFINITY },
	};
	struct guard_spec spec = { .argv = command,
				   .other = SCMP_ACT_NOTIFY,
				   .foreign = SCMP_ACT_NOTIFY,
				   .fds = report < 0 ? NULL : fds,
				   .limits = limits,
				   .nlimits = sizeof(limits) / sizeof(*limits),
				   .paths = policy,
				   .tmpdir = tmpdir };

	/* perf stat talks to a demo by two descriptors. */
	if (!is.caps)
		spec.flags |= GUARD_NO_CAPS | GUARD_CLOSE_FDS;
	if (is.hold)
		spec.flags |= GUARD_HOLD;
	spec.nrules = make_rules(&spec.rules, is.read_all, is.watch_memory);
	folders.tmpdir = tmpdir;
	folders.here = is.write_here ? folder : NULL;
	spec.npaths = make_policy(&folders, is.read_all, command[0]);
	if (guard_landlock())
		spec.flags |= GUARD_FILES;
	else
		warnx("this kernel has no landlock: no file may be written");
	return guard_open(g, &spec);
}

static void on_signal(int sig)
{
	stop_sig = sig;
}

/* Our standard error becomes the report; the command keeps what was it. */
static void part_from_stderr(void)
{
	if (report < 0)
		return;
	fds[2] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	if (fds[2] < 0 || dup2(report, STDERR_FILENO) < 0)
		err(1, "reporting to descriptor %d", report);
	close(report);
}

static int run(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	struct guard *g;
	int error, status;

	error = start(&g);
	if (error)
		rep_cannot_run(command[0], -error);
	if (is.hold && !guard_held(g))
		warnx("no ptrace here: what children nobody waits for use is not counted");
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	status = supervise(g);
	guard_close(g);
	if (refused)
		warnx("%lu call%s refused%s", refused, refused > 1 ? "s" : "",
		      untold ? ", not each with a line of its own" : "");
	if (status >= 0 && WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return status < 0 || (refused && !status) ? 1 : WEXITSTATUS(status);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"-- COMMAND [ARG...]",
		"Run a program that may do no harm, and tell what it tried.\vExit status: the command's, also 128 and its signal; 1 when a call was refused or a limit reached; 127 if it is not found, 126 if it can't be run, 4 under another guard, 2 bad usage.",
		NULL,
		help_profiles,
		NULL
	};
	int error;

	is = *find_profile("lab");
	rep_arguments(&argp, argc, argv, ARGP_IN_ORDER, NULL);
	part_from_stderr();
	if (!getcwd(folder, sizeof(folder)))
		err(1, "finding out which folder this is");
	guard_clear_folders(FOLDER_NAME);
	error = guard_folder_name(FOLDER_NAME, tmpdir, sizeof(tmpdir));
	if (error || setenv("TMPDIR", tmpdir, 1))
		errx(1, "naming a folder for %s: %s", command[0],
		     strerror(error ? -error : errno));
	return run();
}
