/* SPDX-License-Identifier: MIT */
/* What every program here does alike, demo or tool. Part of report.h. */
#ifndef COW_REPORT_TOOL_H
#define COW_REPORT_TOOL_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct argp;

/**
 * rep_arguments() - Parse the command line: argp_parse() and what goes with it.
 * @argp: as for argp_parse(3)
 * @argc: as main() got it
 * @argv: as main() got it
 * @flags: as for argp_parse(3)
 * @input: as for argp_parse(3)
 *
 * Leaves the program for --help and bad usage (2). From then on what standard
 * output does not take, --help too, is told in one line when the program ends,
 * and makes 1 of an exit status of 0. Where it is closed no other file gets its
 * number.
 */
void rep_arguments(const struct argp *argp, int argc, char **argv,
		   unsigned int flags, void *input);

/**
 * rep_out_error() - Has standard output taken all that was printed?
 *
 * To be asked soon: errno is the next call's, too. Who asks has to tell.
 *
 * Return: 0 or an errno.
 */
int rep_out_error(void);

/**
 * rep_check_out() - Leave the program in one line if it has not.
 */
void rep_check_out(void);

/**
 * rep_cannot_run() - Leave a program that could not run another, in one line.
 * @program: the other one
 * @error: the errno of exec, or of starting it under a guard
 *
 * The exit status is as env(1) and timeout(1) have it: 127 not found, 126 it can't
 * be run; 1 for what is no matter of the file, such as memory; and 4 where the
 * kernel allows no second guard (EBUSY).
 */
_Noreturn void rep_cannot_run(const char *program, int error);

/* The house's width, where nobody has said another one. */
#define REP_WIDTH 80

/**
 * rep_paragraph() - Print text, wrapped at blanks.
 * @width: columns
 * @indent: columns left free in all lines but the first
 * @text: the text; a newline follows it
 */
void rep_paragraph(size_t width, size_t indent, const char *text);

#define REP_NO_INPUT "read your prediction: no more input"

/**
 * rep_read_answer() - Read a whole number that was asked for.
 * @in: where from
 * @out: where the question stands; echoes what no terminal has shown
 * @indent: columns before what is said of anything but a number
 * @value: set to it
 *
 * Return: 0, -EINVAL to ask again, -ENODATA when there is no more input.
 */
int rep_read_answer(FILE *in, FILE *out, int indent, uint64_t *value);

#endif
