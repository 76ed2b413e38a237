// SPDX-License-Identifier: MIT
/*
 * fail_sweep.c - each memory call refused in turn: the sweep of cow/tools/fail
 *
 * Two untouched runs first: which calls there are, and what of the output may
 * be compared. Then a run for each call, several at a time.
 */
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
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fail.h"
#include "report/report.h"

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
	size_t k; /* its place in the whole sweep, from 1 */
	int nr;
	char task[GUARD_TASK_LEN];
	uint64_t n;
	bool skip; /* the loader's, and not wanted */
	pid_t worker; /* that runs it */
};

static const char *const likeness_names[] = {
	"output compared, addresses apart",
	"output compared without its numbers",
	"output differs from run to run: only the exit status is compared",
};

static struct point *points;
static size_t npoints;
static struct guard_result clean;
static enum guard_likeness likeness;
static atomic_int stop_sig;

static void call_name(int nr, char *name)
{
	struct guard_event ev = { .nr = nr, .arch = seccomp_arch_native() };

	guard_call_name(&ev, name);
}

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

/* Of the calls in their final order: those of our part, apart from skipped. */
static void choose_points(void)
{
	size_t i, k = 0, kept = 0;

	qsort(points, npoints, sizeof(*points), by_call);
	for (i = 0; i < npoints; i++) {
		if (points[i].skip)
			continue;
		points[i].k = ++k;
		if (k % opt.parts == opt.part % opt.parts)
			points[kept++] = points[i];
	}
	npoints = kept;
}

/* Two untouched runs: what calls there are, and how alike two runs are. */
static void rehearse(void)
{
	struct guard_fault faults[MAX_FAULTS] = { 0 };
	struct guard_trial t = { .faults = faults,
				 .limit_ms = -1,
				 .argv = opt.argv,
				 .hold = opt.hold,
				 .saw = note_point,
				 .stop_sig = &stop_sig };
	struct guard_result again = { 0 };
	size_t i;
	int error;

	t.nfaults = opt.nfaults ? opt.nfaults : sizeof(swept) / sizeof(*swept);
	for (i = 0; i < t.nfaults; i++)
		faults[i].nr = opt.nfaults ? opt.faults[i].nr : swept[i];
	error = guard_capture(&t, &clean);
	t.saw = NULL;
	if (!error)
		error = guard_capture(&t, &again);
	if (error)
		rep_cannot_run(opt.argv[0], -error);
	likeness = guard_likeness(&clean, &again);
	if (opt.text && likeness == GUARD_BYTES)
		likeness = GUARD_MASKED;
	if (again.status != clean.status)
		errx(1, "%s: two untouched runs end differently", opt.argv[0]);
	if (!opt.time_ms)
		opt.time_ms = clean.ms * 10 > 2000 ? clean.ms * 10 : 2000;
	choose_points();
}

/* A sweep that is stopped kills its runs, and they clear up after themselves. */
static void on_stop(int sig)
{
	stop_sig = sig ? SIGKILL : 0;
}

static void catch_stop(void (*handler)(int sig))
{
	struct sigaction sa = { .sa_handler = handler };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
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
				 .hold = opt.hold,
				 .stop_sig = &stop_sig,
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

static void start_worker(struct point *p, struct result *r)
{
	pid_t pid, parent = getpid();

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		err(1, "starting run %zu", (size_t)(p - points) + 1);
	if (!pid) {
		catch_stop(on_stop);
		if (prctl(PR_SET_PDEATHSIG, SIGTERM) || getppid() != parent)
			_exit(1);
		run_point(p, r);
		_exit(0);
	}
	p->worker = pid;
}

/* Others may come to us: what a killed worker kept, as we are a subreaper. */
static bool end_worker(pid_t pid, size_t started)
{
	size_t i;

	for (i = 0; i < started && points[i].worker != pid; i++)
		;
	if (i == started)
		return false;
	points[i].worker = 0; /* its number may be given out anew */
	return true;
}

static struct result *run_all(void)
{
	struct result *r = mmap(NULL, (npoints + 1) * sizeof(*r),
				PROT_READ | PROT_WRITE,
				MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	size_t started = 0, done = 0;
	int status;
	pid_t pid;

	if (r == MAP_FAILED)
		err(1, "making room for %zu results", npoints);
	while (done < npoints) {
		while (started < npoints && started - done < (size_t)opt.jobs) {
			start_worker(&points[started], &r[started]);
			started++;
		}
		pid = wait(&status);
		if (pid < 0)
			err(1, "waiting for a run");
		if (!end_worker(pid, started))
			continue;
		if (status)
			errx(1, "a run failed of itself: status %d", status);
		progress(++done);
	}
	return r;
}

/* ---- what became of it */

static void print_point(const struct point *p, enum guard_outcome o,
			const char *why)
{
	char name[GUARD_TEXT_LEN];
	json_t *j;

	call_name(p->nr, name);
	if (opt.json) {
		j = json_pack("{s:s,s:I,s:s,s:s,s:I,s:s,s:s}", "program",
			      "cow/tools/fail", "k", (json_int_t)p->k, "task",
			      p->task, "call", name, "nth", (json_int_t)p->n,
			      "outcome", outcome_names[o], "why", why);
		if (!j || json_dumpf(j, stdout, JSON_COMPACT))
			errx(1, "writing JSON failed");
		putchar('\n');
		json_decref(j);
	} else if (opt.tap) {
		printf("%s %zu - task %s %s %" PRIu64 ": %s%s%s\n",
		       o <= GUARD_CLEAN ? "ok" : "not ok", p - points + 1,
		       p->task, name, p->n, outcome_names[o], *why ? ": " : "",
		       why);
	} else if (!opt.quiet || o > GUARD_CLEAN) {
		printf("%5zu  %-8s %-13s %5" PRIu64 "  %-12s  %s\n", p->k,
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
	printf("%s%zu run%s:", opt.tap ? "# " : "", npoints,
	       npoints == 1 ? "" : "s");
	for (o = 0; o < GUARD_OUTCOMES; o++)
		printf(" %zu %s%s", sum[o], outcome_names[o],
		       o + 1 < GUARD_OUTCOMES ? "," : "\n");
	printf("%s%s\n", opt.tap ? "# " : "", likeness_names[likeness]);
}

int sweep(void)
{
	size_t sum[GUARD_OUTCOMES] = { 0 }, k;
	char why[GUARD_WORDS_LEN + 40];
	struct result *r;
	enum guard_outcome o;

	/* The same addresses in every run: the same k, the same outcome. */
	if (personality(ADDR_NO_RANDOMIZE) < 0)
		err(1, "asking for the same addresses in every run");
	guard_clear_folders(GUARD_TRIAL_NAME);
	catch_stop(on_stop);
	rehearse();
	if (stop_sig)
		errx(1, "stopped");
	catch_stop(SIG_DFL);
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
			rep_cannot_run(opt.argv[0], -r[k].error);
		o = guard_judge(&r[k].run, &clean, likeness, why, sizeof(why));
		sum[o]++;
		print_point(&points[k], o, why);
	}
	print_sum(sum);
	free(points);
	munmap(r, (npoints + 1) * sizeof(*r));
	return sum[GUARD_WRONG] || sum[GUARD_LEAK] || sum[GUARD_CRASH] ||
	       sum[GUARD_HANG];
}
