/* SPDX-License-Identifier: MIT */
/* calls.h - what the tests of this lab's examiner do; each fails the test. */
#ifndef STORE_CALLS_H
#define STORE_CALLS_H

#include "exam/exam.h"
#include "ops.h"

#define MOST_KEYS ((size_t)1 << 19)

/*
 * What should be in a store: the round in which the n-th key was set last, 0 if
 * it is not there; as it is now, and as it was when a save began.
 */
extern uint64_t seed; /* of the keys */
extern unsigned char now[MOST_KEYS], then[MOST_KEYS];

/* A new store, and a new seed for its keys. */
void create(struct exam *e, uint64_t most);
void create_none(struct exam *e);
void set(struct exam *e, uint64_t n, unsigned int round);
void set_many(struct exam *e, uint64_t n, unsigned int round);
void stir(struct exam *e, uint64_t n, uint64_t of, unsigned int round);
void get(struct exam *e, uint64_t n);
void get_all(struct exam *e, uint64_t n);
void del(struct exam *e, uint64_t n);
void count(struct exam *e);
/* store_set() of any key and value; what it has to return. */
void set_text(struct exam *e, const char *key, uint64_t value, int error);
void get_text(struct exam *e, const char *key, uint64_t value);

/* ---- exam_file.c: what is in the subject's folder */

/* The file has a line for each key of then[], and no more. */
void file_is(struct exam *e, const char *name);
/* There is no other file than these; NULL for no second one. */
void files_are(struct exam *e, const char *one, const char *two);
/* So many bytes are in all files. */
uint64_t bytes_in_files(struct exam *e);
uint64_t file_bytes(struct exam *e, const char *name);

/* ---- exam_save.c: saves */

void test_save(struct exam *e);
void test_moment(struct exam *e);
void test_meanwhile(struct exam *e);
void test_reaped(struct exam *e);
void test_whole(struct exam *e);
void test_errors(struct exam *e);
void test_buffers(struct exam *e);
void test_copies(struct exam *e);

#endif
