// SPDX-License-Identifier: MIT
/*
 * brk.c - where is the break, to the byte, before a brk that waits?
 *
 * sys_brk reports failure by returning the break unchanged; a supervisor that
 * makes it fail must know that value, or the C library takes the answer for
 * the new break. /proc shows the end of the heap by page only. A request that
 * ends in the page the break is in never fails, so the break is the latest
 * request that ends there; and before any, the start of the heap.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "internal.h"

static uint64_t page_up(uint64_t addr)
{
	uint64_t page = sysconf(_SC_PAGESIZE);

	return (addr + page - 1) & ~(page - 1);
}

/* One entry a page is enough: the latest. */
void guard_brk_allowed(struct guard *g, const struct guard_event *ev)
{
	struct proc *p = guard_find_proc(g, ev->tid);
	uint64_t want = ev->args[0];
	unsigned int i;

	if (!p || !want)
		return;
	for (i = 0; i < p->nbreaks; i++)
		if (page_up(p->breaks[i]) == page_up(want))
			break;
	if (i == BREAKS_PER_PROC)
		i = 0;
	if (i < p->nbreaks)
		memmove(p->breaks + i, p->breaks + i + 1,
			(--p->nbreaks - i) * sizeof(*p->breaks));
	p->breaks[p->nbreaks++] = want;
}

static int start_of_heap(pid_t pid, uint64_t *addr)
{
	int err = guard_stat_field(pid, 47, addr);

	return err || *addr ? err : -EACCES;
}

/* End of the mappings called [heap], or start when there is none. */
static int end_of_heap(pid_t pid, uint64_t start, uint64_t *end)
{
	char path[40], line[512];
	uint64_t hi;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	f = fopen(path, "re");
	if (!f)
		return -errno;
	*end = start;
	while (fgets(line, sizeof(line), f))
		if (strstr(line, " [heap]\n") &&
		    sscanf(line, "%*x-%" SCNx64, &hi) == 1 && hi > *end)
			*end = hi;
	fclose(f);
	return 0;
}

int guard_break(struct guard *g, const struct guard_event *ev, uint64_t *start,
		uint64_t *now)
{
	struct proc *p = guard_find_proc(g, ev->tid);
	uint64_t lo, end;
	unsigned int i;
	int err;

	err = start_of_heap(ev->tid, &lo);
	if (!err)
		err = end_of_heap(ev->tid, lo, &end);
	if (!err && !guard_valid(g, ev->id))
		err = -ESRCH;
	if (err)
		return err;
	if (start)
		*start = lo;
	*now = end == page_up(lo) ? lo : end;
	for (i = p ? p->nbreaks : 0; i > 0; i--) {
		uint64_t asked = p->breaks[i - 1];

		if (asked >= lo && page_up(asked) == page_up(end)) {
			*now = asked;
			break;
		}
	}
	return 0;
}
