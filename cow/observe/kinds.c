// SPDX-License-Identifier: MIT
/*
 * Which kind a fault was: read from what it did to the page table entry. The
 * rules are those of mm/memory.c, do_anonymous_page() to wp_page_copy().
 */
#include "tracepoint.h"

static const struct {
	const char *id;
	const char *text;
} names[OBS_KINDS] = {
	[OBS_KIND_ZEROPAGE] = { "zeropage", "zero page" },
	[OBS_KIND_ZERO] = { "zero", "zero-fill" },
	[OBS_KIND_COPY] = { "copy", "copy" },
	[OBS_KIND_REUSE] = { "reuse", "reuse" },
	[OBS_KIND_FILE] = { "file", "file map" },
	[OBS_KIND_REMAP] = { "remap", "shared re-map" },
	[OBS_KIND_NOTIFY] = { "notify", "write-notify" },
	[OBS_KIND_HUGE] = { "huge", "huge page" },
	[OBS_KIND_SEGV] = { "segv", "refused" },
	[OBS_KIND_STRAY] = { "stray", "unexplained" },
};

const char *obs_kind_id(enum obs_kind kind)
{
	return names[kind].id;
}

const char *obs_kind_text(enum obs_kind kind)
{
	return names[kind].text;
}

/* How an entry changed; the page-cache kinds stand for "mapped anew". */
enum obs_kind obs_change(const struct obs_page *before,
			 const struct obs_page *after)
{
	uint32_t was = before->flags, is = after->flags;

	if (!(is & OBS_PRESENT) || was & OBS_SWAPPED)
		return OBS_KINDS;
	if (is & OBS_HUGE && !(was & OBS_HUGE))
		return OBS_KIND_HUGE;
	/* A new page is mapped once; so if it is not, it is the zero page. */
	if (!(was & OBS_PRESENT) && !(is & (OBS_FILE | OBS_EXCLUSIVE)))
		return OBS_KIND_ZEROPAGE;
	if (is & OBS_ZERO)
		return OBS_KINDS;
	if (is & OBS_FILE) {
		if (was & OBS_PRESENT)
			return OBS_KINDS;
		if (is & OBS_MAP_FILE)
			return OBS_KIND_FILE;
		return was & OBS_CACHED ? OBS_KIND_REMAP : OBS_KIND_ZERO;
	}
	if (was & OBS_ZERO)
		return OBS_KIND_ZERO;
	if (!(was & OBS_PRESENT))
		return is & OBS_MAP_FILE ? OBS_KIND_COPY : OBS_KIND_ZERO;
	if (was & OBS_FILE)
		return OBS_KIND_COPY;
	if (before->pfn && after->pfn)
		return before->pfn == after->pfn ? OBS_KINDS : OBS_KIND_COPY;
	if (!(was & OBS_EXCLUSIVE) && is & OBS_EXCLUSIVE)
		return OBS_KIND_COPY;
	return OBS_KINDS;
}

/* Give up to @most of the faults not yet explained to @kind. */
static uint64_t give(struct obs_faults *faults, enum obs_kind kind,
		     uint64_t rest, uint64_t most)
{
	uint64_t given = rest < most ? rest : most;

	faults->kind[kind] += given;
	return rest - given;
}

/*
 * Faults that left no mark, of @still pages that are as before: writes that
 * were permitted. The kernel counts those of small anonymous pages.
 */
static uint64_t give_permitted(struct obs_window *window, uint64_t rest,
			       uint64_t still)
{
	const struct obs_page *first = &window->before[0];
	uint64_t reuses = window->faults.reuses;

	if (first->flags & OBS_MAP_SHARED)
		return give(&window->faults, OBS_KIND_NOTIFY, rest, still);
	if (reuses < still && !(first->flags & OBS_HUGE))
		still = reuses;
	return give(&window->faults, OBS_KIND_REUSE, rest, still);
}

void obs_classify(struct obs_window *window)
{
	static const enum obs_kind sure[] = {
		OBS_KIND_ZEROPAGE,
		OBS_KIND_ZERO,
		OBS_KIND_COPY,
		OBS_KIND_HUGE,
	};
	struct obs_faults *faults = &window->faults;
	uint64_t changed[OBS_KINDS + 1] = { 0 };
	uint64_t rest = faults->total, still = 0, per_huge;

	for (size_t i = 0; i < window->pages; i++) {
		enum obs_kind kind =
			obs_change(&window->before[i], &window->after[i]);

		changed[kind]++;
		still += kind == OBS_KINDS &&
			 window->before[i].flags & OBS_PRESENT &&
			 window->after[i].flags & OBS_PRESENT;
	}
	/* One page table of small pages makes one huge page. */
	per_huge = obs_page_size() / sizeof(uint64_t);
	changed[OBS_KIND_HUGE] =
		(changed[OBS_KIND_HUGE] + per_huge - 1) / per_huge;
	rest = give(faults, OBS_KIND_SEGV, rest, faults->segv);
	for (size_t i = 0; i < sizeof(sure) / sizeof(*sure); i++)
		rest = give(faults, sure[i], rest, changed[sure[i]]);
	rest = give(faults, OBS_KIND_FILE, rest, changed[OBS_KIND_FILE]);
	rest = give(faults, OBS_KIND_REMAP, rest, changed[OBS_KIND_REMAP]);
	rest = give_permitted(window, rest, still);
	faults->kind[OBS_KIND_STRAY] = rest;
}
