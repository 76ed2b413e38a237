// SPDX-License-Identifier: MIT
/*
 * How many dirty units are kept, and when the kernel gets the others.
 */
#include "spans.h"

/* Dirty units that are kept: a share of those in use, or what comes and goes. */
#define KEEP_LEAST (((size_t)512 << 10) >> UNIT_SHIFT)
#define KEEP_MOST  (((size_t)64 << 20) >> UNIT_SHIFT)
#define KEEP_SHARE 64

/* So many runs are asked for in vain at a time. */
#define REFUSED_MOST 64

/* So much of what is kept beside is forgotten at each time of giving back. */
#define SWING_DECAY 8

/*
 * Gives dirty units back, from the longest runs on, until so many are left.  The
 * kernel refuses a run that has a locked page: then others have their turn.
 */
size_t purge_until(struct spans *spans, size_t keep)
{
	struct runs *dirty = &spans->pages.runs[RUN_DIRTY];
	size_t before = dirty->units;
	unsigned int bin = RUN_BINS;
	unsigned int refused = 0;
	struct span *run, *next;

	while (bin--) {
		for (run = dirty->bins[bin]; run; run = next) {
			if (dirty->units <= keep || refused == REFUSED_MOST)
				return before - dirty->units;
			next = run->next;
			refused += !run_clean(spans, run);
		}
	}
	return before - dirty->units;
}

/*
 * What one large block takes should be there still when it comes again, and so
 * should what was given back in vain before.
 */
static size_t keep(const struct pages *pages)
{
	size_t again = pages->largest + pages->swing;
	size_t share = pages->used / KEEP_SHARE;

	if (again > KEEP_MOST)
		again = KEEP_MOST;
	return KEEP_LEAST + (again > share ? again : share);
}

/* Seconds since some time ago, above 0; no call of the kernel. */
static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return time.tv_sec + 1;
}

/*
 * Beyond that the kernel gets it, as long as this doesn't go to and fro.  Where
 * it refused, as pages are locked, it is asked again after a second or two.
 */
void purge_most(struct spans *spans)
{
	struct pages *pages = &spans->pages;
	size_t most = keep(pages);

	if (pages->runs[RUN_DIRTY].units <= most ||
	    (pages->refused && now() < pages->refused + 2))
		return;
	pages->purged = purge_until(spans, most / 2);
	pages->refused = pages->runs[RUN_DIRTY].units > most / 2 ? now() : 0;
	pages->swing -= pages->swing / SWING_DECAY;
}

/* Clean units are taken: were they dirty ones just now? */
void purge_regret(struct pages *pages, size_t units)
{
	size_t vain = units < pages->purged ? units : pages->purged;

	pages->purged -= vain;
	if (pages->swing < KEEP_MOST)
		pages->swing += vain;
}
