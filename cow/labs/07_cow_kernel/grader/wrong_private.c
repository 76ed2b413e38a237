// SPDX-License-Identifier: MIT
/*
 * Loses: share. Lets Linux copy: the child of a fork is a private mapping of
 * the parent's memory, and no store to it faults here.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel.h"

struct space {
	char *base;
	size_t pages;
	int file;
};

static struct space all[KERNEL_SPACES];
static size_t size;

int kernel_boot(const struct kernel_setup *setup)
{
	size = (size_t)getpagesize();
	return 0;
}

size_t kernel_free(void)
{
	return KERNEL_FRAMES;
}

static int make(int file, size_t pages, int flags, struct space **space)
{
	struct space *s = all;

	while (s->base)
		s++;
	s->base = mmap(NULL, pages * size, PROT_READ | PROT_WRITE, flags, file,
		       0);
	if (s->base == MAP_FAILED)
		return -errno;
	s->pages = pages;
	s->file = file;
	*space = s;
	return 0;
}

int space_create(size_t pages, struct space **space)
{
	int file = memfd_create("memory", MFD_CLOEXEC);

	if (file < 0 || ftruncate(file, (off_t)(pages * size)))
		return -errno;
	return make(file, pages, MAP_SHARED, space);
}

char *space_base(const struct space *space)
{
	return space->base;
}

int space_fork(struct space *parent, struct space **child)
{
	return make(parent->file, parent->pages, MAP_PRIVATE, child);
}

void space_drop(struct space *space, size_t first, size_t pages)
{
	madvise(space->base + first * size, pages * size, MADV_DONTNEED);
}

void space_unmap(struct space *space, size_t first, size_t pages)
{
	munmap(space->base + first * size, pages * size);
}

void space_exit(struct space *space)
{
	munmap(space->base, space->pages * size);
	space->base = NULL;
}

void space_faults(const struct space *space, struct space_faults *faults)
{
	memset(faults, 0, sizeof(*faults));
}
