// SPDX-License-Identifier: MIT
/*
 * How many dirty units are kept, and when the kernel gets the others.
 */
#include "spans.h"

/* Dirty units that are kept, however few are in use. */
#define KEEP_LEAST (((size_t)256 << 10) >> UNIT_SHIFT)
/* Of those in use so much more is kept: a share, or what comes and goes. */
#define KEEP_SHARE 64
#define KEEP_MOST  (((size_t)256 << 20) >> UNIT_SHIFT)

/* So many runs are asked for in vain at a time. */
#define REFUSED_MOST 64

/* A share of what is given back is kept no more another time. */
#define SWING_DECAY 4

/* The peak may rise by a share of what was given back to keep it. */
#define PEAK_RISES 4

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

/* A program that needs as much again and again: the same again may lie idle. */
static size_t keep_most(const struct pages *pages)
{
	return pages->used > KEEP_MOST ? pages->used : KEEP_MOST;
}

static size_t keep(const struct pages *pages)
{
	size_t share = pages->used / KEEP_SHARE;
	size_t swing = pages->swing;

	if (swing > keep_most(pages))
		swing = keep_most(pages);
	return KEEP_LEAST + (swing > share ? swing : share);
}

/* Seconds since some time ago, above 0; no call of the kernel. */
static time_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
	return time.tv_sec + 1;
}

/*
 * Gives back beyond so many.  Where the kernel refused, as pages are locked, it
 * is asked again after a second or two.
 */
static size_t give(struct spans *spans, size_t most)
{
	struct pages *pages = &spans->pages;
	size_t given;

	if (pages->refused && now() < pages->refused + 2)
		return 0;
	given = purge_until(spans, most);
	pages->refused = pages->runs[RUN_DIRTY].units > most ? now() : 0;
	return given;
}

/* After units have become dirty: as long as this doesn't go to and fro. */
void purge_most(struct spans *spans)
{
	struct pages *pages = &spans->pages;
	size_t most = keep(pages);
	size_t given;

	if (pages->runs[RUN_DIRTY].units <= most)
		return;
	given = give(spans, most - most / 8) / SWING_DECAY;
	pages->swing -= given < pages->swing ? given : pages->swing;
}

/* Pages that this heap may have, by what it needs. */
static size_t resident(const struct pages *pages)
{
	return pages->used + pages->runs[RUN_DIRTY].units;
}

/* Dirty units go, so that with so many clean ones the peak stays as it is. */
static void make_room(struct spans *spans, size_t units)
{
	struct pages *pages = &spans->pages;
	size_t dirty = pages->runs[RUN_DIRTY].units;
	size_t over = resident(pages) + units - pages->peak;

	if (dirty)
		pages->peak += give(spans, over < dirty ? dirty - over : 0) /
			       PEAK_RISES;
	if (resident(pages) + units > pages->peak)
		pages->peak = resident(pages) + units;
}

/*
 * So many clean units are about to get pages, as no dirty ones fit.  Where the
 * heap has had more than it has now some were given back in vain; but not while
 * it is sealed, and has others that may not serve.
 */
void purge_ahead(struct spans *spans, size_t units)
{
	struct pages *pages = &spans->pages;

	if (resident(pages) + units > pages->peak)
		make_room(spans, units);
	else if (!spans->sealed && pages->swing < keep_most(pages))
		pages->swing += units;
}
