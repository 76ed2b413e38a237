// SPDX-License-Identifier: MIT
/*
 * trial.c - what becomes of a program when exactly this call fails?
 *
 * "Exactly this" is the hard part. Calls are counted by task, so siblings that
 * run in another order next time do not shift the count.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"

#define LOOK_MS 100

static bool strikes(const struct guard_fault *f)
{
	if (!f->error)
		return false;
	if (f->when == GUARD_EVERY)
		return f->seen % f->n == 0;
	if (f->when == GUARD_FROM)
		return f->seen >= f->n;
	return f->seen == f->n;
}

/* Every fault counts the call, and the first that strikes decides. */
static struct guard_fault *find_hit(struct guard_trial *t,
				    const struct guard_event *ev,
				    const struct guard_who *who)
{
	struct guard_fault *hit = NULL;
	size_t i;

	for (i = 0; i < t->nfaults; i++) {
		struct guard_fault *f = &t->faults[i];

		if (f->nr != ev->nr ||
		    (f->task && strcmp(f->task, who->task) != 0))
			continue;
		f->seen++;
		if (!hit && strikes(f))
			hit = f;
	}
	if (hit)
		hit->hits++;
	return hit;
}

static int decide(struct guard *g, struct guard_trial *t,
		  const struct guard_event *ev)
{
	struct guard_fault *hit = NULL;
	struct guard_who who;

	if (!guard_who(g, ev, &who)) {
		hit = find_hit(t, ev, &who);
		if (t->saw)
			t->saw(g, ev, &who, hit, t->arg);
	}
	return hit ? guard_fail(g, ev, hit->error) : guard_allow(g, ev);
}

/* A signal that comes between two waits interrupts neither: look now and then. */
static int wait_left(const struct guard_trial *t, long end)
{
	long left = end - guard_now_ms();

	if (t->limit_ms < 0)
		left = t->stop_sig ? LOOK_MS : -1;
	else if (left < 0)
		left = 0;
	else if (t->stop_sig && left > LOOK_MS)
		left = LOOK_MS;
	return (int)left;
}

/* Each signal that interrupts is handed on, and once one that did not. */
static void hand_on(struct guard *g, const struct guard_trial *t,
		    bool interrupted, bool *handed)
{
	int sig = t->stop_sig ? *t->stop_sig : 0;

	if (!sig || (*handed && !interrupted))
		return;
	guard_kill(g, sig);
	*handed = true;
}

static int supervise(struct guard *g, struct guard_trial *t)
{
	struct guard_event ev = { .what = GUARD_CALL };
	long end = guard_now_ms() + t->limit_ms;
	bool handed = false;
	int err = 0, error = 0;

	while (!err && ev.what != GUARD_DONE) {
		/* A busy target would else never be found out of time. */
		if (t->limit_ms >= 0 && guard_now_ms() >= end) {
			t->timed_out = true;
			guard_kill(g, SIGKILL);
			return 0;
		}
		err = guard_next(g, &ev, wait_left(t, end));
		hand_on(g, t, err == -EINTR, &handed);
		if (err == -EINTR || err == -ETIME) {
			err = 0;
		} else if (!err && ev.what == GUARD_CALL) {
			err = decide(g, t, &ev);
		} else if (!err && ev.what == GUARD_EXIT) {
			t->status = ev.status;
			error = ev.error;
		} else if (!err) {
			t->left = ev.left;
			t->files = ev.files;
		}
	}
	return err ? err : error;
}

int guard_try(struct guard_trial *t)
{
	struct guard_spec spec = { .argv = t->argv,
				   .envp = t->envp,
				   .fds = t->fds,
				   .tmpdir = t->tmpdir,
				   .other = SCMP_ACT_ALLOW,
				   .nrules = t->nfaults,
				   .flags = GUARD_TASKS | GUARD_ENTRIES };
	struct guard_rule *rules = calloc(t->nfaults, sizeof(*rules));
	struct guard *g;
	size_t i;
	int err;

	if (!rules)
		return -ENOMEM;
	for (i = 0; i < t->nfaults; i++) {
		rules[i].action = SCMP_ACT_NOTIFY;
		rules[i].nr = t->faults[i].nr;
	}
	spec.rules = rules;
	if (t->wait_all)
		spec.flags |= GUARD_WAIT_ALL;
	if (t->hold)
		spec.flags |= GUARD_HOLD;
	t->status = 0;
	t->timed_out = false;
	t->left = 0;
	t->files = 0;
	err = guard_open(&g, &spec);
	free(rules);
	if (err)
		return err;
	err = t->hold && !guard_held(g) ? -EOPNOTSUPP : supervise(g, t);
	guard_close(g);
	return err;
}
