/* SPDX-License-Identifier: MIT */
/*
 * book.h - the record file that you write, as others call it. Leave this file
 * as it is: you are graded with our copy.
 *
 * A book is a file of records of one size, one behind the other, nothing else.
 * It is mapped, and worked on in memory: records are read and written through the
 * mapping only.
 */
#ifndef BOOK_H
#define BOOK_H

#include <stddef.h>

#define RECORD_BYTES 64

struct book; /* yours to define */

enum book_mode {
	BOOK_EDIT, /* what is written reaches the file, and all who map it */
	BOOK_REVIEW, /* what is written stays with this book; the file may be read-only */
};

/**
 * book_open() - map a record file
 * @path: the file; it exists, and may be empty
 * @mode: whether writing reaches the file
 * @book: where to put the book
 *
 * Return: 0; -EINVAL when the file is no whole number of records; or -errno of
 * what failed.
 */
int book_open(const char *path, enum book_mode mode, struct book **book);

/**
 * book_count() - how many records there are
 * @book: the book
 *
 * Return: a count; what others do to the file later does not change it.
 */
size_t book_count(const struct book *book);

/**
 * book_read() - copy a record out of the mapping
 * @book: the book
 * @i: which one, from 0
 * @record: RECORD_BYTES, filled in
 *
 * In BOOK_EDIT sees at once what others have written.
 *
 * Return: 0; -ERANGE when there is no such record; -EIO when the file has become
 * shorter meanwhile and the record's page with it (the kernel sends SIGBUS):
 * the program goes on. A SIGBUS that does not come from a book still ends it.
 */
int book_read(struct book *book, size_t i, void *record);

/**
 * book_write() - change a record in the mapping
 * @book: the book
 * @i: which one, from 0
 * @record: RECORD_BYTES
 *
 * In BOOK_EDIT others see it at once. Nothing is written to the disk here.
 *
 * Return: as book_read().
 */
int book_write(struct book *book, size_t i, const void *record);

/**
 * book_append() - make the file and the mapping longer, by one record
 * @book: the book
 * @record: RECORD_BYTES
 *
 * Return: 0; -EPERM, and nothing changed, in BOOK_REVIEW; or -errno of what
 * failed.
 */
int book_append(struct book *book, const void *record);

/**
 * book_sync() - return when a record is on the disk, and survives a power cut
 * @book: the book
 * @i: which one, from 0
 *
 * Asks for what the record needs, not for the whole file.
 *
 * Return: 0; -ERANGE when there is no such record; or -errno of what failed.
 */
int book_sync(struct book *book, size_t i);

/**
 * book_close() - give back the mapping, the descriptor and the memory
 * @book: the book
 */
void book_close(struct book *book);

#endif
