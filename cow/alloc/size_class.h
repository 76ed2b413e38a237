/* SPDX-License-Identifier: MIT */
/*
 * Which sizes of small blocks there are.
 */
#ifndef COW_ALLOC_SIZE_CLASS_H
#define COW_ALLOC_SIZE_CLASS_H

#include "pages.h"

#define CLASSES	   72
#define SMALL_MOST ((size_t)32 << 10) /* larger blocks have a span each */
#define GRANULES   (SMALL_MOST / HEAP_ALIGN + 1)

/* After a fork few blocks shall lie on few pages: fewer classes for a while. */
extern uint8_t class_fine[GRANULES] HIDDEN_SYMBOL;
extern uint8_t class_coarse[GRANULES] HIDDEN_SYMBOL;
extern uint32_t class_bytes[CLASSES] HIDDEN_SYMBOL;

void class_init(void);
size_t class_span_units(unsigned int sc, unsigned int spans);

static inline size_t class_size(unsigned int sc)
{
	return class_bytes[sc];
}

static inline unsigned int class_of(const uint8_t *classes, size_t size)
{
	return classes[(size + HEAP_ALIGN - 1) / HEAP_ALIGN];
}

/* The first class of blocks that all begin at a multiple; CLASSES for none. */
static inline unsigned int class_aligned(const uint8_t *classes, size_t size,
					 size_t align)
{
	unsigned int sc;

	size = (size + align - 1) & ~(align - 1);
	if (size > SMALL_MOST)
		return CLASSES;
	sc = class_of(classes, size);
	while (sc < CLASSES && class_size(sc) & (align - 1))
		sc++;
	return sc;
}

#endif
