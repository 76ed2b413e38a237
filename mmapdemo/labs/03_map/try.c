// SPDX-License-Identifier: MIT
/*
 * try.c - a place to play. `make` builds it together with your book.c; it is
 * not graded. Change it as you like: ./try FILE
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "book.h"

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "try.book";
	char record[RECORD_BYTES] = "one record";
	struct book *book;
	int fd, status;

	fd = open(path, O_RDWR | O_CREAT, 0600);
	if (fd < 0)
		err(1, "%s", path);
	close(fd);
	status = book_open(path, BOOK_EDIT, &book);
	if (status)
		errx(1, "book_open: %s", strerror(-status));
	printf("append: %d\n", book_append(book, record));
	strcpy(record, "another text");
	printf("write:  %d\n", book_write(book, 0, record));
	printf("sync:   %d\n", book_sync(book, 0));
	memset(record, 0, sizeof(record));
	printf("read:   %d\n", book_read(book, 0, record));
	printf("%zu records, the first: %s\n", book_count(book), record);
	book_close(book);
	return 0;
}
