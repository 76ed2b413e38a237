// SPDX-License-Identifier: MIT
/*
 * libcowrecord.so: the malloc family goes to the heap, and what is asked for is
 * written down as a trace.
 *
 * Each process, and each program it turns into by exec, has a file of its own:
 * $COWRECORD.PID.rep, .PID.1.rep and so on.  Lines are stored into a shared
 * mapping of it, so that they stay whatever ends the process.  A forked child
 * begins its file by allocating what it inherited.
 */
#include "../internal.h"
#include "ids.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <unistd.h>

#define WINDOW ((size_t)1 << 20)
#define LINE   64

static struct lock lock;
static char path[PATH_MAX];
static char *window;
static size_t room; /* of the window */
static size_t base; /* of the window in the file */
static size_t used; /* of the window */
static size_t next_id;
static bool begun; /* this process has its file */
static bool off; /* there is nowhere to write to */

/* One line, without allocating: the program runs on without a trace. */
static void tell(const char *before, const char *after, int error)
{
	const char *why = strerrordesc_np(-error);
	struct iovec line[] = {
		{ (void *)before, strlen(before) },
		{ path, strlen(path) },
		{ (void *)after, strlen(after) },
		{ (void *)why, strlen(why) },
		{ "\n", 1 },
	};

	/* Where it can't be written there is no one left to tell. */
	if (writev(STDERR_FILENO, line, 5) < 0)
		return;
}

/*
 * Blocks for the next window, before it is mapped: a store to a page for which
 * the disk has none is SIGBUS.  Beyond RLIMIT_FSIZE merely asking is SIGXFSZ.
 * Return: 0 or -errno.
 */
static int take_room(int fd, size_t wanted)
{
	struct rlimit most;
	int error;

	if (!getrlimit(RLIMIT_FSIZE, &most) && base + wanted > most.rlim_cur)
		return -EFBIG;
	do {
		error = posix_fallocate(fd, (off_t)base, (off_t)wanted);
	} while (error == EINTR);
	return -error;
}

/* As much as there is, from a whole window down to a page. */
static int map_room(int fd)
{
	size_t least = (size_t)sysconf(_SC_PAGESIZE);
	int error = -ENOSPC;
	void *start;

	for (room = WINDOW; room >= least; room /= 2) {
		error = take_room(fd, room);
		if (!error)
			break;
	}
	if (error)
		return error;
	start = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		     (off_t)base);
	if (start == MAP_FAILED)
		return -errno;
	window = start;
	used = 0;
	return 0;
}

/*
 * Puts the next window over the file; no descriptor is left open, and no file
 * without a window.  Return: 0 or -errno.
 */
static int map_window(int flags)
{
	int fd = open(path, O_RDWR | O_CLOEXEC | flags, 0666);
	int error;

	if (fd < 0)
		return -errno;
	error = map_room(fd);
	if (error && !base)
		unlink(path);
	close(fd);
	return error;
}

static void next_window(void)
{
	int saved = errno;
	int error;

	munmap(window, room);
	window = NULL;
	base += room;
	error = map_window(0);
	off = error != 0;
	if (error)
		tell("libcowrecord: the trace ", " ends early: ", error);
	errno = saved;
}

/* Lines go on over the end of a window. */
static void store(const char *text, size_t length)
{
	size_t fits;

	while (!off && length) {
		fits = room - used < length ? room - used : length;
		memcpy(window + used, text, fits);
		used += fits;
		text += fits;
		length -= fits;
		if (length)
			next_window();
	}
}

static char *put_number(char *end, size_t value)
{
	do {
		*--end = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	return end;
}

/* "KIND ID SIZE", put together from its end; without the size for a free. */
static void write_line(char kind, size_t id, size_t size)
{
	char line[LINE];
	char *end = line + LINE;
	char *at = end;

	*--at = '\n';
	if (kind != 'f') {
		at = put_number(at, size);
		*--at = ' ';
	}
	at = put_number(at, id);
	*--at = ' ';
	*--at = kind;
	store(at, (size_t)(end - at));
}

static void inherit(struct id_entry *entry)
{
	entry->id = next_id++;
	write_line('a', entry->id, entry->size);
}

/*
 * The first name that is not taken: an exec left the others.  Return: 0 or
 * -errno.
 */
static int open_file(void)
{
	const char *prefix = secure_getenv("COWRECORD");
	int number = 0;
	int error;

	if (!prefix) {
		strcpy(path, "COWRECORD=");
		return -EDESTADDRREQ;
	}
	do {
		char turn[16] = "";

		if (number)
			snprintf(turn, sizeof(turn), ".%d", number);
		if (snprintf(path, sizeof(path), "%s.%d%s.rep", prefix,
			     (int)getpid(), turn) >= (int)sizeof(path))
			return -ENAMETOOLONG;
		base = 0;
		error = map_window(O_CREAT | O_EXCL);
		number++;
	} while (error == -EEXIST);
	return error;
}

/* The numbers are put in when the command has ended, by cow/tools/record. */
static void begin(void)
{
	static const char header[] = "                   0\n"
				     "                   0\n"
				     "                   0\n"
				     "1\n";
	int saved = errno;
	int error;

	begun = true;
	next_id = 0;
	error = open_file();
	off = error != 0;
	if (error)
		tell("libcowrecord: can't write the trace ", ": ", error);
	store(header, sizeof(header) - 1);
	ids_each(inherit);
	errno = saved;
}

/* The parent's window is not the child's to write to. */
static void in_child(void)
{
	if (window)
		munmap(window, room);
	window = NULL;
	begun = false;
}

static void watch_forks(void)
{
	/* The heap first, so that a fork takes the locks in our order. */
	preload_heap();
	fork_register(&lock);
	pthread_atfork(NULL, NULL, in_child);
}

/* False where nothing is to be recorded: in a handler, inside another call. */
static bool enter(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, watch_forks);
	if (lock_take(&lock))
		return false;
	if (!begun)
		begin();
	return true;
}

static void *taken(void *ptr, size_t size)
{
	if (ptr && !ids_put(ptr, next_id, size))
		write_line('a', next_id++, size);
	return ptr;
}

void *serve_malloc(size_t size)
{
	void *ptr;

	if (!enter())
		return heap_malloc(preload_heap(), size);
	ptr = taken(heap_malloc(preload_heap(), size), size);
	lock_drop(&lock);
	return ptr;
}

EXPORT void *malloc(size_t size) __attribute((alias("serve_malloc")));

void *serve_calloc(size_t count, size_t size)
{
	void *ptr;

	if (!enter())
		return heap_calloc(preload_heap(), count, size);
	ptr = taken(heap_calloc(preload_heap(), count, size), count * size);
	lock_drop(&lock);
	return ptr;
}

void *serve_memalign(size_t align, size_t size)
{
	void *ptr;

	if (!enter())
		return heap_memalign(preload_heap(), align, size);
	ptr = taken(heap_memalign(preload_heap(), align, size), size);
	lock_drop(&lock);
	return ptr;
}

static void forget(struct id_entry *entry)
{
	if (!entry)
		return;
	write_line('f', entry->id, 0);
	ids_remove(entry);
}

static void resized(struct id_entry *entry, void *to, size_t size)
{
	size_t id = entry->id;

	write_line('r', id, size);
	ids_remove(entry);
	/* There was room for it a moment ago. */
	ids_put(to, id, size);
}

void *serve_realloc(void *ptr, size_t size)
{
	struct id_entry *entry;
	void *to;

	if (!enter())
		return heap_realloc(preload_heap(), ptr, size);
	entry = ptr ? ids_find(ptr) : NULL;
	to = heap_realloc(preload_heap(), ptr, size);
	if (!entry)
		taken(to, size);
	else if (to)
		resized(entry, to, size);
	else if (!size)
		forget(entry);
	lock_drop(&lock);
	return to;
}

void serve_free(void *ptr)
{
	if (!ptr || !enter()) {
		heap_free(preload_heap(), ptr);
		return;
	}
	forget(ids_find(ptr));
	heap_free(preload_heap(), ptr);
	lock_drop(&lock);
}

EXPORT void free(void *ptr) __attribute((alias("serve_free")));
