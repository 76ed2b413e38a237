/* SPDX-License-Identifier: MIT */
/* sandbox.h - what the two files of cow/tools/sandbox share. */
#ifndef TOOLS_SANDBOX_H
#define TOOLS_SANDBOX_H

#include "guard/guard.h"

struct profile {
	const char *name;
	bool exec; /* more than the one that starts the command */
	bool caps; /* root keeps its capabilities */
	bool read_all;
	bool write_here; /* the folder it stands in, besides its TMPDIR */
	bool watch_memory; /* each mmap and brk is held against the limit */
	unsigned long cpu_s, wall_s, tasks, files;
	unsigned long long memory, file_size;
};

extern struct profile is; /* the one in force */
extern unsigned long refused; /* calls */

/* Answer a call that waits. Return: 0 or -errno of the answer. */
int decide(struct guard *g, const struct guard_event *ev);

/* Calls that name a file: which arguments are path and folder, of two. */
struct path_call {
	int nr;
	int path[2];
	int dirfd[2];
	int flags; /* argument with open's flags, or -1: it writes */
	bool makes; /* a new file */
};

extern const struct path_call path_calls[]; /* ends with __NR_SCMP_ERROR */
extern struct guard_path policy[]; /* ends with a path of NULL */

/* Return: how many rules there are. */
size_t make_rules(const struct guard_rule **out, bool demo, bool watch_memory);

/* Fill policy. Return: how many paths there are. */
size_t make_policy(const char *folder, const char *also, const char *tmpdir,
		   bool read_all, const char *command);

#endif
