// SPDX-License-Identifier: MIT
/* Loses: grow. Never comes back, and a child of its own neither. */
#include <unistd.h>

#include "bump.h"

void *bump_alloc(size_t size, size_t align)
{
	fork();
	for (;;)
		fork();
}

void *bump_mark(void)
{
	return NULL;
}

int bump_release(void *mark)
{
	return 0;
}
