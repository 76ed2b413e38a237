/* SPDX-License-Identifier: MIT */
/* ledger.h - what the two files of cow/tools/ledger share. */
#ifndef TOOLS_LEDGER_H
#define TOOLS_LEDGER_H

#include "guard/guard.h"

struct ledger_options {
	bool json;
	bool totals;
	bool results;
	bool hold;
	const char *output;
	char **argv;
};

/* One process, program, phase and call. */
struct row {
	struct row *next;
	char process[GUARD_TASK_LEN];
	char comm[GUARD_COMM_LEN];
	const char *phase;
	int nr;
	uint32_t arch;
	uint64_t calls;
	uint64_t failed;
	uint64_t bytes;
};

/* One process: how far its break moved. */
struct moved {
	struct moved *next;
	char process[GUARD_TASK_LEN];
	char comm[GUARD_COMM_LEN];
	int64_t bytes;
};

extern struct ledger_options opt;
extern struct row *rows;
extern struct moved *moves;

/* Which argument of a call holds the bytes asked for, or -1. */
int length_arg(int nr);

/* Say it all, where and how the options want it. */
void print_ledger(void);

#endif
