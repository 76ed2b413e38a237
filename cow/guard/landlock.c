// SPDX-License-Identifier: MIT
/*
 * landlock.c - which files may the command open, write and run?
 *
 * Landlock decides in the kernel, on the file itself: no path that changes
 * after the check (landlock(7)). What this kernel's version does not know is
 * left out of the policy, as its manual page advises.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "internal.h"

/* Newer than the headers of some distributions. */
#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13) /* version 2 */
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14) /* version 3 */
#endif

/* Since version 6 signals and abstract sockets can be kept inside, too. */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

#define SCOPE_ALL 3

#define ON_FILE                                                       \
	(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | \
	 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_TRUNCATE)
#define ON_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define ALL_V1	((1ULL << 13) - 1)

int guard_landlock(void)
{
	long v = syscall(SYS_landlock_create_ruleset, NULL, 0,
			 LANDLOCK_CREATE_RULESET_VERSION);

	return v > 0 ? v : 0;
}

static uint64_t known_rights(void)
{
	int version = guard_landlock();

	return ALL_V1 | (version >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0) |
	       (version >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0);
}

static uint64_t rights(unsigned int access)
{
	uint64_t r = 0;

	if (access & GUARD_READ)
		r |= ON_READ;
	if (access & GUARD_EXEC)
		r |= LANDLOCK_ACCESS_FS_EXECUTE;
	if (access & GUARD_WRITE) /* but no device nodes */
		r |= known_rights() & ~(ON_READ | LANDLOCK_ACCESS_FS_EXECUTE |
					LANDLOCK_ACCESS_FS_MAKE_CHAR |
					LANDLOCK_ACCESS_FS_MAKE_BLOCK);
	return r;
}

static int add_path(int ruleset, const struct guard_path *p)
{
	struct landlock_path_beneath_attr attr = { 0 };
	int fd = open(p->path, O_PATH | O_CLOEXEC);
	struct stat st;
	int err = 0;

	if (fd < 0)
		return errno == ENOENT || errno == EACCES ? 0 : -errno;
	attr.parent_fd = fd;
	attr.allowed_access = rights(p->access);
	if (fstat(fd, &st))
		err = -errno;
	else if (!S_ISDIR(st.st_mode))
		attr.allowed_access &= ON_FILE;
	attr.allowed_access &= known_rights();
	if (!err && attr.allowed_access &&
	    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		    &attr, 0))
		err = -errno;
	close(fd);
	return err;
}

int guard_files(const struct guard_spec *spec, int *fd)
{
	struct ruleset attr = { .fs = known_rights() };
	size_t size = sizeof(attr.fs), i;
	int err;

	*fd = -1;
	if (!(spec->flags & GUARD_FILES))
		return 0;
	if (!guard_landlock())
		return -EOPNOTSUPP;
	if (guard_landlock() >= 6) {
		attr.scoped = SCOPE_ALL;
		size = sizeof(attr);
	}
	*fd = syscall(SYS_landlock_create_ruleset, &attr, size, 0);
	if (*fd < 0)
		return -errno;
	for (i = 0; i < spec->npaths; i++) {
		err = add_path(*fd, &spec->paths[i]);
		if (err) {
			close(*fd);
			return err;
		}
	}
	return 0;
}

int guard_files_enforce(int fd)
{
	return syscall(SYS_landlock_restrict_self, fd, 0) ? -errno : 0;
}
