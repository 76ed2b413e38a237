/* SPDX-License-Identifier: MIT */
/* What madvise can be told. */
#ifndef COW_MODEL_ADVICE_H
#define COW_MODEL_ADVICE_H

#include <stdbool.h>

/* madvise(2) */
enum mm_advice {
	MM_ADV_DONTNEED,
	MM_ADV_FREE,
	MM_ADV_COLD,
	MM_ADV_WIPEONFORK,
	MM_ADV_KEEPONFORK,
	MM_ADV_DONTFORK,
	MM_ADV_DOFORK,
	MM_ADV_POPULATE_READ,
	MM_ADV_POPULATE_WRITE,
	MM_ADV_PAGEOUT,
	MM_ADV_HUGEPAGE,
	MM_ADV_NOHUGEPAGE,
	MM_ADV_MERGEABLE,
	MM_ADV_UNMERGEABLE,
	MM_ADVICES,
};

/* Does it take pages away that may be needed again? */
static inline bool mm_reclaims(enum mm_advice advice)
{
	return advice == MM_ADV_FREE || advice == MM_ADV_COLD ||
	       advice == MM_ADV_PAGEOUT;
}

#endif
