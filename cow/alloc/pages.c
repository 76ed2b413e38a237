// SPDX-License-Identifier: MIT
/*
 * The units that spans are made of: taking them, and giving them back.
 *
 * Unused units lie in runs of three kinds.  Dirty ones hold pages that were
 * written to: they serve first, and too many of them are given back to the
 * kernel, which makes them clean.  Clean ones are zero, and cost no memory.
 * Stale ones are dirty ones that a relative has, too, since a fork: writing to
 * them would copy; they are made clean before they serve.
 */
#include "spans.h"

#include <string.h>

/* With the lock. */
static void put(struct spans *spans, struct span *span, bool dirty)
{
	struct pages *pages = &spans->pages;

	pages->used -= span->units;
	span->base = span_start(span);
	span->dirty = dirty;
	run_settle(spans, span);
	purge_most(spans);
}

void pages_put(struct spans *spans, struct span *span, bool dirty)
{
	/* In a signal handler in the midst of this: the units are lost. */
	if (lock_take_quiet(&spans->pages.lock))
		return;
	put(spans, span, dirty);
	lock_drop_quiet(&spans->pages.lock);
}

/* The front of a run, in a record of its own; the rest stays a run. */
static void cut_front(struct spans *spans, struct span *run, struct span *span,
		      size_t units)
{
	run_remove(spans, run);
	span->base = run->base;
	span->units = (uint32_t)units;
	span->dirty = run->dirty;
	span->epoch = run->epoch;
	run->base += units << UNIT_SHIFT;
	run->units -= (uint32_t)units;
	if (run->units)
		run_add(spans, run);
	else
		meta_record_drop(&spans->meta, run);
}

static struct span *find(struct spans *spans, const struct wanted *wanted)
{
	size_t units = wanted->units, align = wanted->align;
	struct runs *runs = spans->pages.runs;
	struct span *run;

	run = run_find(spans, RUN_DIRTY, units, align);
	if (run)
		return run;
	purge_ahead(spans, units - wanted->moved);
	run = run_find(spans, RUN_CLEAN, units, align);
	if (run)
		return run;
	while (runs[RUN_STALE].units >= units) {
		run = run_find(spans, RUN_STALE, 1, UNIT);
		if (!run || !run_clean(spans, run))
			break;
		run = run_find(spans, RUN_CLEAN, units, align);
		if (run)
			return run;
	}
	return NULL;
}

/* If they are there, but not in one piece: clean runs join. */
static struct span *find_joined(struct spans *spans, size_t units, size_t align)
{
	struct runs *runs = spans->pages.runs;

	if (runs[RUN_DIRTY].units + runs[RUN_CLEAN].units < units)
		return NULL;
	purge_until(spans, 0);
	return run_find(spans, RUN_CLEAN, units, align);
}

static struct span *find_or_grow(struct spans *spans,
				 const struct wanted *wanted)
{
	size_t units = wanted->units, align = wanted->align;
	size_t most = units + (align >> UNIT_SHIFT) - 1;
	struct span *run = find(spans, wanted);

	if (!run && !grow_chunk(spans, most)) {
		run = find_joined(spans, units, align);
		if (run || !grow_release(spans) || !grow_chunk(spans, most))
			return run;
	}
	return run ? run : run_find(spans, RUN_CLEAN, units, align);
}

/* Makes what stands before the aligned place a run of its own again. */
static int cut_gap(struct spans *spans, struct span *run, size_t align)
{
	size_t gap = run_gap(run, align);
	struct span *before;

	if (!gap)
		return 0;
	before = meta_record(&spans->meta, 0, 0);
	if (!before)
		return -1;
	cut_front(spans, run, before, gap);
	before->state = SPAN_RUN;
	run_add(spans, before);
	return 0;
}

/*
 * Until its maker says more it is a large block, and whole at once: a child that
 * another thread forks meanwhile has it as a block that nobody frees, as it has
 * all that the other threads of its parent had just got.
 */
static void begin(struct spans *spans, struct span *span)
{
	span->state = SPAN_LARGE;
	span->owner = spans->common;
	span->fast = NULL;
	span->limit = 0;
	span->epoch = spans->epoch;
	pagemap_set(span->base, span);
}

/* Fills in a record; 0, or -1 for no memory. */
static int take(struct spans *spans, struct span *span,
		const struct wanted *wanted)
{
	struct pages *pages = &spans->pages;
	size_t units = wanted->units, align = wanted->align;
	struct span *run;
	int err = -1;

	if (lock_take_quiet(&pages->lock))
		return err;
	if (wanted->used)
		run = run_find(spans, RUN_DIRTY, units, align);
	else
		run = find_or_grow(spans, wanted);
	if (run && !cut_gap(spans, run, align)) {
		cut_front(spans, run, span, units);
		begin(spans, span);
		pages->used += units;
		err = 0;
	}
	lock_drop_quiet(&pages->lock);
	return err;
}

static struct span *any_run(struct spans *spans)
{
	struct span *run = run_find(spans, RUN_DIRTY, 1, UNIT);

	if (!run)
		run = run_find(spans, RUN_CLEAN, 1, UNIT);
	if (run)
		return run;
	run = run_find(spans, RUN_STALE, 1, UNIT);
	return run && run_clean(spans, run) ? run : NULL;
}

/*
 * Where the kernel has no memory for records, a unit is used for them: in the
 * books it is a large block that nobody owns, whose record is its own first one.
 */
static bool feed_records(struct spans *spans)
{
	struct pages *pages = &spans->pages;
	struct span *run, *own = NULL;
	struct span piece = { 0 };

	if (lock_take_quiet(&pages->lock))
		return false;
	run = any_run(spans);
	if (run) {
		cut_front(spans, run, &piece, 1);
		memset(piece.base, 0, UNIT);
		own = meta_feed(&spans->meta, piece.base, UNIT);
	}
	/* If not, in a signal handler in the midst of that: the unit is lost. */
	if (own) {
		own->base = piece.base;
		own->units = 1;
		own->dirty = true;
		begin(spans, own);
		own->owner = NULL;
		pages->used++;
	}
	lock_drop_quiet(&pages->lock);
	return own;
}

/*
 * A span as wanted; NULL if memory has ended, or no such piece was used before.  A
 * child that another thread forks before the record is in use, or back, has lost
 * the record.
 */
struct span *pages_span(struct spans *spans, const struct wanted *wanted)
{
	struct span *span;

	quiet_begin();
	span = meta_record(&spans->meta, wanted->blocks, wanted->shelf);
	if (unlikely(!span) && feed_records(spans))
		span = meta_record(&spans->meta, wanted->blocks, wanted->shelf);
	if (span && take(spans, span, wanted)) {
		meta_record_drop(&spans->meta, span);
		span = NULL;
	}
	quiet_end();
	return span;
}

/* Lets a large block grow into the run behind it. */
bool pages_extend(struct spans *spans, struct span *span, size_t units)
{
	size_t more = units - span->units;
	struct pages *pages = &spans->pages;
	struct span *run, piece;
	bool fits;

	if (lock_take_quiet(&pages->lock))
		return false;
	run = pagemap_get(span->base + span_bytes(span));
	fits = run && run->state == SPAN_RUN && run->units >= more &&
	       run->base == span->base + span_bytes(span) &&
	       run_kind(spans, run) != RUN_STALE;
	if (fits) {
		cut_front(spans, run, &piece, more);
		span->units = (uint32_t)units;
		pages->used += more;
	}
	lock_drop_quiet(&pages->lock);
	return fits;
}

/* Gives back what a large block has beyond so many units, if that can be. */
void pages_cut(struct spans *spans, struct span *span, size_t units)
{
	struct span *rest = meta_record(&spans->meta, 0, 0);

	if (!rest)
		return;
	if (lock_take_quiet(&spans->pages.lock)) {
		meta_record_drop(&spans->meta, rest);
		return;
	}
	rest->base = span->base + (units << UNIT_SHIFT);
	rest->units = (uint32_t)(span->units - units);
	rest->epoch = span->epoch;
	span->units = (uint32_t)units;
	put(spans, rest, true);
	lock_drop_quiet(&spans->pages.lock);
}

/* A fork: what is dirty is a relative's, too. */
void pages_seal(struct spans *spans)
{
	struct runs *dirty = &spans->pages.runs[RUN_DIRTY];
	struct runs *stale = &spans->pages.runs[RUN_STALE];
	unsigned int bin;

	for (bin = 0; bin < RUN_BINS; bin++)
		list_join(&stale->bins[bin], &dirty->bins[bin]);
	for (bin = 0; bin < sizeof(dirty->some) / sizeof(*dirty->some); bin++)
		stale->some[bin] |= dirty->some[bin];
	stale->units += dirty->units;
	memset(dirty, 0, sizeof(*dirty));
}

/* Nobody else has them any more. Called with the lock. */
void pages_unseal(struct spans *spans)
{
	struct runs *stale = &spans->pages.runs[RUN_STALE];
	struct runs *dirty = &spans->pages.runs[RUN_DIRTY];
	unsigned int bin;

	for (bin = 0; bin < RUN_BINS; bin++)
		list_join(&dirty->bins[bin], &stale->bins[bin]);
	for (bin = 0; bin < sizeof(dirty->some) / sizeof(*dirty->some); bin++)
		dirty->some[bin] |= stale->some[bin];
	dirty->units += stale->units;
	memset(stale, 0, sizeof(*stale));
}

size_t pages_trim(struct spans *spans, size_t pad)
{
	size_t given;

	if (lock_take_quiet(&spans->pages.lock))
		return 0;
	given = purge_until(spans, pad >> UNIT_SHIFT) << UNIT_SHIFT;
	given += grow_release(spans);
	lock_drop_quiet(&spans->pages.lock);
	return given;
}
