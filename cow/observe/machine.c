// SPDX-License-Identifier: MIT
/* Facts about the machine that predictions depend on. */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "internal.h"

#define FAULT_AROUND_BYTES 65536
/* <linux/magic.h> of the distribution does not know these two. */
#define XFS_MAGIC 0x58465342
#define ZFS_MAGIC 0x2fc12fc1

size_t obs_page_size(void)
{
	return sysconf(_SC_PAGESIZE);
}

size_t obs_fault_around(void)
{
	int fd = open("/sys/kernel/debug/fault_around_bytes",
		      O_RDONLY | O_CLOEXEC);
	size_t bytes = FAULT_AROUND_BYTES;
	char text[32] = "";

	if (fd >= 0) {
		if (read(fd, text, sizeof(text) - 1) > 0)
			bytes = strtoul(text, NULL, 10);
		close(fd);
	}
	return bytes > obs_page_size() ? bytes / obs_page_size() : 1;
}

static const struct {
	unsigned long magic;
	const char *name;
	bool notifies;
} known[] = {
	{ EXT4_SUPER_MAGIC, "ext4", true },
	{ XFS_MAGIC, "xfs", true },
	{ BTRFS_SUPER_MAGIC, "btrfs", true },
	{ F2FS_SUPER_MAGIC, "f2fs", true },
	{ OVERLAYFS_SUPER_MAGIC, "overlayfs", true },
	{ TMPFS_MAGIC, "tmpfs", false },
	{ RAMFS_MAGIC, "ramfs", false },
	{ NFS_SUPER_MAGIC, "nfs", false },
	{ ZFS_MAGIC, "zfs", false },
	{ 0, "an unknown file system", false },
};

/* The place in the table of the file system that @fd is on. */
static size_t filesystem(int fd)
{
	size_t i, unknown = sizeof(known) / sizeof(*known) - 1;
	struct statfs fs;

	if (fstatfs(fd, &fs))
		return unknown;
	for (i = 0; i < unknown; i++)
		if ((unsigned long)fs.f_type == known[i].magic)
			break;
	return i;
}

const char *obs_filesystem(int fd)
{
	return known[filesystem(fd)].name;
}

bool obs_notifies(int fd)
{
	return known[filesystem(fd)].notifies;
}
