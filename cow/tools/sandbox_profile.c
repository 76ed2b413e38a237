// SPDX-License-Identifier: MIT
/* sandbox_profile.c - what cow/tools/sandbox allows unless it is told */
#include <argp.h>
#include <stdio.h>
#include <string.h>

#include "sandbox.h"

static const struct profile profiles[] = {
	{ .name = "lab",
	  .write_here = true,
	  .watch_memory = true,
	  .hold = true,
	  .cpu_s = 5,
	  .wall_s = 10,
	  .tasks = 32,
	  .files = 64,
	  .descriptors = 128,
	  .memory = 512ULL << 20,
	  .file_size = 16ULL << 20,
	  .output = 64ULL << 20 },
	{ .name = "demo",
	  .exec = true,
	  .caps = true,
	  .read_all = true,
	  .cpu_s = 60,
	  .wall_s = 120,
	  .tasks = 256,
	  .files = 256,
	  .descriptors = 1024,
	  .memory = 4ULL << 30,
	  .file_size = 1ULL << 30,
	  .output = 4ULL << 30 },
};

#define COUNT (sizeof(profiles) / sizeof(*profiles))

const struct profile *find_profile(const char *name)
{
	for (size_t i = 0; i < COUNT; i++)
		if (!strcmp(profiles[i].name, name))
			return &profiles[i];
	return NULL;
}

/* The limits, from the table that is in force, below the exit statuses. */
char *help_profiles(int key, const char *text, void *input)
{
	const struct profile *p;
	size_t size;
	char *all = NULL;
	FILE *out;

	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	out = open_memstream(&all, &size);
	if (!out)
		return (char *)text;
	fprintf(out, "%s\n\nLimits:\n", text);
	for (p = profiles; p < profiles + COUNT; p++)
		fprintf(out,
			"  %-5s %lu s of CPU time, %lu s in all, %llu MiB of memory, %lu tasks,\n"
			"        files of %llu MiB, %llu MiB of output\n",
			p->name, p->cpu_s, p->wall_s, p->memory >> 20, p->tasks,
			p->file_size >> 20, p->output >> 20);
	return fclose(out) ? (char *)text : all;
}
