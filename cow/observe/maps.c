// SPDX-License-Identifier: MIT
/*
 * A process and its mappings, from /proc/PID/maps.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

int obs_proc_open(struct obs_proc *proc, const char *root, pid_t pid)
{
	char path[512], self[24] = "self";
	int len;

	if (pid)
		snprintf(self, sizeof(self), "%d", (int)pid);
	len = snprintf(path, sizeof(path), "%s/proc", root);
	if (len >= (int)sizeof(path))
		return obs_fail(ENAMETOOLONG, "open %.80s/proc", root);
	proc->pid = pid;
	proc->captured = *root;
	proc->root = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc->root < 0)
		return obs_fail(errno, "open %.120s", path);
	proc->dir = openat(proc->root, self, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (proc->dir < 0) {
		int error = errno;

		close(proc->root);
		return obs_fail(error, "open %.80s/%s", path, self);
	}
	return 0;
}

void obs_proc_close(struct obs_proc *proc)
{
	close(proc->dir);
	close(proc->root);
}

int obs_vma_parse(const char *line, struct obs_vma *vma)
{
	char perm[5];
	int name = 0;

	memset(vma, 0, sizeof(*vma));
	if (sscanf(line,
		   "%" SCNxPTR "-%" SCNxPTR " %4s %" SCNx64 " %*x:%*x %" SCNu64
		   " %n",
		   &vma->start, &vma->end, perm, &vma->offset, &vma->inode,
		   &name) < 5 ||
	    !name)
		return obs_fail(EINVAL, "parse the mapping '%.60s'", line);
	if (strlen(perm) != 4 || vma->start >= vma->end)
		return obs_fail(EINVAL, "parse the mapping '%.60s'", line);
	vma->read = perm[0] == 'r';
	vma->write = perm[1] == 'w';
	vma->exec = perm[2] == 'x';
	vma->shared = perm[3] == 's';
	snprintf(vma->name, sizeof(vma->name), "%.*s",
		 (int)strcspn(line + name, "\n"), line + name);
	return 0;
}

int obs_vma_each(const struct obs_proc *proc,
		 int (*visit)(const struct obs_vma *vma, void *arg), void *arg)
{
	struct obs_lines lines = { 0 };
	struct obs_vma vma;
	char *line;
	int rc = 0;

	lines.fd = openat(proc->dir, "maps", O_RDONLY | O_CLOEXEC);
	if (lines.fd < 0)
		return obs_fail(errno, "open /proc/PID/maps");
	while (!rc && (line = obs_line(&lines, &rc))) {
		rc = obs_vma_parse(line, &vma);
		if (!rc)
			rc = visit(&vma, arg);
	}
	close(lines.fd);
	return rc;
}

struct search {
	uintptr_t addr;
	struct obs_vma found;
};

static int is_it(const struct obs_vma *vma, void *arg)
{
	struct search *search = arg;

	if (search->addr < vma->start || search->addr >= vma->end)
		return 0;
	search->found = *vma;
	return 1;
}

int obs_vma_at(const struct obs_proc *proc, const void *addr,
	       struct obs_vma *vma)
{
	struct search search = { .addr = (uintptr_t)addr };
	int rc = obs_vma_each(proc, is_it, &search);

	if (rc == 0)
		return obs_fail(ENOENT, "find a mapping at %p", addr);
	*vma = search.found;
	return rc == 1 ? 0 : rc;
}

int obs_vma_of(pid_t pid, const void *addr, struct obs_vma *vma)
{
	struct obs_proc proc;
	int rc = obs_proc_open(&proc, "", pid);

	if (rc)
		return rc;
	rc = obs_vma_at(&proc, addr, vma);
	obs_proc_close(&proc);
	return rc;
}
