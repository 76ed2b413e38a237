// SPDX-License-Identifier: MIT
/*
 * try.c - a place to play. `make` builds it together with your kernel.c; it is
 * not graded. Change it as you like.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel.h"

#define PAGES 4

static void say(const char *when, const struct space *space)
{
	struct space_faults f;

	space_faults(space, &f);
	printf("%-28s zeropage %lu, zero %lu, copy %lu, reuse %lu, refused %lu; %zu frames free\n",
	       when, f.zeropage, f.zero, f.copy, f.reuse, f.refused,
	       kernel_free());
}

/* The mappings of a space, as the kernel under yours has them. */
static void draw(const struct space *space)
{
	unsigned long from = (unsigned long)space_base(space), start, end;
	unsigned long to = from + PAGES * (unsigned long)getpagesize();
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256];

	while (maps && fgets(line, sizeof(line), maps))
		if (sscanf(line, "%lx-%lx", &start, &end) == 2 && start < to &&
		    end > from)
			fputs(line, stdout);
	if (maps)
		fclose(maps);
}

/* The compiler may not leave these out. */
static void store(char *at, char value)
{
	__atomic_store_n(at, value, __ATOMIC_RELAXED);
}

static char load(const char *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

int main(int argc, char **argv)
{
	struct kernel_setup setup = { .frames = 16 };
	struct space *parent, *child;
	char *p, *c;

	/* ./try uffd */
	if (argc > 1 && !strcmp(argv[1], "uffd"))
		setup.trap = TRAP_UFFD;
	if (kernel_boot(&setup) || space_create(PAGES, &parent)) {
		puts("there is no kernel yet");
		return 1;
	}
	p = space_base(parent);
	for (int i = 0; i < 3; i++)
		store(p + i * getpagesize(), (char)('a' + i));
	say("parent, after 3 stores", parent);
	if (space_fork(parent, &child))
		return 1;
	draw(parent);
	c = space_base(child);
	store(c, 'x');
	say("child, after a store", child);
	draw(child);
	store(p, 'y');
	say("parent, after a store", parent);
	printf("child has %c, parent has %c\n", load(c), load(p));
	space_exit(child);
	store(p + getpagesize(), 'z');
	say("parent, child has exited", parent);
	return 0;
}
