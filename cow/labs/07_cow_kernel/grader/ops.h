/* SPDX-License-Identifier: MIT */
/* ops.h - what the examiner of this lab can ask the subject. */
#ifndef COW_KERNEL_OPS_H
#define COW_KERNEL_OPS_H

#include <stdint.h>

#include "../kernel.h"

/* Spaces are named by a number, as a scenario's processes are. */
#define SPACES 16
#define PAGES  16 /* of a space, at most */

enum {
	ASK_BOOT, /* frames, zero page, trap */
	ASK_CREATE, /* space, pages; where it is */
	ASK_FORK, /* parent, child; where that is */
	ASK_EXIT, /* space */
	ASK_DROP, /* space, first page, pages */
	ASK_UNMAP, /* space, first page, pages */
	ASK_STORE, /* space, offset, byte */
	ASK_FILL, /* space, page, value: the pattern, where nothing faults */
	ASK_LOAD, /* space, offset */
	ASK_LOOK, /* space, which pages it may load from: struct look */
	ASK_FREE, /* frames */
	ASK_ELSEWHERE, /* 0, or where: load from there */
	ASK_DIES, /* 0 or 1: a foreign access, or a page that was unmapped */
};

/* Did an access come through? */
enum { DONE, REFUSED, REFUSED_ELSEWHERE };

/* How a process ends that should have been ended, by ASK_DIES. */
enum { NOT_EVEN_GOOD = 70, CAME_THROUGH };

/* What is told of a space: it fits into an answer's data. */
struct look {
	uint64_t zeropage;
	uint64_t zero;
	uint64_t copy;
	uint64_t reuse;
	uint64_t refused;
	uint64_t sum[PAGES]; /* of the bytes of each page */
};

/* A page whose first byte is @value; one of zeros is all zeros. */
static inline unsigned char pattern(unsigned char value, uint64_t offset)
{
	return value ? (unsigned char)(value + offset * 7) : 0;
}

static inline uint64_t mix(uint64_t sum, unsigned char byte)
{
	return sum * 31 + byte + 1;
}

#endif
