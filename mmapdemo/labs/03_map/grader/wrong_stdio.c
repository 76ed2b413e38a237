// SPDX-License-Identifier: MIT
/* Loses: write. Reads and writes the file as files are, and maps nothing. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "book.h"

struct book {
	int fd;
	size_t count;
};

int book_open(const char *path, enum book_mode mode, struct book **book)
{
	struct stat st;

	*book = malloc(sizeof(**book));
	(*book)->fd = open(path, mode == BOOK_EDIT ? O_RDWR : O_RDONLY);
	if ((*book)->fd < 0 || fstat((*book)->fd, &st))
		return -errno;
	(*book)->count = st.st_size / RECORD_BYTES;
	return st.st_size % RECORD_BYTES ? -EINVAL : 0;
}

size_t book_count(const struct book *book)
{
	return book->count;
}

int book_read(struct book *book, size_t i, void *record)
{
	if (i >= book->count)
		return -ERANGE;
	if (pread(book->fd, record, RECORD_BYTES, i * RECORD_BYTES) !=
	    RECORD_BYTES)
		return -EIO;
	return 0;
}

int book_write(struct book *book, size_t i, const void *record)
{
	if (i >= book->count)
		return -ERANGE;
	if (pwrite(book->fd, record, RECORD_BYTES, i * RECORD_BYTES) !=
	    RECORD_BYTES)
		return -EIO;
	return 0;
}

int book_append(struct book *book, const void *record)
{
	return book_write(book, book->count++, record);
}

int book_sync(struct book *book, size_t i)
{
	return fdatasync(book->fd);
}

void book_close(struct book *book)
{
	close(book->fd);
	free(book);
}
