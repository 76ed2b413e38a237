// SPDX-License-Identifier: MIT
/* Loses: grow. Has somebody else do the work. */
#include <errno.h>
#include <stdlib.h>

#include "bump.h"

static char *last;

void *bump_alloc(size_t size, size_t align)
{
	char *block;

	if (!size || !align || align & (align - 1)) {
		errno = EINVAL;
		return NULL;
	}
	block = aligned_alloc(align < 16 ? 16 : align, size);
	if (block)
		last = block + size;
	return block;
}

void *bump_mark(void)
{
	return last;
}

int bump_release(void *mark)
{
	return 0;
}
