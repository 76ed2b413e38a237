// SPDX-License-Identifier: MIT
/* What failed, in words, for whoever prints it. */
#include <stdarg.h>

#include "internal.h"

static _Thread_local char failed_at[LIT_TEXT_MAX] = "nothing";

const char *lit_what(void)
{
	return failed_at;
}

int lit_fail(int error, const char *fmt, ...)
{
	char text[sizeof(failed_at)];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	snprintf(failed_at, sizeof(failed_at), "%s", text);
	return -error;
}
