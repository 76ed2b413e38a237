/* SPDX-License-Identifier: MIT */
/* calls.h - what the tests of this lab's examiner do; each fails the test. */
#ifndef BOOK_CALLS_H
#define BOOK_CALLS_H

#include "exam/exam.h"
#include "observe/observe.h"
#include "../book.h"
#include "ops.h"

struct record {
	unsigned char byte[RECORD_BYTES];
};

/* A mapping of the book's file, as /proc shows it. */
struct mapping {
	uint64_t start, end, offset;
	bool shared, writable;
};

struct record some_record(struct exam *e);
void make_file(struct exam *e, struct record *records, size_t n, int mode);
void resize_file(struct exam *e, size_t bytes);
void write_file(struct exam *e, size_t i, const struct record *r);
void check_file(struct exam *e, const struct record *records, size_t n);

void open_book(struct exam *e, int book, enum book_mode mode);
void must(struct exam *e, const char *did, int64_t value, int64_t expected);
void count(struct exam *e, int book, size_t n);
void read_is(struct exam *e, int book, size_t i, const struct record *r);
void read_fails(struct exam *e, int book, size_t i, int error);
void write_book(struct exam *e, int book, size_t i, const struct record *r,
		int error);
void append(struct exam *e, int book, const struct record *r, int error);
void sync_book(struct exam *e, int book, size_t i, int error);

/* The mapping of the file that holds an address; 0: the first there is. */
bool find_mapping(struct exam *e, uint64_t address, struct mapping *m);

/*
 * Record @i was touched through the only mapping: its page is there, and one of
 * the file's own, unless it has been written to in a review.
 */
void through_mapping(struct exam *e, size_t i, bool copied);

#endif
