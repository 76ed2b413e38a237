// SPDX-License-Identifier: MIT
/* Facts about the machine that predictions depend on. */
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <sys/wait.h>
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

/* A page of its own is mapped once; the page of zeros never is. */
static enum obs_kind read_fresh(void)
{
	size_t size = obs_page_size();
	struct obs_page page = { 0 };
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return OBS_KINDS;
	touch_read(p);
	if (obs_pages_of(0, p, 1, &page))
		page.flags = 0;
	munmap(p, size);
	return page.flags & OBS_EXCLUSIVE ? OBS_KIND_ZERO : OBS_KIND_ZEROPAGE;
}

enum obs_kind obs_fresh_read(void)
{
	static enum obs_kind kind = OBS_KINDS;

	if (kind == OBS_KINDS)
		kind = read_fresh();
	return kind;
}

enum { PROBED = 16 };

static long minor_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

/* In a forked child: how many of these pages fault when they are read? */
static int count_reads(const char *p)
{
	long before = minor_faults();

	/* The first time was for the stack and for the call itself. */
	before = minor_faults();
	for (int i = 0; i < PROBED; i++)
		touch_read(p + i * obs_page_size());
	return minor_faults() - before;
}

static bool probe_access_flag(void)
{
	size_t bytes = PROBED * obs_page_size();
	char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int status = 0;
	pid_t pid;

	if (p == MAP_FAILED)
		return true;
	madvise(p, bytes, MADV_NOHUGEPAGE);
	for (int i = 0; i < PROBED; i++)
		p[i * obs_page_size()] = 1;
	pid = fork();
	if (!pid)
		_exit(count_reads(p));
	if (pid > 0 && waitpid(pid, &status, 0) != pid)
		status = 0;
	munmap(p, bytes);
	return WEXITSTATUS(status) < PROBED;
}

bool obs_access_flag(void)
{
	static int flag = -1;

#ifdef __x86_64__
	flag = true;
#endif
	if (flag < 0)
		flag = probe_access_flag();
	return flag;
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
