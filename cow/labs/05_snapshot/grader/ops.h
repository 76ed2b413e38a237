/* SPDX-License-Identifier: MIT */
/* ops.h - what the examiner of this lab can ask the subject. */
#ifndef STORE_OPS_H
#define STORE_OPS_H

#include <inttypes.h>
#include <stdio.h>

#include "../store.h"

enum {
	ASK_CREATE, /* room for so many */
	ASK_SET, /* value; key in data */
	ASK_GET, /* key in data; more[0]: the value */
	ASK_DEL, /* key in data */
	ASK_COUNT,
	ASK_SAVE, /* path in data */
	ASK_WAIT,
	ASK_DESTROY,
	ASK_FILL, /* seed, how many, round: set keys 0, 1, ... */
	ASK_STIR, /* seed, how many, of how many, round: set some at random */
	ASK_SUM, /* seed, how many: of values; more[0]: how many were there */
	ASK_HOLD, /* from now on each child waits, before fork() returns to it */
	ASK_FORKS, /* since then; more[0]: 1 if a child has waited too long */
	ASK_GO, /* no longer */
	ASK_NOTE, /* leave NOTE_LINE in a buffer of stdio's; at exit, EXIT_FILE */
	ASK_NOTE_END, /* have it written */
};

#define NOTE_FILE "note"
#define EXIT_FILE "exit"
#define NOTE_LINE "a line that somebody else has not written yet\n"

/* The same in both processes: numbers for numbers. */
static inline uint64_t mix(uint64_t seed, uint64_t n)
{
	uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* The n-th key: of several lengths, and many begin alike. */
static inline void key_of(char key[STORE_KEY], uint64_t seed, uint64_t n)
{
	static const char path[] = "/articles/of/the/year/all/of/them/";
	int part = (int)(mix(seed, n) % (sizeof(path) - 1));

	snprintf(key, STORE_KEY, "%.*s#%" PRIx64, part + 1, path, n);
}

/* What it is set to in a round; of several lengths, too. */
static inline uint64_t value_of(uint64_t seed, uint64_t n, uint64_t round)
{
	uint64_t value = mix(seed + round, n);

	return value >> (value % 64);
}

#endif
