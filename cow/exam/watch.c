// SPDX-License-Identifier: MIT
/*
 * What the kernel tells of the subject's process, by /proc: no matter what runs
 * in it, it has no say in this.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct stat_line {
	pid_t parent;
	unsigned long faults;
};

static bool read_stat(pid_t pid, struct stat_line *line)
{
	char path[32], text[512] = "";
	FILE *file;
	char *at = NULL;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (fgets(text, sizeof(text), file))
		at = strrchr(text, ')');
	fclose(file);
	/* state ppid pgrp session tty tpgid flags minflt */
	return at && sscanf(at + 1, " %*c %d %*d %*d %*d %*d %*u %lu",
			    &line->parent, &line->faults) == 2;
}

pid_t exam_pid(struct exam *e)
{
	pid_t pid = (pid_t)exam_call(e, EXAM_OP_PID, 0, 0)->value;
	struct stat_line line = { .parent = pid };

	/* Nobody else's process is looked at, whatever the subject says. */
	while (line.parent > 1 && line.parent != e->subject.sandbox)
		if (!read_stat(line.parent, &line))
			line.parent = 0;
	if (line.parent <= 1)
		exam_seen(e, "the program does not know its own process");
	return pid;
}

unsigned long exam_faults(struct exam *e, pid_t pid)
{
	struct stat_line line;

	if (!read_stat(pid, &line))
		exam_broken(e, "can't read /proc/%d/stat", pid);
	return line.faults;
}

size_t exam_children(struct exam *e, pid_t pid, pid_t *last)
{
	DIR *proc = opendir("/proc");
	struct stat_line line;
	struct dirent *entry;
	size_t n = 0;

	if (!proc)
		exam_broken(e, "can't read /proc");
	while ((entry = readdir(proc))) {
		pid_t child = atoi(entry->d_name);

		if (child <= 0 || !read_stat(child, &line) ||
		    line.parent != pid)
			continue;
		*last = child;
		n++;
	}
	closedir(proc);
	return n;
}
