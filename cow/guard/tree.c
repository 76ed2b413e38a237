// SPDX-License-Identifier: MIT
/*
 * tree.c - who descends from whom? The kernel lists the children of a thread
 * in /proc/PID/task/TID/children, and the threads as the folder itself.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "internal.h"

#define MAX_KIN 2048

/* Children of one thread, oldest first. Return: how many. */
int guard_children(pid_t pid, pid_t tid, pid_t *list, int max)
{
	char what[64], buf[MAX_KIN * 4], *at = buf, *end;
	int n = 0;

	snprintf(what, sizeof(what), "task/%d/children", (int)tid);
	if (guard_read_proc(pid, what, buf, sizeof(buf)) <= 0)
		return 0;
	while (n < max) {
		long child = strtol(at, &end, 10);

		if (end == at)
			break;
		list[n++] = child;
		at = end;
	}
	return n;
}

/* Threads of a process in the order of the folder. Return: how many. */
int guard_threads(pid_t pid, pid_t *list, int max)
{
	char path[64];
	struct dirent *d;
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = opendir(path);
	if (!dir)
		return 0;
	while (n < max && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] != '.')
			list[n++] = atoi(d->d_name);
	}
	closedir(dir);
	return n;
}

/* Visit every descendant of a process, parents before their children. */
void guard_walk(pid_t root, guard_visit *visit, void *arg)
{
	pid_t *threads = malloc(2 * MAX_KIN * sizeof(*threads));
	pid_t *kids = threads ? threads + MAX_KIN : NULL;
	int i, j, nthreads, nkids;

	if (!threads)
		return;
	nthreads = guard_threads(root, threads, MAX_KIN);
	for (i = 0; i < nthreads; i++) {
		nkids = guard_children(root, threads[i], kids, MAX_KIN);
		for (j = 0; j < nkids; j++) {
			visit(kids[j], arg);
			guard_walk(kids[j], visit, arg);
		}
	}
	free(threads);
}

static void count_threads(pid_t pid, void *arg)
{
	long threads = 0;

	if (!guard_status_value(pid, "Threads", &threads))
		*(unsigned int *)arg += threads;
}

unsigned int guard_live(struct guard *g)
{
	unsigned int n = 0;

	guard_walk(g->keeper, count_threads, &n);
	return n;
}

bool guard_owns(struct guard *g, pid_t tid)
{
	long parent = tid;
	int depth;

	if (guard_status_value(tid, "Tgid", &parent))
		return false;
	for (depth = 0; parent > 1 && depth < 1000; depth++) {
		if (guard_status_value(parent, "PPid", &parent))
			return false;
		if (parent == g->keeper)
			return true;
	}
	return false;
}
