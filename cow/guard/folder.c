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
#include <sys/file.h>
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

/*
 * Locked as long as its keeper lives, which is how guard_clear_folders() tells
 * those that nobody will remove. A new one may be taken for such before it is.
 */
int guard_make_folder(const char *path)
{
	struct stat st;
	int fd;

	if (!path)
		return 0;
	do {
		if (mkdir(path, 0700))
			return -errno;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0 && errno == ENOENT)
			continue;
		if (fd < 0 || flock(fd, LOCK_SH) || fstat(fd, &st))
			return -errno;
		if (!st.st_nlink)
			close(fd);
	} while (fd < 0 || !st.st_nlink);
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

/* NAME, a dash, 16 digits, and ours: then guard_folder_name() made it up. */
static bool is_named(const char *entry, const char *name)
{
	size_t len = strlen(name);

	return !strncmp(entry, name, len) && entry[len] == '-' &&
	       strspn(entry + len + 1, "0123456789abcdef") == 16 &&
	       !entry[len + 17];
}

static bool is_forsaken(int parent, const char *entry, int *fd)
{
	struct stat st;

	*fd = openat(parent, entry,
		     O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return *fd >= 0 && !fstat(*fd, &st) && st.st_uid == geteuid() &&
	       !flock(*fd, LOCK_EX | LOCK_NB);
}

void guard_clear_folders(const char *name)
{
	const char *parent = parent_folder();
	DIR *dir = opendir(parent);
	char path[PATH_MAX];
	struct dirent *d;
	int fd;

	while (dir && (d = readdir(dir)) != NULL) {
		if (!is_named(d->d_name, name))
			continue;
		if (is_forsaken(dirfd(dir), d->d_name, &fd) &&
		    snprintf(path, sizeof(path), "%s/%s", parent, d->d_name) <
			    (int)sizeof(path))
			guard_remove_folder(path);
		if (fd >= 0)
			close(fd);
	}
	if (dir)
		closedir(dir);
}
