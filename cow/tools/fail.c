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
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guard/guard.h"

#define MAX_FAULTS 32

/* The calls a sweep fails unless --call names others. */
static const int swept[] = {
	SCMP_SYS(brk),	  SCMP_SYS(mmap),	  SCMP_SYS(munmap),
	SCMP_SYS(mremap), SCMP_SYS(mprotect),	  SCMP_SYS(madvise),
	SCMP_SYS(fork),	  SCMP_SYS(vfork),	  SCMP_SYS(clone),
	SCMP_SYS(clone3), SCMP_SYS(memfd_create),
};

static const char *const outcome_names[] = {
	"unharmed", "clean error", "wrong result", "leak", "crash", "hang",
};

/* What a worker tells: a run, or the -errno for which there was none. */
struct result {
	int error;
	struct guard_result run;
};

/* One point of the sweep: the nth call nr of a task. */
struct point {
	int nr;
	char task[GUARD_TASK_LEN];
	uint64_t n;
	bool skip; /* the loader's, and not wanted */
};

static const char *const likeness_names[] = {
	"output compared, addresses apart",
	"output compared without its numbers",
	"output differs from run to run: only the exit status is compared",
};

static struct options {
	struct guard_fault faults[MAX_FAULTS];
	size_t nfaults;
	bool sweep, quiet, json, tap, loaded;
	int jobs;
	int time_ms;
	char **argv;
} opt;

static struct point *points;
static size_t npoints;
static struct guard_result clean;
static enum guard_likeness likeness;
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
	{ "time", 'T', "SECONDS", 0,
	  "Longer runs hang (10 times the untouched run, at least 2 s)", 1 },
	{ "loaded", 'l', NULL, 0, "Not the calls of the dynamic loader", 1 },
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

static bool makes_task(int nr)
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

/* Options that refine the rule begun by the last --call. */
static error_t parse_rule(int key, char *arg, struct argp_state *state)
{
	struct guard_fault *f;

	if (!opt.nfaults)
		argp_error(state, "-%c comes after the --call it is for", key);
	f = &opt.faults[opt.nfaults - 1];
	if (key == 't') {
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
	case 'T':
		opt.time_ms = parse_number(state, arg) * 1000;
		break;
	case 'l':
		opt.loaded = true;
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

static void call_name(int nr, char *name)
{
	struct guard_event ev = { .nr = nr, .arch = seccomp_arch_native() };

	guard_call_name(&ev, name);
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

static _Noreturn void cannot_run(int error)
{
	if (error == -EBUSY)
		errx(4,
		     "%s: this process is under a guard already, and the kernel allows one",
		     opt.argv[0]);
	errx(1, "running %s: %s", opt.argv[0], strerror(-error));
}

static int run_once(void)
{
	struct guard_trial t = { .argv = opt.argv,
				 .faults = opt.faults,
				 .nfaults = opt.nfaults,
				 .limit_ms = opt.time_ms ? opt.time_ms : -1,
				 .wait_all = true,
				 .saw = tell_hit,
				 .stop_sig = &stop_sig };
	int error;
	size_t i;

	catch_signals();
	error = guard_try(&t);
	if (error)
		cannot_run(error);
	for (i = 0; i < opt.nfaults; i++)
		if (!opt.faults[i].hits && !opt.quiet)
			warnx("a rule never struck: only %" PRIu64
			      " such calls",
			      opt.faults[i].seen);
	if (t.timed_out)
		errx(1, "%s: killed after %d s", opt.argv[0],
		     opt.time_ms / 1000);
	return WIFSIGNALED(t.status) ? 128 + WTERMSIG(t.status) :
				       WEXITSTATUS(t.status);
}

/* ---- the sweep: runs with captured output */

static void note_point(struct guard *g, const struct guard_event *ev,
		       const struct guard_who *who,
		       const struct guard_fault *hit, void *arg)
{
	struct point *p;
	uint64_t n = 1;
	size_t i;

	(void)g;
	(void)hit;
	(void)arg;
	for (i = 0; i < npoints; i++)
		if (points[i].nr == ev->nr &&
		    !strcmp(points[i].task, who->task))
			n++;
	p = realloc(points, (npoints + 1) * sizeof(*points));
	if (!p)
		err(1, "listing the calls");
	points = p;
	p += npoints++;
	p->nr = ev->nr;
	p->n = n;
	p->skip = opt.loaded && who->loading;
	strcpy(p->task, who->task);
}

static int by_call(const void *a, const void *b)
{
	const struct point *x = a, *y = b;
	int d = strcmp(x->task, y->task);

	if (!d)
		d = (x->nr > y->nr) - (x->nr < y->nr);
	return d ? d : (x->n > y->n) - (x->n < y->n);
}

/* Two untouched runs: what calls there are, and how alike two runs are. */
static void rehearse(void)
{
	struct guard_fault faults[MAX_FAULTS] = { 0 };
	struct guard_trial t = { .faults = faults,
				 .limit_ms = -1,
				 .argv = opt.argv,
				 .saw = note_point };
	struct guard_result again = { 0 };
	size_t i, npoints_seen;
	int error;

	t.nfaults = opt.nfaults ? opt.nfaults : sizeof(swept) / sizeof(*swept);
	for (i = 0; i < t.nfaults; i++)
		faults[i].nr = opt.nfaults ? opt.faults[i].nr : swept[i];
	error = guard_capture(&t, &clean);
	t.saw = NULL;
	if (!error)
		error = guard_capture(&t, &again);
	if (error)
		cannot_run(error);
	likeness = guard_likeness(&clean, &again);
	if (again.status != clean.status)
		errx(1, "%s: two untouched runs end differently", opt.argv[0]);
	if (!opt.time_ms)
		opt.time_ms = clean.ms * 10 > 2000 ? clean.ms * 10 : 2000;
	for (i = 0, npoints_seen = npoints, npoints = 0; i < npoints_seen; i++)
		if (!points[i].skip)
			points[npoints++] = points[i];
	qsort(points, npoints, sizeof(*points), by_call);
}

static int error_for(int nr)
{
	size_t i;

	for (i = 0; i < opt.nfaults; i++)
		if (opt.faults[i].nr == nr)
			return opt.faults[i].error;
	return makes_task(nr) ? EAGAIN : ENOMEM;
}

static void run_point(const struct point *p, struct result *r)
{
	struct guard_fault f = { .nr = p->nr,
				 .task = p->task,
				 .n = p->n,
				 .error = error_for(p->nr) };
	struct guard_trial t = { .faults = &f,
				 .nfaults = 1,
				 .argv = opt.argv,
				 .limit_ms = opt.time_ms };

	r->error = guard_capture(&t, &r->run);
}

static void progress(size_t done)
{
	int width = npoints ? (int)(done * 40 / npoints) : 40;

	if (!isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\r[%.*s%*s] %zu/%zu", width,
		"########################################", 40 - width, "",
		done, npoints);
	if (done == npoints)
		fprintf(stderr, "\r%60s\r", "");
}

static void start_worker(const struct point *p, struct result *r)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		err(1, "starting run %zu", (size_t)(p - points) + 1);
	if (!pid) {
		run_point(p, r);
		_exit(0);
	}
}

static struct result *run_all(void)
{
	struct result *r = mmap(NULL, (npoints + 1) * sizeof(*r),
				PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t started = 0, done = 0;
	int status;

	if (r == MAP_FAILED)
		err(1, "making room for %zu results", npoints);
	while (done < npoints) {
		while (started < npoints && started - done < (size_t)opt.jobs) {
			start_worker(&points[started], &r[started]);
			started++;
		}
		if (wait(&status) < 0)
			err(1, "waiting for a run");
		if (status)
			errx(1, "a run failed of itself: status %d", status);
		progress(++done);
	}
	return r;
}

/* ---- what became of it */

static void print_point(size_t k, const struct point *p, enum guard_outcome o,
			const char *why)
{
	char name[GUARD_TEXT_LEN];
	json_t *j;

	call_name(p->nr, name);
	if (opt.json) {
		j = json_pack("{s:s,s:I,s:s,s:s,s:I,s:s,s:s}", "program",
			      "cow/tools/fail", "k", (json_int_t)k + 1, "task",
			      p->task, "call", name, "nth", (json_int_t)p->n,
			      "outcome", outcome_names[o], "why", why);
		if (!j || json_dumpf(j, stdout, JSON_COMPACT))
			errx(1, "writing JSON failed");
		putchar('\n');
		json_decref(j);
	} else if (opt.tap) {
		printf("%s %zu - task %s %s %" PRIu64 ": %s%s%s\n",
		       o <= GUARD_CLEAN ? "ok" : "not ok", k + 1, p->task, name,
		       p->n, outcome_names[o], *why ? ": " : "", why);
	} else if (!opt.quiet || o > GUARD_CLEAN) {
		printf("%5zu  %-8s %-13s %5" PRIu64 "  %-12s  %s\n", k + 1,
		       p->task, name, p->n, outcome_names[o], why);
	}
}

static void print_sum(const size_t *sum)
{
	json_t *j;
	int o;

	if (opt.json) {
		j = json_pack("{s:s,s:I,s:s}", "program", "cow/tools/fail",
			      "runs", (json_int_t)npoints, "compared",
			      likeness_names[likeness]);
		for (o = 0; j && o < GUARD_OUTCOMES; o++)
			json_object_set_new(j, outcome_names[o],
					    json_integer(sum[o]));
		if (!j || json_dumpf(j, stdout, JSON_COMPACT))
			errx(1, "writing JSON failed");
		putchar('\n');
		json_decref(j);
		return;
	}
	printf("%s%zu runs:", opt.tap ? "# " : "", npoints);
	for (o = 0; o < GUARD_OUTCOMES; o++)
		printf(" %zu %s%s", sum[o], outcome_names[o],
		       o + 1 < GUARD_OUTCOMES ? "," : "\n");
	printf("%s%s\n", opt.tap ? "# " : "", likeness_names[likeness]);
}

static int sweep(void)
{
	size_t sum[GUARD_OUTCOMES] = { 0 }, k;
	char why[GUARD_WORDS_LEN + 40];
	struct result *r;
	enum guard_outcome o;

	/* The same addresses in every run: the same k, the same outcome. */
	if (personality(ADDR_NO_RANDOMIZE) < 0)
		err(1, "asking for the same addresses in every run");
	rehearse();
	if (!opt.jobs)
		opt.jobs = sysconf(_SC_NPROCESSORS_ONLN);
	if (opt.tap)
		printf("1..%zu\n", npoints);
	else if (!opt.json && !opt.quiet)
		printf("%5s  %-8s %-13s %5s  %-12s  %s\n", "k", "task", "call",
		       "nth", "outcome", "why");
	r = run_all();
	for (k = 0; k < npoints; k++) {
		if (r[k].error)
			cannot_run(r[k].error);
		o = guard_judge(&r[k].run, &clean, likeness, why, sizeof(why));
		sum[o]++;
		print_point(k, &points[k], o, why);
	}
	print_sum(sum);
	free(points);
	munmap(r, (npoints + 1) * sizeof(*r));
	return sum[GUARD_WRONG] || sum[GUARD_LEAK] || sum[GUARD_CRASH] ||
	       sum[GUARD_HANG];
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"-- COMMAND [ARG...]",
		"Make memory calls of a command fail, exactly the ones named.\vbrk is failed as the kernel fails it: it returns the break as it was, whatever --errno says. The exit status is the command's; with --sweep, 1 when a run crashed, hung, leaked or gave a wrong result.",
		NULL,
		NULL,
		NULL
	};

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, NULL);
	return opt.sweep ? sweep() : run_once();
}
