// SPDX-License-Identifier: MIT
/*
 * subject.c - calls the student's book, and tells what came of it. It stands
 * between the student's msync() and the kernel's, to tell of it, too.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exam/exam.h"
#include "observe/observe.h"
#include "../book.h"
#include "ops.h"

static struct book *books[BOOKS];

/* Calls of msync() that wait, and of fsync() and fdatasync(), and the last. */
static uint64_t waits, whole, bytes, where;

int msync(void *at, size_t len, int flags)
{
	if (flags & MS_SYNC) {
		waits++;
		bytes = len;
		where = (uint64_t)at;
	}
	return (int)syscall(SYS_msync, at, len, flags);
}

int fsync(int fd)
{
	whole++;
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	whole++;
	return (int)syscall(SYS_fdatasync, fd);
}

static void tell_calls(struct exam_answer *a)
{
	a->value = (int64_t)waits;
	a->more[0] = whole;
	a->more[1] = bytes;
	a->more[2] = where;
}

/* A SIGBUS that is none of the book's. */
static _Noreturn void read_behind_end(void)
{
	int fd = memfd_create("another", MFD_CLOEXEC);
	char *at = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);

	/* Who jumps to where nothing is any more may come out anywhere. */
	close_range(0, ~0U, 0);
	alarm(2);
	if (at != MAP_FAILED)
		touch_read(at);
	_exit(0);
}

static int64_t foreign(void)
{
	pid_t child = fork();
	int status;

	if (!child)
		read_behind_end();
	return child < 0 || waitpid(child, &status, 0) != child ? -1 : status;
}

static void answer(const struct exam_ask *ask, struct exam_answer *a)
{
	const uint64_t *arg = ask->arg;
	struct book **book = &books[arg[0] % BOOKS];

	switch (ask->op) {
	case ASK_OPEN:
		a->value = book_open((const char *)ask->data,
				     (enum book_mode)arg[1], book);
		break;
	case ASK_COUNT:
		a->value = (int64_t)book_count(*book);
		break;
	case ASK_READ:
		a->value = book_read(*book, arg[1], a->data);
		break;
	case ASK_WRITE:
		a->value = book_write(*book, arg[1], ask->data);
		break;
	case ASK_APPEND:
		a->value = book_append(*book, ask->data);
		break;
	case ASK_SYNC:
		a->value = book_sync(*book, arg[1]);
		break;
	case ASK_CLOSE:
		book_close(*book);
		break;
	case ASK_FOREIGN:
		a->value = foreign();
		break;
	case ASK_CALLS:
		tell_calls(a);
		break;
	}
	a->error = errno;
}

int main(void)
{
	return exam_serve(answer);
}
