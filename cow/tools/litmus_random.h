/* SPDX-License-Identifier: MIT */
/* litmus --random, for litmus.c. */
#ifndef COW_TOOLS_LITMUS_RANDOM_H
#define COW_TOOLS_LITMUS_RANDOM_H

#include "litmus/litmus.h"

/**
 * struct litmus_random - which sequences to make up
 * @sequences: how many
 * @seed: number of the first one
 * @ops: operations of each
 * @out: folder to write one that differs to; NULL for this one
 */
struct litmus_random {
	long sequences;
	long seed;
	long ops;
	const char *out;
};

/**
 * litmus_random() - Make up sequences, compare, and say what became of them.
 * @lab: the laboratory
 * @what: which sequences
 *
 * Return: an exit status: 0 all agree, 1 one does not, 4 none was compared.
 */
int litmus_random(struct lit_lab *lab, const struct litmus_random *what);

#endif
