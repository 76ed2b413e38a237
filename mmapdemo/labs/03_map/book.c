// SPDX-License-Identifier: MIT
/*
 * book.c - a file of records, worked on in memory.
 *
 * The file you hand in. The handout tells what to do, book.h what each function
 * has to keep. You may change all of it. The records are only ever touched
 * through the mapping: neither read() nor write() has a place here.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
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
	char *map; /* NULL: nothing is mapped */
	size_t mapped; /* bytes */
};

#ifdef SOLUTION
static sigjmp_buf lost;
static atomic_int copying;

static void on_sigbus(int sig)
{
	if (copying)
		siglongjmp(lost, 1);
	/* Not ours: die of it. */
	signal(sig, SIG_DFL);
	raise(sig);
}

static int catch_sigbus(void)
{
	struct sigaction sa = { .sa_handler = on_sigbus };

	return sigaction(SIGBUS, &sa, NULL) ? -errno : 0;
}

/* Copy a record; -EIO if a page of it has gone. */
static int copy(char *to, const char *from)
{
	if (sigsetjmp(lost, 1)) {
		copying = 0;
		return -EIO;
	}
	copying = 1;
	memcpy(to, from, RECORD_BYTES);
	copying = 0;
	return 0;
}

/* Map the first @bytes of the file, where or elsewhere. */
static int map(struct book *book, size_t bytes)
{
	int flags = book->mode == BOOK_EDIT ? MAP_SHARED : MAP_PRIVATE;
	char *at;

	if (book->map)
		at = mremap(book->map, book->mapped, bytes, MREMAP_MAYMOVE);
	else
		at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, book->fd,
			  0);
	if (at == MAP_FAILED)
		return -errno;
	book->map = at;
	book->mapped = bytes;
	return 0;
}

static int prepare(struct book *book)
{
	struct stat st;

	if (fstat(book->fd, &st))
		return -errno;
	if (st.st_size % RECORD_BYTES)
		return -EINVAL;
	book->count = st.st_size / RECORD_BYTES;
	if (catch_sigbus())
		return -errno;
	return st.st_size ? map(book, st.st_size) : 0;
}
#else
/* Part 1: what has to be mapped, and how? Part 4: what to do about SIGBUS? */
#endif

int book_open(const char *path, enum book_mode mode, struct book **book)
{
#ifdef SOLUTION
	struct book *made = calloc(1, sizeof(*made));
	int err;

	if (!made)
		return -ENOMEM;
	made->mode = mode;
	made->fd =
		open(path, (mode == BOOK_EDIT ? O_RDWR : O_RDONLY) | O_CLOEXEC);
	err = made->fd < 0 ? -errno : prepare(made);
	if (err) {
		book_close(made);
		return err;
	}
	*book = made;
	return 0;
#else
	return -ENOSYS;
#endif
}

size_t book_count(const struct book *book)
{
#ifdef SOLUTION
	return book->count;
#else
	return 0;
#endif
}

int book_read(struct book *book, size_t i, void *record)
{
#ifdef SOLUTION
	if (i >= book->count)
		return -ERANGE;
	return copy(record, book->map + i * RECORD_BYTES);
#else
	return -ENOSYS;
#endif
}

int book_write(struct book *book, size_t i, const void *record)
{
#ifdef SOLUTION
	if (i >= book->count)
		return -ERANGE;
	return copy(book->map + i * RECORD_BYTES, record);
#else
	return -ENOSYS;
#endif
}

int book_append(struct book *book, const void *record)
{
#ifdef SOLUTION
	size_t bytes = (book->count + 1) * RECORD_BYTES;
	int err;

	if (book->mode != BOOK_EDIT)
		return -EPERM;
	if (ftruncate(book->fd, (off_t)bytes))
		return -errno;
	err = map(book, bytes);
	if (err)
		return err;
	book->count++;
	return book_write(book, book->count - 1, record);
#else
	return -ENOSYS;
#endif
}

int book_sync(struct book *book, size_t i)
{
#ifdef SOLUTION
	size_t page = sysconf(_SC_PAGESIZE);
	size_t from = i * RECORD_BYTES / page * page;

	if (i >= book->count)
		return -ERANGE;
	if (msync(book->map + from, (i + 1) * RECORD_BYTES - from, MS_SYNC))
		return -errno;
	return 0;
#else
	return -ENOSYS;
#endif
}

void book_close(struct book *book)
{
#ifdef SOLUTION
	if (book->map)
		munmap(book->map, book->mapped);
	if (book->fd >= 0)
		close(book->fd);
	free(book);
#else
	/* Part 1. */
#endif
}
