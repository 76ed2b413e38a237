// SPDX-License-Identifier: MIT
/*
 * Size classes: multiples of 16 bytes up to 128, then eight to each doubling,
 * so that at most one ninth of a block is nobody's (more below 144 bytes).
 */
#include "size_class.h"

#include <sys/single_threaded.h>

#define EVEN_CLASSES 8 /* those 16 bytes apart */
#define STEPS	     8 /* to each doubling beyond */

/* Bytes of the shortest span: never less than a unit, which may be 64 KiB. */
#define SPAN_LEAST (UNIT > (size_t)32 << 10 ? UNIT : (size_t)32 << 10)

uint8_t class_fine[GRANULES];
uint8_t class_coarse[GRANULES];
uint32_t class_bytes[CLASSES];

static uint32_t bytes_of(unsigned int sc)
{
	unsigned int doubling, step;

	if (sc < EVEN_CLASSES)
		return (sc + 1) * HEAP_ALIGN;
	doubling = (sc - EVEN_CLASSES) / STEPS;
	step = (sc - EVEN_CLASSES) % STEPS + 1;
	return ((uint32_t)HEAP_ALIGN << doubling) * (STEPS + step);
}

/* Every second one. */
static unsigned int coarse(unsigned int sc)
{
	if (sc < EVEN_CLASSES)
		return sc | 1;
	return EVEN_CLASSES + ((sc - EVEN_CLASSES) | 1);
}

void class_init(void)
{
	unsigned int sc;
	size_t granules;

	for (sc = 0; sc < CLASSES; sc++)
		class_bytes[sc] = bytes_of(sc);
	sc = 0;
	for (granules = 0; granules < GRANULES; granules++) {
		if (granules * HEAP_ALIGN > class_size(sc))
			sc++;
		class_fine[granules] = (uint8_t)sc;
		class_coarse[granules] = (uint8_t)coarse(sc);
	}
}

/* So many units or a few more, whichever leaves the smallest share over. */
static size_t fitting_units(size_t size, size_t least)
{
	size_t units, best = least;

	for (units = least + 1; units < 2 * least; units++)
		if ((units << UNIT_SHIFT) % size * best <
		    (best << UNIT_SHIFT) % size * units)
			best = units;
	return best;
}

/*
 * How long a span of a class is when the bin has so many already.  The first
 * ones are short, as many threads have few blocks of many classes; later ones
 * have as many blocks as a record of four cache lines has bits for.  Those of
 * larger blocks stay short: a span serves other classes only when it is empty.
 * With threads they are twice as long, as making one takes two system calls.
 */
size_t class_span_units(unsigned int sc, unsigned int spans)
{
	const size_t blocks = 1280, most = (size_t)1 << 20;
	const size_t larger = 1024;
	const size_t few = __libc_single_threaded ? 4 : 8;
	const size_t least = SPAN_LEAST;
	size_t size = class_size(sc);
	size_t bytes;

	if (size > larger) {
		bytes = few * size > least ? few * size : least;
		return fitting_units(size, (bytes + UNIT - 1) >> UNIT_SHIFT);
	}
	bytes = least << (spans < 5 ? spans : 5);
	if (bytes > blocks * size)
		bytes = blocks * size;
	if (bytes > most)
		bytes = most;
	return (bytes < least ? least : bytes) >> UNIT_SHIFT;
}
