// SPDX-License-Identifier: MIT
/*
 * try.c - a place to play. `make` builds it together with your fit.c; it is
 * not graded. Change it as you like: ./try, ./try 1, ./try 2 choose the policy.
 */
#include <stdio.h>
#include <stdlib.h>

#include "fit.h"

static _Alignas(FIT_ALIGN) char buffer[1 << 16];

static void show(const char *what, const char *block)
{
	if (block)
		printf("%-28s at %td\n", what, block - buffer);
	else
		printf("%-28s NULL\n", what);
}

int main(int argc, char **argv)
{
	void *a, *b, *c;

	fit_open(buffer, sizeof(buffer), argc > 1 ? atoi(argv[1]) : FIT_FIRST);
	a = fit_malloc(500);
	show("a = fit_malloc(500)", a);
	show("fit_malloc(1)", fit_malloc(1));
	b = fit_malloc(100);
	show("b = fit_malloc(100)", b);
	show("fit_malloc(1)", fit_malloc(1));
	c = fit_malloc(1000);
	show("c = fit_malloc(1000)", c);
	show("fit_malloc(1)", fit_malloc(1));
	fit_free(a);
	fit_free(b);
	fit_free(c);
	puts("fit_free(a), (b), (c)");
	show("fit_malloc(90)", fit_malloc(90));
	return 0;
}
