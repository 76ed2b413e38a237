// SPDX-License-Identifier: MIT
/*
 * fail.c - what does a program do when the kernel says no, this once?
 *
 * Purpose: exactly the named call fails and all others run; or, with --sweep,
 * each call in turn, one run for each, and the outcomes sorted. A program
 * that is right when all is well has been tested on its easy half.
 *
 * Try: fail --call mmap --nth 3 -- ls       the loader meets an error
 *      fail --call brk --from 1 -- ls       malloc does without the break
 *      fail --sweep -- ls                   every memory call, one at a time
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include "fail.h"
#include "report/report.h"

struct fail_options opt = { .part = 1, .parts = 1 };
static atomic_int stop_sig;

static const struct argp_option options[] = {
	{ "call", 'c', "NAME", 0, "A call that fails; begins a rule", 0 },
	{ "nth", 'n', "N", 0, "Its Nth call fails (1)", 0 },
	{ "every", 'e', "N", 0, "Each Nth call fails", 0 },
	{ "from", 'f', "N", 0, "The Nth call fails and all that follow", 0 },
	{ "task", 't', "TASK", 0,
	  "Count the calls of this task only: 1 is the command, 1.2 what its second fork made",
	  0 },
	{ "errno", 'E', "NAME", 0,
	  "With this error (ENOMEM; EAGAIN for fork and clone)", 0 },
	{ "sweep", 's', NULL, 0, "Fail each call in turn, one run for each",
	  1 },
	{ "jobs", 'j', "N", 0, "Runs at a time (one a processor)", 1 },
	{ "part", 'p', "I/N", 0,
	  "The Ith of N parts of a sweep: each Nth run, from the Ith", 1 },
	{ "time", 'T', "SECONDS", 0,
	  "Longer runs hang (10 times the untouched run, at least 2 s)", 1 },
	{ "loaded", 'l', NULL, 0, "Not the calls of the dynamic loader", 1 },
	{ "text", 'x', NULL, 0,
	  "Numbers of the output may differ: they are measured", 1 },
	{ "hold", 'H', NULL, 0,
	  "Trace the command: nothing else can, and nothing of it outlives us",
	  2 },
	{ "json", 'J', NULL, 0, "One JSON object a line", 2 },
	{ "tap", 'A', NULL, 0, "Test Anything Protocol", 2 },
	{ "quiet", 'q', NULL, 0, "Only what went wrong", 2 },
	{ 0 }
};

static int parse_errno(const char *name)
{
	const char *known;
	int e;

	for (e = 1; e < 200; e++) {
		known = strerrorname_np(e);
		if (known && !strcmp(known, name))
			return e;
	}
	return 0;
}

bool makes_task(int nr)
{
	return nr == SCMP_SYS(fork) || nr == SCMP_SYS(vfork) ||
	       nr == SCMP_SYS(clone) || nr == SCMP_SYS(clone3);
}

static void add_fault(struct argp_state *state, const char *name)
{
	int nr = seccomp_syscall_resolve_name(name);
	struct guard_fault *f = &opt.faults[opt.nfaults];

	if (nr == __NR_SCMP_ERROR)
		argp_error(state, "no such call: %s", name);
	if (opt.nfaults == MAX_FAULTS)
		argp_error(state, "more than %d rules", MAX_FAULTS);
	f->nr = nr;
	f->n = 1;
	f->error = makes_task(nr) ? EAGAIN : ENOMEM;
	opt.nfaults++;
}

static uint64_t parse_number(struct argp_state *state, const char *arg)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*end || end == arg || !n || *arg == '-')
		argp_error(state, "not a number from 1 up: %s", arg);
	return n;
}

static void parse_part(struct argp_state *state, const char *arg)
{
	char end;

	if (sscanf(arg, "%zu/%zu%c", &opt.part, &opt.parts, &end) != 2 ||
	    *arg == '-' || !opt.part || opt.part > opt.parts)
		argp_error(state, "not a part, as 2/5 is: %s", arg);
}

/* The command is 1; what the second fork of a task made adds ".2". */
static bool is_task(const char *name)
{
	const char *at = name;

	for (;; at++) {
		size_t digits = strspn(at, "0123456789");

		if (!digits || *at == '0')
			return false;
		at += digits;
		if (*at != '.')
			break;
	}
	return !*at && *name == '1' && (!name[1] || name[1] == '.');
}

/* Options that refine the rule begun by the last --call. */
static error_t parse_rule(int key, char *arg, struct argp_state *state)
{
	struct guard_fault *f;

	if (!opt.nfaults)
		argp_error(state, "-%c comes after the --call it is for", key);
	f = &opt.faults[opt.nfaults - 1];
	if (key == 't') {
		if (!is_task(arg))
			argp_error(state, "not a task, as 1 or 1.2 is: %s",
				   arg);
		f->task = arg;
	} else if (key == 'E') {
		f->error = parse_errno(arg);
		if (!f->error)
			argp_error(state, "no such error: %s", arg);
	} else {
		f->when = key == 'n' ? GUARD_NTH :
			  key == 'e' ? GUARD_EVERY :
				       GUARD_FROM;
		f->n = parse_number(state, arg);
	}
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'c':
		add_fault(state, arg);
		break;
	case 'n':
	case 'e':
	case 'f':
	case 't':
	case 'E':
		return parse_rule(key, arg, state);
	case 's':
		opt.sweep = true;
		break;
	case 'j':
		opt.jobs = parse_number(state, arg);
		break;
	case 'p':
		parse_part(state, arg);
		break;
	case 'T':
		opt.time_ms = parse_number(state, arg) * 1000;
		break;
	case 'l':
		opt.loaded = true;
		break;
	case 'x':
		opt.text = true;
		break;
	case 'H':
		opt.hold = true;
		break;
	case 'J':
		opt.json = true;
		break;
	case 'A':
		opt.tap = true;
		break;
	case 'q':
		opt.quiet = true;
		break;
	case ARGP_KEY_ARGS:
		opt.argv = state->argv + state->next;
		break;
	case ARGP_KEY_END:
		if (!opt.argv)
			argp_error(state, "no command given");
		if (!opt.sweep && !opt.nfaults)
			argp_error(state, "neither --call nor --sweep given");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* ---- one run: the command as it is, and a line for each call that fails */

static void tell_hit(struct guard *g, const struct guard_event *ev,
		     const struct guard_who *who, const struct guard_fault *hit,
		     void *arg)
{
	char text[GUARD_TEXT_LEN];

	(void)arg;
	if (!hit || opt.quiet)
		return;
	guard_say(g, ev, text);
	warnx("task %s (%s), call %" PRIu64 ": %s fails with %s", who->task,
	      who->comm, hit->seen, text,
	      hit->nr == SCMP_SYS(brk) ? "the break as it was" :
					 strerrorname_np(hit->error));
}

static void on_signal(int sig)
{
	stop_sig = sig;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
}

static int run_once(void)
{
	struct guard_trial t = { .argv = opt.argv,
				 .faults = opt.faults,
				 .nfaults = opt.nfaults,
				 .limit_ms = opt.time_ms ? opt.time_ms : -1,
				 .wait_all = true,
				 .hold = opt.hold,
				 .saw = tell_hit,
				 .stop_sig = &stop_sig };
	int error;
	size_t i;

	catch_signals();
	error = guard_try(&t);
	if (error)
		rep_cannot_run(opt.argv[0], -error);
	for (i = 0; i < opt.nfaults; i++)
		if (!opt.faults[i].hits && !opt.quiet)
			warnx("a rule never struck: only %" PRIu64
			      " such call%s",
			      opt.faults[i].seen, rep_s(opt.faults[i].seen));
	if (t.timed_out)
		errx(1, "%s: killed after %d s", opt.argv[0],
		     opt.time_ms / 1000);
	return WIFSIGNALED(t.status) ? 128 + WTERMSIG(t.status) :
				       WEXITSTATUS(t.status);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"-- COMMAND [ARG...]",
		"Make memory calls of a command fail, exactly the ones named.\vbrk is failed as the kernel fails it: it returns the break as it was, whatever --errno says. Exit status: the command's; with --sweep, 1 when a run crashed, hung, leaked or gave a wrong result. 127 if the command is not found, 126 if it can't be run, 4 under another guard, 2 bad usage.",
		NULL,
		NULL,
		NULL
	};

	rep_arguments(&argp, argc, argv, ARGP_IN_ORDER, NULL);
	return opt.sweep ? sweep() : run_once();
}
