// SPDX-License-Identifier: MIT
/*
 * task.c - which task makes this call, by a name that is the same in every
 * run? Pids differ from run to run, and so does the order in which siblings
 * are first seen. Which fork of its parent made a task does not: a task is
 * named by that number, "1.2" for what the second fork of "1" made.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "internal.h"

#define MAX_KIN 1024

struct task *guard_find_task(struct guard *g, pid_t tid)
{
	struct task *t;

	for (t = g->tasks[tid % TASK_BUCKETS]; t; t = t->next)
		if (t->tid == tid)
			return t;
	return NULL;
}

static struct proc *known_proc(struct guard *g, pid_t pid)
{
	struct proc *p;

	for (p = g->procs; p; p = p->next)
		if (p->pid == pid)
			return p;
	return NULL;
}

/* A forked child starts with what is known of its parent. */
static struct proc *new_proc(struct guard *g, pid_t pid)
{
	struct proc *p = calloc(1, sizeof(*p)), *parent = NULL;
	long ppid;

	if (!p)
		return NULL;
	if (!guard_status_value(pid, "PPid", &ppid))
		parent = known_proc(g, ppid);
	if (parent)
		*p = *parent;
	else
		p->stale = true;
	p->pid = pid;
	p->next = g->procs;
	g->procs = p;
	return p;
}

struct proc *guard_find_proc(struct guard *g, pid_t tid)
{
	struct task *t = guard_find_task(g, tid);
	struct proc *p = t ? t->proc : known_proc(g, tid);
	long tgid;

	if (p)
		return p;
	if (guard_status_value(tid, "Tgid", &tgid))
		return NULL;
	p = known_proc(g, tgid);
	if (!p)
		p = new_proc(g, tgid);
	if (p && t)
		t->proc = p;
	return p;
}

static struct task *add_task(struct guard *g, pid_t tid, const struct task *by)
{
	struct task *t = calloc(1, sizeof(*t));
	struct task **bucket = &g->tasks[tid % TASK_BUCKETS];

	if (!t)
		return NULL;
	t->tid = tid;
	if (!by)
		strcpy(t->name, tid == g->target ? "1" : "orphan");
	else if (snprintf(t->name, sizeof(t->name), "%.80s.%u", by->name,
			  by->pending) >= (int)sizeof(t->name))
		strcpy(t->name, "deep");
	t->next = *bucket;
	*bucket = t;
	t->proc = guard_find_proc(g, tid);
	if (t->proc && t->proc->pid == tid)
		strcpy(t->proc->name, t->name);
	return t;
}

/* Give a name to what the pending clone of a task has made, if it is seen. */
static void name_child(struct guard *g, struct task *t)
{
	pid_t kin[MAX_KIN], pid = t->proc ? t->proc->pid : t->tid;
	int i, n = guard_children(pid, t->tid, kin, MAX_KIN);

	for (i = n - 1; i >= 0 && guard_find_task(g, kin[i]); i--)
		;
	if (i < 0) {
		n = guard_threads(pid, kin, MAX_KIN);
		for (i = n - 1; i >= 0 && guard_find_task(g, kin[i]); i--)
			;
	}
	if (i >= 0) {
		add_task(g, kin[i], t);
		t->pending = 0;
	}
}

/* The task a call comes from; seen for the first time, it gets its name. */
static struct task *identify(struct guard *g, pid_t tid)
{
	struct task *t = guard_find_task(g, tid);
	struct task *by;
	int i;

	if (t)
		return t;
	if (tid == g->target)
		return add_task(g, tid, NULL);
	for (i = 0; i < TASK_BUCKETS; i++) {
		for (by = g->tasks[i]; by; by = by->next) {
			if (by->pending)
				name_child(g, by);
			t = guard_find_task(g, tid);
			if (t)
				return t;
		}
	}
	return add_task(g, tid, NULL);
}

static bool makes_task(int nr)
{
	return nr == SCMP_SYS(fork) || nr == SCMP_SYS(vfork) ||
	       nr == SCMP_SYS(clone) || nr == SCMP_SYS(clone3);
}

/* After exit a pid may be given out anew. */
static void drop_task(struct guard *g, struct task *gone)
{
	struct task **at = &g->tasks[gone->tid % TASK_BUCKETS], *t;
	struct proc **pat = &g->procs, *p = gone->proc;
	int i;

	while (*at != gone)
		at = &(*at)->next;
	*at = gone->next;
	free(gone);
	for (i = 0; i < TASK_BUCKETS; i++)
		for (t = g->tasks[i]; t; t = t->next)
			if (t->proc == p)
				return;
	while (*pat && *pat != p)
		pat = &(*pat)->next;
	if (*pat)
		*pat = p->next;
	free(p);
}

/* Called for each call, before the user of the library sees it. */
void guard_saw_call(struct guard *g, const struct guard_event *ev)
{
	struct task *t = guard_find_task(g, ev->tid);

	if (t && t->leaving) {
		drop_task(g, t);
		t = NULL;
	}
	if (!t)
		t = identify(g, ev->tid);
	if (!t)
		return;
	t->leaving = ev->nr == SCMP_SYS(exit) || ev->nr == SCMP_SYS(exit_group);
	if ((t->leaving || makes_task(ev->nr)) && t->pending)
		name_child(g, t);
	if (makes_task(ev->nr))
		t->pending = ++t->clones;
}

void guard_forget(struct guard *g)
{
	struct task *t;
	struct proc *p;
	int i;

	for (i = 0; i < TASK_BUCKETS; i++) {
		while ((t = g->tasks[i]) != NULL) {
			g->tasks[i] = t->next;
			free(t);
		}
	}
	while ((p = g->procs) != NULL) {
		g->procs = p->next;
		free(p);
	}
}

static struct proc *fresh_proc(struct guard *g, const struct guard_event *ev)
{
	struct proc *p = guard_find_proc(g, ev->tid);

	if (!p || !p->stale)
		return p;
	p->stale = false;
	if (guard_read_proc(p->pid, "comm", p->comm, sizeof(p->comm)) < 0)
		strcpy(p->comm, "?");
	p->comm[strcspn(p->comm, "\n")] = '\0';
	guard_find_loader(p);
	/* An execve that waits may make it another program yet. */
	if (ev->nr == SCMP_SYS(execve) || ev->nr == SCMP_SYS(execveat))
		p->stale = true;
	return p;
}

int guard_who(struct guard *g, const struct guard_event *ev,
	      struct guard_who *who)
{
	struct task *t = guard_find_task(g, ev->tid);
	struct proc *p = fresh_proc(g, ev);

	if (!(g->flags & GUARD_TASKS))
		return -EINVAL;
	if (!t || !p)
		return -ESRCH;
	who->task = t->name;
	who->process = p->name;
	who->comm = p->comm;
	who->pid = p->pid;
	who->loading = ev->ip >= p->loader_lo && ev->ip < p->loader_hi;
	return 0;
}
