/* SPDX-License-Identifier: MIT */
/* What the files of observe share among themselves. */
#ifndef COW_OBSERVE_INTERNAL_H
#define COW_OBSERVE_INTERNAL_H

#include "observe.h"
#include "uapi.h"

/* Remember what failed; returns -@error. */
int obs_fail(int error, const char *fmt, ...) __printf(2, 3);

/* A small text file, line by line; see lines.c. */
struct obs_lines {
	int fd;
	size_t used;
	size_t next;
	char buf[1024];
};

/* The next line without its newline, NULL at the end; *@error on failure. */
char *obs_line(struct obs_lines *lines, int *error);

/* How many numbers to read at once: few enough for the stack. */
#define OBS_CHUNK 512

/* Read @n numbers of 8 bytes from position @index of a file of numbers. */
int obs_read_numbers(int fd, uint64_t *to, size_t n, uint64_t index);

/* Tell a listening perf stat to "enable" or "disable". */
int obs_control(const char *command);

/* Is it want of descriptors or memory that something failed for? */
bool obs_wanting(int rc);

/* obs_begin(), with tracepoints if @traced: who times faults can't have them. */
int obs_begin_as(struct obs_window *window, bool traced);

/* How many accesses obs_try_*() has seen refused, in this thread. */
uint64_t obs_refused_count(void);

/* The first watched range that ends above @from; false if there is none. */
bool obs_kept_above(uintptr_t from, uintptr_t *start, uintptr_t *end);

#endif
