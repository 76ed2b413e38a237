// SPDX-License-Identifier: MIT
/*
 * Sums in bytes, from smaps_rollup, smaps and meminfo; counts from vmstat.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

/* "Name:   123 kB" or "name 123", if it is the name we look for. */
static bool read_field(const char *line, const char *name, const char *after,
		       uint64_t *bytes)
{
	size_t len = strlen(name);
	char *end;
	uint64_t value;

	if (strncmp(line, name, len) || line[len] != *after)
		return false;
	value = strtoull(line + len + 1, &end, 10);
	if (end == line + len + 1)
		return false;
	*bytes = strncmp(end, " kB", 3) ? value : value * 1024;
	return true;
}

/* Take a line's field into the sums; returns 1 for one that is known. */
static size_t read_sum(const char *line, struct obs_rollup *sums)
{
	const struct {
		const char *name;
		uint64_t *value;
	} fields[] = {
		{ "Rss", &sums->rss },
		{ "Pss", &sums->pss },
		{ "Shared_Clean", &sums->shared_clean },
		{ "Shared_Dirty", &sums->shared_dirty },
		{ "Private_Clean", &sums->private_clean },
		{ "Private_Dirty", &sums->private_dirty },
		{ "Anonymous", &sums->anonymous },
		{ "AnonHugePages", &sums->anon_huge },
		{ "Swap", &sums->swap },
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (read_field(line, fields[i].name, ":", fields[i].value))
			return 1;
	return 0;
}

int obs_rollup(const struct obs_proc *proc, struct obs_rollup *sums)
{
	struct obs_lines lines = { 0 };
	size_t known = 0;
	char *line;
	int rc;

	memset(sums, 0, sizeof(*sums));
	lines.fd = openat(proc->dir, "smaps_rollup", O_RDONLY | O_CLOEXEC);
	if (lines.fd < 0)
		return obs_fail(errno, "open /proc/PID/smaps_rollup");
	while ((line = obs_line(&lines, &rc)))
		known += read_sum(line, sums);
	close(lines.fd);
	if (rc)
		return obs_fail(-rc, "read /proc/PID/smaps_rollup");
	return known ? 0 : obs_fail(EINVAL, "parse /proc/PID/smaps_rollup");
}

int obs_vma_sums(const struct obs_proc *proc, const void *addr,
		 struct obs_rollup *sums)
{
	struct obs_lines lines = { 0 };
	bool inside = false;
	size_t known = 0;
	struct obs_vma vma;
	char *line;
	int rc;

	memset(sums, 0, sizeof(*sums));
	lines.fd = openat(proc->dir, "smaps", O_RDONLY | O_CLOEXEC);
	if (lines.fd < 0)
		return obs_fail(errno, "open /proc/PID/smaps");
	while ((line = obs_line(&lines, &rc))) {
		if (!obs_vma_parse(line, &vma))
			inside = vma.start <= (uintptr_t)addr &&
				 (uintptr_t)addr < vma.end;
		else if (inside)
			known += read_sum(line, sums);
	}
	close(lines.fd);
	if (rc)
		return obs_fail(-rc, "read /proc/PID/smaps");
	return known ? 0 : obs_fail(ENOENT, "find %p in /proc/PID/smaps", addr);
}

int obs_vma_sums_of(pid_t pid, const void *addr, struct obs_rollup *sums)
{
	struct obs_proc proc;
	int rc = obs_proc_open(&proc, "", pid);

	if (rc)
		return rc;
	rc = obs_vma_sums(&proc, addr, sums);
	obs_proc_close(&proc);
	return rc;
}

/* Look for a field in a file of /proc itself. */
static int find_field(const struct obs_proc *proc, const char *file,
		      const char *field, const char *after, uint64_t *value)
{
	struct obs_lines lines = { 0 };
	bool found = false;
	char *line;
	int rc = 0;

	lines.fd = openat(proc->root, file, O_RDONLY | O_CLOEXEC);
	if (lines.fd < 0)
		return obs_fail(errno, "open /proc/%s", file);
	while (!found && (line = obs_line(&lines, &rc)))
		found = read_field(line, field, after, value);
	close(lines.fd);
	if (rc)
		return obs_fail(-rc, "read /proc/%s", file);
	return found ? 0 : obs_fail(ENOENT, "find %s in /proc/%s", field, file);
}

int obs_meminfo(const struct obs_proc *proc, const char *field, uint64_t *bytes)
{
	return find_field(proc, "meminfo", field, ":", bytes);
}

int obs_vmstat(const struct obs_proc *proc, const char *field, uint64_t *value)
{
	return find_field(proc, "vmstat", field, " ", value);
}
