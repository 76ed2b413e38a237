// SPDX-License-Identifier: MIT
/*
 * folder.c - who removes a command's temporary files when its supervisor is
 * killed? The keeper, which outlives both: it makes their folder before the
 * command starts, and removes it after the last process has ended.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "internal.h"

/* Where POSIX has temporary files, as far as one may be made there. */
static const char *parent_folder(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir == '/' && !access(dir, W_OK | X_OK) ? dir : "/tmp";
}

int guard_folder_name(const char *name, char *path, size_t size)
{
	uint64_t word;

	if (getrandom(&word, sizeof(word), 0) != sizeof(word))
		return -EIO;
	if ((size_t)snprintf(path, size, "%s/%s-%016llx", parent_folder(), name,
			     (unsigned long long)word) >= size)
		return -ENAMETOOLONG;
	return 0;
}

static bool is_self_or_parent(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..");
}

static DIR *open_folder(int parent, const char *name)
{
	const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, flags);
	DIR *dir;

	/* Its own program may have shut us out. */
	if (fd < 0 && errno == EACCES && !fchmodat(parent, name, 0700, 0))
		fd = openat(parent, name, flags);
	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (!dir)
		close(fd);
	return dir;
}

/*
 * By descriptors, never by paths: a tree may be deeper than a path is long.
 * Return: entries that were in it, the folders below not opened.
 */
static unsigned int empty(DIR *dir)
{
	int fd = dirfd(dir);
	unsigned int n = 0;
	struct dirent *d;
	DIR *sub;

	while ((d = readdir(dir)) != NULL) {
		if (is_self_or_parent(d->d_name))
			continue;
		n++;
		if (!unlinkat(fd, d->d_name, 0) || errno != EISDIR)
			continue;
		sub = open_folder(fd, d->d_name);
		if (sub) {
			empty(sub);
			closedir(sub);
		}
		unlinkat(fd, d->d_name, AT_REMOVEDIR);
	}
	return n;
}

unsigned int guard_remove_folder(const char *path)
{
	DIR *dir = path ? open_folder(AT_FDCWD, path) : NULL;
	unsigned int n;

	if (!dir)
		return 0;
	n = empty(dir);
	/* A folder that shrinks while it is read may hide some of its rest. */
	while (rmdir(path) && errno == ENOTEMPTY) {
		rewinddir(dir);
		if (!empty(dir))
			break;
	}
	closedir(dir);
	return n;
}
