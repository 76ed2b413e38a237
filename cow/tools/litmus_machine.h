/* SPDX-License-Identifier: MIT */
/* litmus: options that say what kind of machine the model is. */
#ifndef COW_TOOLS_LITMUS_MACHINE_H
#define COW_TOOLS_LITMUS_MACHINE_H

#include <argp.h>
#include <stdbool.h>

#include "litmus/litmus.h"

/* A part of the command line; its options work on litmus_machine. */
extern const struct argp litmus_machine_argp;

/**
 * struct litmus_machine - what the command line says of the machine
 * @show: describe the machine, and no more
 * @kernel: another kernel version, 0 for this one
 * @around: another window of fault-around, 0 for this one
 * @given: facts that are so or not, a bit each
 * @lacks: which of them are not
 * @drop: rules to leave out of the model, a bit each
 */
struct litmus_machine {
	bool show;
	unsigned int kernel;
	int around;
	uint32_t given;
	uint32_t lacks;
	uint64_t drop;
};

extern struct litmus_machine litmus_machine;

/**
 * litmus_number() - Read the number that an option has; another ends it all.
 * @state: the parser
 * @name: the option, for the message
 * @text: what was given
 * @min: the smallest that it may be
 * @max: the largest
 *
 * Return: the number.
 */
long litmus_number(struct argp_state *state, const char *name, const char *text,
		   long min, long max);

/**
 * litmus_machine_given() - Is the machine another than this one?
 *
 * Return: true if an option says so.
 */
bool litmus_machine_given(void);

/**
 * litmus_machine_apply() - Make a machine what the options say.
 * @machine: this machine, changed
 */
void litmus_machine_apply(struct mm_machine *machine);

/**
 * litmus_machine_show() - Describe a machine, and what is so on it.
 * @machine: the machine
 */
void litmus_machine_show(const struct mm_machine *machine);

#endif
