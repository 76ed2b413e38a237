// SPDX-License-Identifier: MIT
/*
 * Where a measurement takes place: a range with nothing near it that could
 * merge with it, one CPU, no page held by a batch or marked, no huge pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "internal.h"

/* What one page table maps: its entries have 8 bytes each. */
static size_t table_reach(void)
{
	return obs_page_size() / sizeof(uint64_t) * obs_page_size();
}

static size_t round_up(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

/* Reserve room for @bytes aligned to @unit, and a unit free on each side. */
static int reserve(char **addr, size_t bytes, size_t unit)
{
	size_t room = bytes + 3 * unit;
	char *got = mmap(NULL, room, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *start, *end;

	if (got == MAP_FAILED)
		return obs_fail(errno, "mmap %zu bytes without access", room);
	end = got + room;
	start = (char *)round_up((uintptr_t)got + unit, unit);
	if (munmap(got, start - unit - got) && start - unit > got)
		return obs_fail(errno, "trim a reservation");
	if (munmap(start + bytes + unit, end - (start + bytes + unit)) &&
	    end > start + bytes + unit)
		return obs_fail(errno, "trim a reservation");
	*addr = start;
	return 0;
}

int obs_gap_map(char **addr, size_t bytes)
{
	size_t unit = table_reach();
	int rc;

	if (!bytes || bytes > SIZE_MAX / 2 - 4 * unit)
		return obs_fail(EINVAL, "reserve %zu bytes", bytes);
	bytes = round_up(bytes, obs_page_size());
	rc = reserve(addr, bytes, unit);
	if (rc)
		return rc;
	rc = obs_keep(*addr, bytes);
	if (rc)
		munmap(*addr - unit, bytes + 2 * unit);
	return rc;
}

int obs_gap_unmap(char *addr, size_t bytes)
{
	size_t unit = table_reach();

	bytes = round_up(bytes, obs_page_size());
	obs_unkeep(addr, bytes);
	if (munmap(addr - unit, bytes + 2 * unit))
		return obs_fail(errno, "unmap %zu bytes", bytes);
	return 0;
}

int obs_pin(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	if (cpu < 0)
		return obs_fail(errno, "ask which CPU this is");
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return obs_fail(errno, "stay on CPU %d", cpu);
	return 0;
}

int obs_drain(void)
{
	/* No page of ours: it is not to be moved, only asked for. */
	void *page = NULL;
	int node = 0, status;

	if (syscall(SYS_move_pages, 0, 1UL, &page, &node, &status,
		    MPOL_MF_MOVE) < 0)
		return obs_fail(errno, "drain the LRU batches by move_pages");
	return 0;
}

/* Some processors leave it to the kernel: then clearing the bit costs a fault. */
static bool sets_accessed(void)
{
	struct utsname machine;

	return !uname(&machine) && !strcmp(machine.machine, "x86_64");
}

int obs_unmark(void)
{
	int fd, error = 0;

	if (!sets_accessed())
		return obs_fail(EOPNOTSUPP, "clear accessed bits here");
	fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return obs_fail(errno, "open /proc/self/clear_refs");
	/* All pages, of files as well. */
	if (write(fd, "1", 1) != 1)
		error = errno;
	close(fd);
	return error ? obs_fail(error, "write /proc/self/clear_refs") : 0;
}

int obs_small_pages(void)
{
	if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
		return obs_fail(errno, "prctl PR_SET_THP_DISABLE");
	return 0;
}
