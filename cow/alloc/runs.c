// SPDX-License-Identifier: MIT
/*
 * The lists of runs: by kind and by length, each length up to 16 units a list
 * of its own, then four lists to a doubling; and how runs become one.
 */
#include "spans.h"

#include <sys/mman.h>

#define EXACT 16 /* a power of two */
#define TRIES 32 /* runs that are looked at for an aligned place */

static unsigned int bin_of(size_t units)
{
	unsigned int log;

	if (units < EXACT)
		return (unsigned int)units;
	log = 63 - (unsigned int)__builtin_clzll(units);
	log = EXACT + 4 * (log - 4) + (unsigned int)(units >> (log - 2) & 3);
	return log < RUN_BINS ? log : RUN_BINS - 1;
}

/* What was dirty before the last fork is stale while relatives live. */
enum run_kind run_kind(const struct spans *spans, const struct span *run)
{
	if (!run->dirty)
		return RUN_CLEAN;
	return span_inherited(spans, run) ? RUN_STALE : RUN_DIRTY;
}

void run_add(struct spans *spans, struct span *run)
{
	struct runs *runs = &spans->pages.runs[run_kind(spans, run)];
	unsigned int bin = bin_of(run->units);

	list_add(&runs->bins[bin], run);
	runs->some[bin / 64] |= (uint64_t)1 << bin % 64;
	runs->units += run->units;
	pagemap_set(run->base, run);
	pagemap_set(run->base + span_bytes(run) - 1, run);
}

void run_remove(struct spans *spans, struct span *run)
{
	struct runs *runs = &spans->pages.runs[run_kind(spans, run)];
	unsigned int bin = bin_of(run->units);

	if (run->prev)
		run->prev->next = run->next;
	else
		runs->bins[bin] = run->next;
	if (run->next)
		run->next->prev = run->prev;
	else if (!run->prev)
		runs->some[bin / 64] &= ~((uint64_t)1 << bin % 64);
	runs->units -= run->units;
}

/* The first bin from one on that has a run, RUN_BINS for none. */
static unsigned int next_bin(const struct runs *runs, unsigned int bin)
{
	uint64_t word;

	while (bin < RUN_BINS) {
		word = runs->some[bin / 64] >> bin % 64;
		if (word)
			return bin + (unsigned int)__builtin_ctzll(word);
		bin = (bin / 64 + 1) * 64;
	}
	return RUN_BINS;
}

/* Units before the first aligned place. */
size_t run_gap(const struct span *run, size_t align)
{
	return (-(uintptr_t)run->base & (align - 1)) >> UNIT_SHIFT;
}

/* So many units, from the first aligned place in the run on. */
static bool fits(const struct span *run, size_t units, size_t align)
{
	return units + run_gap(run, align) <= run->units;
}

/*
 * A short one that is long enough; of equal ones the last put.  Where an aligned
 * place is asked for, a few that are just so long may happen to lie right.
 */
struct span *run_find(struct spans *spans, enum run_kind kind, size_t units,
		      size_t align)
{
	struct runs *runs = &spans->pages.runs[kind];
	unsigned int last = bin_of(units + (align >> UNIT_SHIFT) - 1);
	unsigned int bin = next_bin(runs, bin_of(units));
	unsigned int tries = TRIES;
	struct span *run;

	for (; bin < last && tries; bin = next_bin(runs, bin + 1))
		for (run = runs->bins[bin]; run && tries; run = run->next)
			if (tries--, fits(run, units, align))
				return run;
	/* In this bin some may be too short, in those beyond none is. */
	for (run = runs->bins[last]; run; run = run->next)
		if (fits(run, units, align))
			return run;
	bin = next_bin(runs, last + 1);
	return bin < RUN_BINS ? runs->bins[bin] : NULL;
}

static void join(struct spans *spans, struct span *run, struct span *gone)
{
	run_remove(spans, gone);
	if (gone->epoch < run->epoch)
		run->epoch = gone->epoch;
	run->units += gone->units;
	if (gone->base < run->base)
		run->base = gone->base;
	meta_record_drop(&spans->meta, gone);
}

/* A run of the same kind that ends or begins where this one begins or ends. */
static bool joins(const struct spans *spans, const struct span *run,
		  const struct span *other)
{
	return other && other->state == SPAN_RUN && other != run &&
	       run_kind(spans, other) == run_kind(spans, run) &&
	       (other->base + span_bytes(other) == run->base ||
		run->base + span_bytes(run) == other->base);
}

/* Makes a record a run, together with its neighbours. */
void run_settle(struct spans *spans, struct span *run)
{
	struct span *before = pagemap_get(run->base - 1);
	struct span *behind = pagemap_get(run->base + span_bytes(run));

	run->state = SPAN_RUN;
	run->fast = NULL;
	run->owner = NULL;
	run->limit = 0;
	if (joins(spans, run, before))
		join(spans, run, before);
	if (joins(spans, run, behind))
		join(spans, run, behind);
	run_add(spans, run);
}

/* Makes a run clean: false if the kernel would not have it. */
bool run_clean(struct spans *spans, struct span *run)
{
	if (madvise(run->base, span_bytes(run), MADV_DONTNEED))
		return false;
	run_remove(spans, run);
	run->dirty = false;
	run_settle(spans, run);
	return true;
}
