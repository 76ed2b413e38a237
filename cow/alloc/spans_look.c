// SPDX-License-Identifier: MIT
/*
 * The spans engine, looked at: the walk over all blocks, the check, and what the
 * statistics say.
 */
#include "spans.h"

#include <errno.h>

/* The chunk with the next higher address; they are listed by age. */
static const struct chunk *next_chunk(const struct spans *spans,
				      const char *from)
{
	const struct chunk *found = NULL;
	const struct chunk *chunk;

	for (chunk = spans->pages.chunks; chunk; chunk = chunk->next)
		if (chunk->mapping.start >= from &&
		    (!found || chunk->mapping.start < found->mapping.start))
			found = chunk;
	return found;
}

/* Calls for each span and run in the order of addresses, till one says stop. */
int spans_each(struct spans *spans,
	       int (*visit)(struct span *span, size_t chunk, void *arg),
	       void *arg)
{
	const struct chunk *chunk = next_chunk(spans, NULL);
	size_t number = 0;
	int result = 0;

	for (; chunk && !result; number++) {
		const char *at = chunk->mapping.start;
		const char *end = at + chunk->mapping.bytes;

		while (at < end && !result) {
			struct span *span = pagemap_get(at);

			if (!span || span_start(span) != at || !span->units)
				return -EUCLEAN;
			result = visit(span, number, arg);
			at += span_bytes(span);
		}
		chunk = next_chunk(spans, end);
	}
	return result;
}

/* A walk in the making. */
struct walk {
	int (*visit)(const struct heap_block *block, void *arg);
	void *arg;
};

static int walk_blocks(struct span *span, size_t chunk, const struct walk *walk)
{
	size_t size = span_block_size(span);
	size_t count = span->capacity;
	int result = 0;
	size_t i;

	for (i = 0; i < count && !result; i++) {
		bool used = !span_is_free(span, i);
		struct heap_block block = {
			.region = chunk,
			.start = span->base + i * size,
			.size = size,
			.payload = span->base + i * size,
			.requested = used ? size : 0,
			.used = used,
		};

		result = walk->visit(&block, walk->arg);
	}
	return result;
}

static int walk_span(struct span *span, size_t chunk, void *arg)
{
	const struct walk *walk = arg;
	bool used = span->state == SPAN_LARGE;
	struct heap_block block = {
		.region = chunk,
		.start = span->base,
		.size = span_bytes(span),
		.payload = span->base,
		.requested = used ? span_bytes(span) : 0,
		.used = used,
		.own_mapping = used,
	};

	if (span->state > SPAN_LARGE)
		return walk_blocks(span, chunk, walk);
	return walk->visit(&block, walk->arg);
}

int spans_walk(struct heap *heap,
	       int (*visit)(const struct heap_block *block, void *arg),
	       void *arg)
{
	struct walk walk = { visit, arg };
	int result;

	if (lock_take_quiet(&heap->spans->pages.lock))
		return -EDEADLK;
	result = spans_each(heap->spans, walk_span, &walk);
	lock_drop_quiet(&heap->spans->pages.lock);
	return result;
}

static int weigh_span(struct span *span, size_t chunk, void *arg)
{
	size_t size = span_block_size(span);
	size_t live = span->capacity - span_free_blocks(span);
	struct weight *weight = arg;

	(void)chunk;
	if (span->state == SPAN_LARGE) {
		weight->touched += span_bytes(span);
		weight->live += span_bytes(span);
	} else if (span->state > SPAN_LARGE) {
		weight->touched += span->begun * size;
		weight->live += live * size;
	}
	return 0;
}

/* Called with the lock of the pages. */
int spans_weigh(struct spans *spans, struct weight *weight)
{
	*weight = (struct weight){ 0 };
	return spans_each(spans, weigh_span, weight);
}

/* What a check counts and finds. */
struct check {
	const struct spans *spans;
	struct heap_fault *fault;
	size_t units[RUN_KINDS];
	size_t used;
};

static int broken(const struct check *check, const char *invariant,
		  const void *address)
{
	check->fault->invariant = invariant;
	check->fault->address = address;
	return -EUCLEAN;
}

static bool no_bit_beyond(const struct span *span)
{
	size_t begun = span->begun;
	size_t i;

	for (i = 0; i < span->words; i++) {
		size_t first = begun > 64 * i ? begun - 64 * i : 0;

		if (first < 64 && word_get(&span->map[i]) >> first)
			return false;
	}
	return true;
}

static int check_small(const struct check *check, struct span *span)
{
	size_t live = span->capacity - span_free_blocks(span);
	size_t unit;

	for (unit = 0; unit < span->units; unit++)
		if (pagemap_get(span_start(span) + (unit << UNIT_SHIFT)) !=
		    span)
			return broken(check, "each unit leads to its span",
				      span);
	if (!no_bit_beyond(span))
		return broken(check, "no bit stands behind the last block",
			      span);
	if (span->state == SPAN_LISTED && live && span->until != (int32_t)live)
		return broken(check, "a listed span knows its live blocks",
			      span);
	return 0;
}

static int check_span(struct span *span, size_t chunk, void *arg)
{
	struct check *check = arg;

	(void)chunk;
	if (span->state == SPAN_RUN) {
		check->units[run_kind(check->spans, span)] += span->units;
		return 0;
	}
	check->used += span->units;
	return span->state > SPAN_LARGE ? check_small(check, span) : 0;
}

static int check_sums(const struct check *check)
{
	const struct pages *pages = &check->spans->pages;
	enum run_kind kind;

	for (kind = 0; kind < RUN_KINDS; kind++)
		if (pages->runs[kind].units != check->units[kind])
			return broken(check, "runs add up to what is unused",
				      &pages->runs[kind]);
	if (pages->used != check->used)
		return broken(check, "spans add up to what is used", pages);
	return 0;
}

int spans_check(struct heap *heap, struct heap_fault *fault)
{
	struct check check = { .spans = heap->spans, .fault = fault };
	int err;

	if (lock_take_quiet(&heap->spans->pages.lock))
		return -EDEADLK;
	fault->invariant = "spans and runs lie side by side";
	fault->address = NULL;
	err = spans_each(heap->spans, check_span, &check);
	if (!err)
		err = check_sums(&check);
	lock_drop_quiet(&heap->spans->pages.lock);
	return err;
}

static int count_block(const struct heap_block *block, void *arg)
{
	struct heap_stats *stats = arg;

	stats->regions = block->region + 1;
	if (block->used) {
		stats->used_blocks++;
		stats->usable += block->size;
		stats->requested += block->requested;
		return 0;
	}
	stats->free_blocks++;
	stats->free_bytes += block->size;
	if (block->size > stats->largest_free)
		stats->largest_free = block->size;
	return 0;
}

void spans_stats(struct heap *heap, struct heap_stats *stats)
{
	struct spans *spans = heap->spans;

	/* A span in the making by another thread may end the count. */
	spans_walk(heap, count_block, stats);
	stats->forks = spans->epoch;
	stats->sealed = spans->sealed;
	stats->ended_alone = spans->ended_alone;
	stats->ended_spent = spans->ended_spent;
	stats->charge = spans->charge;
	stats->budget = spans->budget;
}
