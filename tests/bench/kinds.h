/* SPDX-License-Identifier: MIT */
/*
 * What the page faults of a stretch of code were, over all private writable
 * memory of the calling process: copies, zero-fills, and the rest.
 */
#ifndef TESTS_BENCH_KINDS_H
#define TESTS_BENCH_KINDS_H

#include <stdint.h>

struct kinds {
	uint64_t faults; /* by getrusage: minor ones, all memory */
	uint64_t copy; /* present before, another frame now */
	uint64_t zero; /* absent or the zero page before, a new page now */
	uint64_t rest; /* reuse; a page that came and went */
};

void kinds_begin(void);
void kinds_end(struct kinds *kinds);

#endif
