// SPDX-License-Identifier: MIT
/*
 * loader.c - is it the dynamic loader that asks, or the program? The kernel
 * tells each program where its loader is mapped, in its auxiliary vector.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "internal.h"

/* AT_BASE of the program: where its loader is mapped, 0 without one. */
static uint64_t loader_base(pid_t pid)
{
	unsigned long auxv[128];
	int i, n = guard_read_proc(pid, "auxv", (char *)auxv, sizeof(auxv));

	for (i = 0; i + 1 < n / (int)sizeof(*auxv); i += 2)
		if (auxv[i] == AT_BASE)
			return auxv[i + 1];
	return 0;
}

/* The loader reaches from its base to the end of its file's mappings. */
void guard_find_loader(struct proc *p)
{
	char path[40], line[512], file[512], name[512];
	uint64_t lo, hi, base = loader_base(p->pid);
	FILE *f;

	p->loader_lo = 0;
	p->loader_hi = 0;
	snprintf(path, sizeof(path), "/proc/%d/maps", (int)p->pid);
	f = base ? fopen(path, "re") : NULL;
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line,
			   "%" SCNx64 "-%" SCNx64 " %*s %*s %*s %*s %511s", &lo,
			   &hi, name) != 3)
			continue;
		if (lo == base) {
			p->loader_lo = lo;
			strcpy(file, name);
		}
		if (p->loader_lo && lo >= base && !strcmp(file, name))
			p->loader_hi = hi;
	}
	fclose(f);
}
