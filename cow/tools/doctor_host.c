// SPDX-License-Identifier: MIT
/* What the host limits, and what it does to pages by itself. */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "doctor.h"
#include "observe/observe.h"

bool doctor_read(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd < 0 ? -1 : read(fd, text, size - 1);

	if (fd >= 0)
		close(fd);
	text[got < 0 ? 0 : got] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return got >= 0;
}

/* The path of our control group in a line of /proc/self/cgroup, or NULL. */
static char *group_in(char *line)
{
	char *controllers = strchr(line, ':'), *path;

	path = controllers ? strchr(controllers + 1, ':') : NULL;
	if (!path)
		return NULL;
	*path++ = '\0';
	path[strcspn(path, "\n")] = '\0';
	controllers++;
	return !*controllers || strstr(controllers, "memory") ? path : NULL;
}

/* The lowest limit that a control group of version 1 or 2 has for us. */
static unsigned long long group_limit(void)
{
	static const char *const files[] = { "%s/memory.max",
					     "/memory%s/memory.limit_in_bytes",
					     "/memory/memory.limit_in_bytes" };
	FILE *groups = fopen("/proc/self/cgroup", "re");
	char line[PATH_MAX], end[PATH_MAX + 64], path[PATH_MAX + 96], text[32];
	unsigned long long least = ULLONG_MAX;

	while (groups && fgets(line, sizeof(line), groups)) {
		char *group = group_in(line);

		for (size_t i = 0; group && i < 3; i++) {
			snprintf(end, sizeof(end), files[i], group);
			snprintf(path, sizeof(path), "/sys/fs/cgroup%s", end);
			if (doctor_read(path, text, sizeof(text)) &&
			    strcmp(text, "max") &&
			    strtoull(text, NULL, 10) < least)
				least = strtoull(text, NULL, 10);
		}
	}
	if (groups)
		fclose(groups);
	return least;
}

void doctor_limit(struct finding *is)
{
	unsigned long long bytes = group_limit();

	is->means = "larger --pages end with one clear line";
	/* Version 1 says "none" by the largest number of whole pages. */
	if (bytes >= LLONG_MAX / obs_page_size() * obs_page_size())
		strcpy(is->value, "none");
	else
		snprintf(is->value, sizeof(is->value), "%llu MiB, by cgroup",
			 bytes >> 20);
}

/* A limit of setrlimit(2), in a word. */
static void put_limit(char *text, size_t size, const char *name, int which)
{
	struct rlimit limit = { 0 };
	size_t used = strlen(text);

	getrlimit(which, &limit);
	if (limit.rlim_cur == RLIM_INFINITY)
		snprintf(text + used, size - used, "%s no", name);
	else
		snprintf(text + used, size - used, "%s %lluK", name,
			 (unsigned long long)limit.rlim_cur >> 10);
}

void doctor_process_limits(struct finding *is)
{
	put_limit(is->value, sizeof(is->value), "AS", RLIMIT_AS);
	put_limit(is->value, sizeof(is->value), ", DATA", RLIMIT_DATA);
	is->means = "beyond, mmap() and sbrk() fail with ENOMEM";
}

void doctor_locked(struct finding *is)
{
	put_limit(is->value, sizeof(is->value), "MEMLOCK", RLIMIT_MEMLOCK);
	is->means = "what demos can keep from being reclaimed";
}

/* A small file's text as the value; @none where there is none. */
static bool value_of(struct finding *is, const char *path, const char *none)
{
	if (doctor_read(path, is->value, sizeof(is->value)))
		return true;
	strcpy(is->value, none);
	return false;
}

/* Sizes between a page and a huge page that faults may be given. */
void doctor_middle_pages(struct finding *is)
{
	static const char dir[] = "/sys/kernel/mm/transparent_hugepage";
	size_t page_size = obs_page_size() >> 10, on = 0;
	char path[128], text[64];

	for (size_t size = 2 * page_size; size < 1 << 20; size *= 2) {
		snprintf(path, sizeof(path), "%s/hugepages-%zukB/enabled", dir,
			 size);
		on += doctor_read(path, text, sizeof(text)) &&
		      !strstr(text, "[never]");
	}
	snprintf(is->value, sizeof(is->value), "sizes on: %zu", on);
	is->means = "demos refuse them (PR_SET_THP_DISABLE)";
}

void doctor_merging(struct finding *is)
{
	value_of(is, "/sys/kernel/mm/ksm/run", "not built in");
	is->means = strcmp(is->value, "1") ?
			    "ksmd merges nothing: cow/ksm skips steps" :
			    "equal pages may be merged, of who asks for it";
}

void doctor_balancing(struct finding *is)
{
	bool known =
		value_of(is, "/proc/sys/kernel/numa_balancing", "not built in");

	is->means = known && strcmp(is->value, "0") ?
			    "may unmap and move pages: such a step is skipped" :
			    "no page is unmapped to see who uses it";
}

void doctor_landlock(struct finding *is)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	if (version < 0)
		strcpy(is->value, "none");
	else
		snprintf(is->value, sizeof(is->value), "version %ld", version);
	is->means = version < 0 ? "the sandbox lets no file be written" :
				  "the kernel decides on files in the sandbox";
}
