// SPDX-License-Identifier: MIT
/*
 * perf's control protocol, our side: `perf stat -D -1 --control fd:CTL,ACK`
 * reads commands, a line each, from CTL, and answers "ack\n" on ACK. The
 * environment names the descriptors; where it does not, nobody listens.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

#define PATIENCE_MS 5000

/* The descriptor that the environment names; -1 for none; -errno. */
static int named_fd(const char *name)
{
	const char *text = getenv(name);
	char *end;
	long fd;

	if (!text || !*text)
		return -1;
	fd = strtol(text, &end, 10);
	if (*end || fd < 0 || fd > 1 << 20)
		return obs_fail(EINVAL, "read a descriptor from %s=%.40s", name,
				text);
	return fd;
}

/* Read up to the end of a line; perf may send a NUL along with it. */
static int wait_ack(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	char got[8];
	size_t used = 0;

	for (;;) {
		int ready = poll(&poll_fd, 1, PATIENCE_MS);
		ssize_t one;
		char c;

		if (ready < 0 && errno == EINTR)
			continue;
		if (ready < 0)
			return obs_fail(errno, "wait for perf's ack");
		if (!ready)
			return obs_fail(ETIMEDOUT, "wait for perf's ack");
		one = read(fd, &c, 1);
		if (one < 0 && errno == EAGAIN)
			continue;
		if (one != 1)
			return obs_fail(one ? errno : EPIPE, "read perf's ack");
		if (c == '\n')
			break;
		if (c && used < sizeof(got))
			got[used++] = c;
	}
	if (used == 3 && !memcmp(got, "ack", 3))
		return 0;
	return obs_fail(EPROTO, "understand perf's ack");
}

int obs_control(const char *command)
{
	int ctl = named_fd("PERF_CTL_FD"), ack = named_fd("PERF_ACK_FD");
	char line[16];
	ssize_t put;
	size_t len;

	if (ctl == -EINVAL || ack == -EINVAL)
		return -EINVAL;
	if (ctl < 0)
		return 0;
	if (ack < 0)
		return obs_fail(EINVAL, "hear from perf without PERF_ACK_FD");
	len = stpcpy(stpcpy(line, command), "\n") - line;
	put = write(ctl, line, len);
	if (put != (ssize_t)len)
		return obs_fail(put < 0 ? errno : EIO, "send '%s' to perf",
				command);
	return wait_ack(ack);
}
