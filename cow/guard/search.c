// SPDX-License-Identifier: MIT
/*
 * search.c - which file does a command's name stand for? The search of
 * execvp(3), done before the filter is in force: each try would be a call.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "internal.h"

int guard_search(const char *name, char *path, size_t size)
{
	const char *dir = getenv("PATH"), *end;
	int err = -ENOENT;
	struct stat st;

	if (strchr(name, '/')) {
		if (strlen(name) >= size)
			return -ENAMETOOLONG;
		strcpy(path, name);
		return access(path, X_OK) ? -errno : 0;
	}
	for (dir = dir ? dir : "/usr/bin:/bin"; *dir; dir = end + !!*end) {
		end = strchrnul(dir, ':');
		if ((size_t)snprintf(path, size, "%.*s/%s", (int)(end - dir),
				     end == dir ? "." : dir, name) >= size)
			continue;
		if (stat(path, &st) || !S_ISREG(st.st_mode))
			continue;
		if (!access(path, X_OK))
			return 0;
		err = -errno;
	}
	return err;
}
