/* SPDX-License-Identifier: MIT */
/* sandbox.h - what the files of cow/tools/sandbox share. */
#ifndef TOOLS_SANDBOX_H
#define TOOLS_SANDBOX_H

#include "guard/guard.h"

struct profile {
	const char *name;
	bool exec; /* more than the one that starts the command */
	bool caps; /* root keeps its capabilities */
	bool read_all;
	bool write_here; /* the folder it stands in, besides its TMPDIR */
	bool hold; /* traced: nothing ends uncounted, nothing outlives us */
	bool watch_memory; /* each mmap and brk is held against the limit */
	unsigned long cpu_s, wall_s, tasks, files, descriptors;
	unsigned long long memory, file_size, output;
};

/* Return: the profile of that name, or NULL. */
const struct profile *find_profile(const char *name);

/* argp's help filter: the limits of all profiles. */
char *help_profiles(int key, const char *text, void *input);

extern struct profile is; /* the one in force */
extern unsigned long refused; /* calls */
extern unsigned long untold; /* of those, for which no line was printed */

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

/* Folders of this run besides the profile's; NULL for none. */
struct folders {
	const char *tmpdir, *here, *read, *write;
};

/* Fill policy. Return: how many paths there are. */
size_t make_policy(const struct folders *f, bool read_all, const char *command);

#endif
