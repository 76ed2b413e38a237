/* SPDX-License-Identifier: MIT */
/* fail.h - what the two files of cow/tools/fail share. */
#ifndef TOOLS_FAIL_H
#define TOOLS_FAIL_H

#include <stdbool.h>
#include <stddef.h>

#include "guard/guard.h"

#define MAX_FAULTS 32

struct fail_options {
	struct guard_fault faults[MAX_FAULTS];
	size_t nfaults;
	bool sweep, quiet, json, tap, loaded, text, hold;
	int jobs;
	size_t part, parts; /* of a sweep: part is 1 to parts */
	int time_ms;
	char **argv;
};

extern struct fail_options opt;

/* Does this call make a task? Then EAGAIN is how it fails. */
bool makes_task(int nr);

/* Say why the command could not be run at all, and exit. */

/* Fail each call in turn. Return: the exit status. */
int sweep(void);

#endif
