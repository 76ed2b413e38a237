// SPDX-License-Identifier: MIT
/*
 * try.c - a place to play. `make` builds it together with your bump.c; it is
 * not graded. Change it as you like.
 */
#include <stdio.h>
#include <unistd.h>

#include "bump.h"

/* Printing would take a buffer from the break; this one does not. */
static char buffer[BUFSIZ];

static void show(const char *what, const void *address)
{
	printf("%-22s %14p   break %p\n", what, address, sbrk(0));
}

int main(void)
{
	void *mark;

	setvbuf(stdout, buffer, _IOLBF, sizeof(buffer));
	show("at the beginning", NULL);
	show("bump_alloc(10, 1)", bump_alloc(10, 1));
	show("bump_alloc(10, 64)", bump_alloc(10, 64));
	mark = bump_mark();
	show("bump_mark()", mark);
	show("bump_alloc(100000, 16)", bump_alloc(100000, 16));
	printf("bump_release() returns %d\n", bump_release(mark));
	show("bump_alloc(10, 1)", bump_alloc(10, 1));
	return 0;
}
