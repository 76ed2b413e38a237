// SPDX-License-Identifier: MIT
/*
 * What failed, and small text files read line by line without malloc().
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

static _Thread_local char failed_at[128] = "nothing";

const char *obs_what(void)
{
	return failed_at;
}

int obs_fail(int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(failed_at, sizeof(failed_at), fmt, args);
	va_end(args);
	return -error;
}

/* Read on behind what is left over; a line longer than the buffer is cut. */
static ssize_t refill(struct obs_lines *lines)
{
	size_t rest = lines->used - lines->next;
	ssize_t got;

	memmove(lines->buf, lines->buf + lines->next, rest);
	lines->next = 0;
	lines->used = rest;
	do {
		got = read(lines->fd, lines->buf + rest,
			   sizeof(lines->buf) - 1 - rest);
	} while (got < 0 && errno == EINTR);
	if (got > 0)
		lines->used += got;
	return got;
}

/* Leave out what does not fit: mappings may be of files with long names. */
static int skip_rest(struct obs_lines *lines)
{
	ssize_t got;
	char c;

	do {
		got = read(lines->fd, &c, 1);
	} while ((got == 1 && c != '\n') || (got < 0 && errno == EINTR));
	return got < 0 ? -errno : 0;
}

char *obs_line(struct obs_lines *lines, int *error)
{
	char *start, *newline;
	ssize_t got = 1;

	*error = 0;
	for (;;) {
		start = lines->buf + lines->next;
		newline = memchr(start, '\n', lines->used - lines->next);
		if (newline || got <= 0 ||
		    lines->used - lines->next == sizeof(lines->buf) - 1)
			break;
		got = refill(lines);
	}
	if (got < 0) {
		*error = -errno;
		return NULL;
	}
	if (!newline && lines->next == lines->used)
		return NULL;
	if (!newline) {
		newline = lines->buf + lines->used;
		*error = skip_rest(lines);
		if (*error)
			return NULL;
	}
	*newline = '\0';
	lines->next = newline - lines->buf + 1;
	if (lines->next > lines->used)
		lines->next = lines->used;
	return start;
}
