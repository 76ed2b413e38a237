// SPDX-License-Identifier: MIT
/*
 * Pinned pages, without a device: io_uring's fixed buffers are pinned for
 * writing and for long, as the memory of RDMA or VFIO is.
 */
#include <errno.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "internal.h"

/* A ring for each pin: a page of the model's table, or more. */
static int ring[MM_PINS];
static int rings;

bool lit_can_pin(void)
{
	struct io_uring_params params;
	int fd;

	memset(&params, 0, sizeof(params));
	fd = syscall(SYS_io_uring_setup, 1, &params);
	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

/* Not to be had at all (ENODEV), or not for this memory (-1 and errno). */
int lit_pin(void *addr, size_t bytes)
{
	struct io_uring_params params;
	struct iovec buffer = { addr, bytes };
	int fd, error;

	memset(&params, 0, sizeof(params));
	if (rings == MM_PINS) {
		errno = EMFILE;
		return -1;
	}
	fd = syscall(SYS_io_uring_setup, 1, &params);
	if (fd < 0)
		return lit_fail(ENODEV, "pin pages: io_uring_setup: %s",
				strerror(errno));
	if (syscall(SYS_io_uring_register, fd, IORING_REGISTER_BUFFERS, &buffer,
		    1)) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	ring[rings++] = fd;
	return 0;
}

/* Closing would not do: it is finished later, and children have a copy. */
int lit_unpin(void)
{
	int rc = 0;

	while (rings) {
		int fd = ring[--rings];

		rc |= syscall(SYS_io_uring_register, fd,
			      IORING_UNREGISTER_BUFFERS, NULL, 0);
		close(fd);
	}
	return rc;
}

void lit_pins_forget(void)
{
	while (rings)
		close(ring[--rings]);
}
