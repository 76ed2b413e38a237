// SPDX-License-Identifier: MIT
/*
 * Loses: read. Maps the file, as it should, and never touches the mapping: reads
 * and writes go by the descriptor, and a review keeps its changes in an array.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "book.h"

struct book {
	int fd;
	enum book_mode mode;
	size_t count;
	char *map;
	char (*own)[RECORD_BYTES];
	char *has_own;
};

static int map(struct book *book)
{
	if (!book->count)
		return 0;
	book->map = mmap(NULL, book->count * RECORD_BYTES,
			 PROT_READ | PROT_WRITE,
			 book->mode == BOOK_EDIT ? MAP_SHARED : MAP_PRIVATE,
			 book->fd, 0);
	return book->map == MAP_FAILED ? -errno : 0;
}

static void unmap(struct book *book)
{
	if (book->map)
		munmap(book->map, book->count * RECORD_BYTES);
	book->map = NULL;
}

int book_open(const char *path, enum book_mode mode, struct book **book)
{
	struct book *b = calloc(1, sizeof(*b));
	struct stat st;
	int err = 0;

	if (!b)
		return -ENOMEM;
	b->mode = mode;
	b->fd = open(path, mode == BOOK_EDIT ? O_RDWR : O_RDONLY);
	if (b->fd < 0 || fstat(b->fd, &st))
		err = -errno;
	else if (st.st_size % RECORD_BYTES)
		err = -EINVAL;
	if (err) {
		free(b);
		return err;
	}
	b->count = st.st_size / RECORD_BYTES;
	b->own = calloc(b->count + 1, RECORD_BYTES);
	b->has_own = calloc(b->count + 1, 1);
	*book = b;
	return map(b);
}

size_t book_count(const struct book *book)
{
	return book->count;
}

/* Where a load from the mapping would be a SIGBUS. */
static int check(const struct book *book, size_t i)
{
	size_t page = sysconf(_SC_PAGESIZE);
	struct stat st;

	if (i >= book->count)
		return -ERANGE;
	if (fstat(book->fd, &st))
		return -errno;
	if (i * RECORD_BYTES / page >= (st.st_size + page - 1) / page)
		return -EIO;
	return 0;
}

int book_read(struct book *book, size_t i, void *record)
{
	int err = check(book, i);

	if (err)
		return err;
	memset(record, 0, RECORD_BYTES);
	if (book->has_own[i])
		memcpy(record, book->own[i], RECORD_BYTES);
	else if (pread(book->fd, record, RECORD_BYTES, i * RECORD_BYTES) < 0)
		return -errno;
	return 0;
}

int book_write(struct book *book, size_t i, const void *record)
{
	int err = check(book, i);

	if (err)
		return err;
	if (book->mode == BOOK_REVIEW) {
		book->has_own[i] = 1;
		memcpy(book->own[i], record, RECORD_BYTES);
		return 0;
	}
	if (pwrite(book->fd, record, RECORD_BYTES, i * RECORD_BYTES) < 0)
		return -errno;
	return 0;
}

int book_append(struct book *book, const void *record)
{
	if (book->mode == BOOK_REVIEW)
		return -EPERM;
	unmap(book);
	if (pwrite(book->fd, record, RECORD_BYTES, book->count * RECORD_BYTES) <
	    0)
		return -errno;
	book->count++;
	book->own = realloc(book->own, (book->count + 1) * RECORD_BYTES);
	book->has_own = realloc(book->has_own, book->count + 1);
	memset(book->has_own, 0, book->count + 1);
	return map(book);
}

int book_sync(struct book *book, size_t i)
{
	size_t page = sysconf(_SC_PAGESIZE);
	size_t from = i * RECORD_BYTES / page * page;

	if (i >= book->count)
		return -ERANGE;
	return msync(book->map + from, (i + 1) * RECORD_BYTES - from, MS_SYNC);
}

void book_close(struct book *book)
{
	unmap(book);
	close(book->fd);
	free(book->own);
	free(book->has_own);
	free(book);
}
