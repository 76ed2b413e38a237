// SPDX-License-Identifier: MIT
/* Loses: valid. Has somebody else do the work. */
#include <stdlib.h>

#include "fit.h"

void fit_open(void *buffer, size_t bytes, enum fit_policy policy)
{
}

void *fit_malloc(size_t size)
{
	return malloc(size);
}

void fit_free(void *block)
{
	free(block);
}
