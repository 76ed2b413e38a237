/* SPDX-License-Identifier: MIT */
/*
 * Touching memory on purpose. A load or a store whose value nobody needs is
 * what an optimising compiler removes first; so all of them are atomic, which
 * no compiler removes, and all of them stand here. A demo says
 * `touch_write(p, 'x')` where a program would say `*p = 'x'`.
 */
#ifndef COW_OBSERVE_TOUCH_H
#define COW_OBSERVE_TOUCH_H

#include <stddef.h>

/* What is behind it may be looked at: no allocation of it is optimised away. */
static inline void touch_nothing(const void *p)
{
	__asm__ __volatile__("" : : "r"(p) : "memory");
}

static inline void touch_write(void *p, char value)
{
	__atomic_store_n((char *)p, value, __ATOMIC_RELAXED);
}

static inline char touch_read(const void *p)
{
	return __atomic_load_n((const char *)p, __ATOMIC_RELAXED);
}

/* Store @value into the first byte of each of @pages pages. */
static inline void touch_write_pages(char *p, size_t pages, size_t page_size,
				     char value)
{
	for (size_t i = 0; i < pages; i++)
		touch_write(p + i * page_size, value);
}

/* Load the first byte of each of @pages pages. */
static inline void touch_read_pages(const char *p, size_t pages,
				    size_t page_size)
{
	for (size_t i = 0; i < pages; i++)
		touch_read(p + i * page_size);
}

/* How many of @pages pages start with @value? */
static inline size_t touch_count(const char *p, size_t pages, size_t page_size,
				 char value)
{
	size_t count = 0;

	for (size_t i = 0; i < pages; i++)
		count += touch_read(p + i * page_size) == value;
	return count;
}

#endif
