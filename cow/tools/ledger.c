// SPDX-License-Identifier: MIT
/*
 * ledger.c - what does a program ask of the kernel's memory management?
 *
 * Purpose: every call by which the command and its children ask for memory or
 * for processes, how often and how many bytes, loading apart from the rest.
 * What malloc, a thread, a fork or an interpreter's start come to.
 *
 * Try: ledger -- true            mostly the loader
 *      ledger -- python3 -c ''   an interpreter's start
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <sys/wait.h>
#include "ledger.h"
#include "report/report.h"

/* length: which argument holds the bytes asked for, or -1. */
static const struct listed {
	int nr;
	int length;
} listed[] = {
	{ SCMP_SYS(brk), -1 },	       { SCMP_SYS(mmap), 1 },
	{ SCMP_SYS(munmap), 1 },       { SCMP_SYS(mremap), 2 },
	{ SCMP_SYS(mprotect), 1 },     { SCMP_SYS(pkey_mprotect), 1 },
	{ SCMP_SYS(madvise), 1 },      { SCMP_SYS(process_madvise), -1 },
	{ SCMP_SYS(msync), 1 },	       { SCMP_SYS(mincore), 1 },
	{ SCMP_SYS(mlock), 1 },	       { SCMP_SYS(mlock2), 1 },
	{ SCMP_SYS(munlock), 1 },      { SCMP_SYS(mlockall), -1 },
	{ SCMP_SYS(mbind), 1 },	       { SCMP_SYS(memfd_create), -1 },
	{ SCMP_SYS(userfaultfd), -1 }, { SCMP_SYS(shmget), 1 },
	{ SCMP_SYS(shmat), -1 },       { SCMP_SYS(shmdt), -1 },
	{ SCMP_SYS(fork), -1 },	       { SCMP_SYS(vfork), -1 },
	{ SCMP_SYS(clone), -1 },       { SCMP_SYS(clone3), -1 },
	{ SCMP_SYS(execve), -1 },      { SCMP_SYS(execveat), -1 },
};

#define NLISTED (sizeof(listed) / sizeof(*listed))

struct ledger_options opt;

struct row *rows;
struct moved *moves;
static atomic_int stop_sig;

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "One JSON object a line", 0 },
	{ "totals", 't', NULL, 0, "Add up all processes and phases", 0 },
	{ "results", 'r', NULL, 0, "Tell what failed, too; costs twice as much",
	  0 },
	{ "hold", 'H', NULL, 0,
	  "Trace the command: nothing else can, and nothing of it outlives us",
	  0 },
	{ "output", 'o', "FILE", 0, "Write there, not to standard error", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case 'j':
		opt.json = true;
		break;
	case 't':
		opt.totals = true;
		break;
	case 'r':
		opt.results = true;
		break;
	case 'H':
		opt.hold = true;
		break;
	case 'o':
		opt.output = arg;
		break;
	case ARGP_KEY_ARGS:
		opt.argv = state->argv + state->next;
		break;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "no command given");
		break;
	case ARGP_KEY_SUCCESS:
		if (opt.hold && opt.results)
			argp_error(state, "--results traces by itself");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void *need(void *p)
{
	if (!p)
		err(1, "keeping the ledger");
	return p;
}

static struct row *find_row(const struct guard_who *who, const char *phase,
			    const struct guard_event *ev)
{
	struct row **at = &rows, *r;

	for (; (r = *at) != NULL; at = &r->next)
		if (r->nr == ev->nr && r->phase == phase &&
		    r->arch == ev->arch && !strcmp(r->process, who->process) &&
		    !strcmp(r->comm, who->comm))
			return r;
	r = need(calloc(1, sizeof(*r)));
	strcpy(r->process, who->process);
	strcpy(r->comm, who->comm);
	r->phase = phase;
	r->nr = ev->nr;
	r->arch = ev->arch;
	*at = r;
	return r;
}

/* The break before the process ends or becomes another program. */
static void note_break(struct guard *g, const struct guard_event *ev,
		       const struct guard_who *who)
{
	struct moved **at = &moves, *m;
	uint64_t start, now;

	if (guard_break(g, ev, &start, &now))
		return;
	for (; (m = *at) != NULL; at = &m->next)
		if (!strcmp(m->process, who->process) &&
		    !strcmp(m->comm, who->comm))
			break;
	if (!m) {
		m = need(calloc(1, sizeof(*m)));
		strcpy(m->process, who->process);
		strcpy(m->comm, who->comm);
		*at = m;
	}
	m->bytes = now - start;
}

static const char *phase_of(const struct guard_who *who,
			    const struct guard_event *ev)
{
	if (ev->nr == SCMP_SYS(execve) || ev->nr == SCMP_SYS(execveat))
		return "start";
	return who->loading ? "load" : "main";
}

int length_arg(int nr)
{
	size_t i;

	for (i = 0; i < NLISTED; i++)
		if (listed[i].nr == nr)
			return listed[i].length;
	return -1;
}

static struct row *enter(struct guard *g, const struct guard_event *ev)
{
	int length = length_arg(ev->nr);
	struct guard_who who;
	struct row *r;

	if (guard_who(g, ev, &who))
		return NULL;
	if (ev->nr == SCMP_SYS(exit_group) || ev->nr == SCMP_SYS(execve))
		note_break(g, ev, &who);
	if (ev->nr == SCMP_SYS(exit_group))
		return NULL;
	r = find_row(&who, phase_of(&who, ev), ev);
	r->calls++;
	if (length >= 0)
		r->bytes += ev->args[length];
	return r;
}

/* brk fails without an errno: the break is not where it was asked to be. */
static bool has_failed(const struct guard_event *ev, int64_t result)
{
	if (ev->nr == SCMP_SYS(brk))
		return ev->args[0] && (uint64_t)result != ev->args[0];
	return result < 0 && result >= -4095;
}

static void let_run(struct guard *g, const struct guard_event *ev,
		    struct row *r)
{
	int64_t result = 0;
	int error;

	if (!r || !opt.results) {
		error = guard_allow(g, ev);
	} else {
		error = guard_allow_result(g, ev, &result);
		if (!error)
			r->failed += has_failed(ev, result);
		else if (error == -EOPNOTSUPP || error == -ESRCH)
			error = 0;
	}
	if (error)
		errx(1, "letting a call run: %s", strerror(-error));
}

static void pass_on(struct guard *g)
{
	int sig = atomic_exchange(&stop_sig, 0);

	if (sig)
		guard_kill(g, sig);
}

/* Return: the command's exit status, as a shell has it. */
static int supervise(struct guard *g)
{
	struct guard_event ev = { .what = GUARD_CALL };
	int error, status = 0;

	while (ev.what != GUARD_DONE) {
		error = guard_next(g, &ev, -1);
		if (error == -EINTR) {
			pass_on(g);
			continue;
		}
		if (error)
			errx(1, "supervising %s: %s", opt.argv[0],
			     strerror(-error));
		if (ev.what == GUARD_EXIT) {
			status = ev.status;
			if (ev.error)
				rep_cannot_run(opt.argv[0], -ev.error);
		}
		if (ev.what != GUARD_CALL)
			continue;
		let_run(g, &ev, enter(g, &ev));
	}
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
				     WEXITSTATUS(status);
}

static void on_signal(int sig)
{
	if (sig != SIGALRM)
		stop_sig = sig;
}

/* The ticks of GUARD_TICKS; none once the ledger is written. */
static void set_ticks(suseconds_t us)
{
	const struct timeval tick = { 0, us };
	const struct itimerval often = { tick, tick };

	if (setitimer(ITIMER_REAL, &often, NULL))
		err(1, "setting a timer");
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGALRM, &sa, NULL);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"-- COMMAND [ARG...]",
		"Count the calls by which a command asks for memory.\vExit status: the command's; 127 if it is not found, 126 if it can't be run, 4 under another guard, 1 if it can't be counted, 2 bad usage.",
		NULL,
		NULL,
		NULL
	};
	struct guard_rule rules[NLISTED + 1] = { 0 };
	struct guard_spec spec = { .other = SCMP_ACT_ALLOW,
				   .rules = rules,
				   .nrules = NLISTED + 1,
				   .flags = GUARD_WAIT_ALL | GUARD_TASKS |
					    GUARD_ENTRIES | GUARD_TICKS };
	struct guard *g;
	int error, status;
	size_t i;

	rep_arguments(&argp, argc, argv, ARGP_IN_ORDER, NULL);
	for (i = 0; i <= NLISTED; i++) {
		rules[i].action = SCMP_ACT_NOTIFY;
		rules[i].nr = i < NLISTED ? listed[i].nr : SCMP_SYS(exit_group);
	}
	if (opt.hold)
		spec.flags |= GUARD_HOLD;
	spec.argv = opt.argv;
	error = guard_open(&g, &spec);
	if (error)
		rep_cannot_run(opt.argv[0], -error);
	if (opt.hold && !guard_held(g))
		errx(1, "holding %s: nobody may trace here", opt.argv[0]);
	catch_signals();
	set_ticks(20000);
	status = supervise(g);
	set_ticks(0);
	guard_close(g);
	print_ledger();
	return status;
}
