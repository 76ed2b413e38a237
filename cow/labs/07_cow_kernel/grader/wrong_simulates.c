// SPDX-License-Identifier: MIT
/*
 * Loses: share. Nothing ever faults: all memory is there and writable, copied at
 * fork, and the faults that there should have been are worked out afterwards,
 * from the bytes that have changed.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel.h"

struct space {
	char *base;
	size_t pages;
	int family;
	struct space_faults faults;
	bool there[KERNEL_PAGES];
	char *was; /* what stood in the pages when it was last looked */
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

static char *memory(void)
{
	return mmap(NULL, KERNEL_PAGES * size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

int space_create(size_t pages, struct space **space)
{
	struct space *s = all;

	while (s->base)
		s++;
	memset(s, 0, sizeof(*s));
	s->base = memory();
	s->was = memory();
	s->pages = pages;
	s->family = (int)(s - all);
	*space = s;
	return 0;
}

char *space_base(const struct space *space)
{
	return space->base;
}

int space_fork(struct space *parent, struct space **child)
{
	struct space *s;

	space_create(parent->pages, child);
	s = *child;
	memcpy(s->base, parent->base, KERNEL_PAGES * size);
	memcpy(s->was, parent->base, KERNEL_PAGES * size);
	memcpy(s->there, parent->there, sizeof(s->there));
	s->family = parent->family;
	return 0;
}

void space_drop(struct space *space, size_t first, size_t pages)
{
	memset(space->base + first * size, 0, pages * size);
	memset(space->there + first, 0, pages);
}

void space_unmap(struct space *space, size_t first, size_t pages)
{
	mprotect(space->base + first * size, pages * size, PROT_NONE);
}

void space_exit(struct space *space)
{
	munmap(space->base, KERNEL_PAGES * size);
	munmap(space->was, KERNEL_PAGES * size);
	space->base = NULL;
}

static bool others(const struct space *space, size_t i)
{
	for (struct space *s = all; s < all + KERNEL_SPACES; s++)
		if (s->base && s != space && s->family == space->family &&
		    !memcmp(s->base + i * size, space->was + i * size, size))
			return true;
	return false;
}

void space_faults(const struct space *space, struct space_faults *faults)
{
	struct space *s = all + (space - all);

	for (size_t i = 0; i < s->pages; i++) {
		if (!memcmp(s->base + i * size, s->was + i * size, size))
			continue;
		if (!s->there[i])
			s->faults.zero++;
		else if (others(s, i))
			s->faults.copy++;
		else
			s->faults.reuse++;
		s->there[i] = true;
		memcpy(s->was + i * size, s->base + i * size, size);
	}
	*faults = s->faults;
}
