// SPDX-License-Identifier: MIT
/*
 * procfs.c - how is a process asked about without stopping it? Through /proc,
 * and a pid read from a notification is good only while the call still waits.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "internal.h"

/* Return: bytes read, less than size, and a 0 byte after them; or -errno. */
int guard_read_proc(pid_t pid, const char *what, char *buf, size_t size)
{
	char path[64];
	size_t got = 0;
	ssize_t n = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, what);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (got < size - 1) {
		n = read(fd, buf + got, size - 1 - got);
		if (n <= 0)
			break;
		got += n;
	}
	if (n < 0)
		n = -errno;
	close(fd);
	buf[got] = '\0';
	return n < 0 ? (int)n : (int)got;
}

int guard_status_value(pid_t pid, const char *key, long *value)
{
	char buf[BUFSIZ], pattern[40];
	const char *at;
	int n = guard_read_proc(pid, "status", buf, sizeof(buf));

	if (n < 0)
		return n;
	snprintf(pattern, sizeof(pattern), "\n%s:", key);
	at = strstr(buf, pattern);
	if (!at)
		return -ENODATA;
	*value = strtol(at + strlen(pattern), NULL, 10);
	return 0;
}

/* A field of /proc/PID/stat from 3 up; the second holds any name, in (). */
int guard_stat_field(pid_t pid, int field, uint64_t *value)
{
	char buf[1024], *at;
	int n = guard_read_proc(pid, "stat", buf, sizeof(buf)), i;

	if (n < 0)
		return n;
	at = strrchr(buf, ')');
	for (i = 2; at && i < field; i++)
		at = strchr(at + 1, ' ');
	if (!at)
		return -ENODATA;
	*value = strtoull(at, NULL, 10);
	return 0;
}

bool guard_valid(struct guard *g, uint64_t id)
{
	int err;

	do {
		err = ioctl(g->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
	} while (err && errno == EINTR);
	return !err;
}
