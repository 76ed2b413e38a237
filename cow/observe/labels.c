// SPDX-License-Identifier: MIT
/*
 * Which kind each fault was, by what the kernel's tracepoints told of it. The
 * pictures before and after are another witness: both must say the same of
 * every fault. Rules: mm/memory.c, handle_pte_fault() to wp_page_copy().
 */
#include <stdio.h>

#include "tracepoint.h"

const char *obs_labels_text(enum obs_labels labels)
{
	return labels == OBS_BY_TRACEPOINT ? "by tracepoint" : "by page states";
}

/* There was no entry. */
static enum obs_kind absent(const struct obs_traced *fault, uint32_t mapping)
{
	if (fault->huge)
		return OBS_KIND_HUGE;
	if (mapping & OBS_MAP_FILE)
		return fault->write && !(mapping & OBS_MAP_SHARED) ?
			       OBS_KIND_COPY :
			       OBS_KIND_FILE;
	if (fault->page)
		return OBS_KIND_ZERO;
	if (mapping & OBS_MAP_SHARED)
		return OBS_KIND_REMAP;
	return fault->write ? OBS_KIND_STRAY : OBS_KIND_ZEROPAGE;
}

/* There was one, which forbade to write. */
static enum obs_kind forbidden(const struct obs_traced *fault, uint32_t mapping)
{
	if (!fault->write)
		return OBS_KIND_STRAY;
	if (!fault->page)
		return mapping & OBS_MAP_SHARED ? OBS_KIND_NOTIFY :
						  OBS_KIND_REUSE;
	if (fault->huge)
		return OBS_KIND_HUGE;
	return fault->zeroed ? OBS_KIND_ZERO : OBS_KIND_COPY;
}

static enum obs_kind kind_of(const struct obs_traced *fault, uint32_t mapping)
{
	if (fault->refused)
		return OBS_KIND_SEGV;
	return fault->present ? forbidden(fault, mapping) :
				absent(fault, mapping);
}

/* Is the one fault that a page's entry tells of the one that was traced? */
static bool agrees(enum obs_kind traced, enum obs_kind seen)
{
	if (traced == OBS_KIND_SEGV || traced == seen)
		return true;
	/* What is merely permitted changes no entry. */
	return seen == OBS_KINDS &&
	       (traced == OBS_KIND_REUSE || traced == OBS_KIND_NOTIFY);
}

struct label {
	struct obs_window *window;
	uint64_t kind[OBS_KINDS];
	uint64_t total;
};

static void disagree(struct obs_window *window, size_t page,
		     enum obs_kind traced, enum obs_kind seen)
{
	if (*window->odd)
		return;
	snprintf(window->odd, sizeof(window->odd),
		 "page %zu: %s by tracepoint, %s by page states", page,
		 obs_kind_text(traced),
		 seen == OBS_KINDS ? "no change" : obs_kind_text(seen));
}

static void label_fault(const struct obs_traced *fault, void *arg)
{
	struct label *label = arg;
	struct obs_window *window = label->window;
	size_t page = (fault->addr - (uintptr_t)window->addr) / obs_page_size();
	const struct obs_page *before = &window->before[page];
	const struct obs_page *after = &window->after[page];
	enum obs_kind traced, seen;

	label->total++;
	if (fault->addr < (uintptr_t)window->addr || page >= window->pages) {
		label->kind[fault->refused ? OBS_KIND_SEGV : OBS_KIND_STRAY]++;
		return;
	}
	traced = kind_of(fault, after->flags & OBS_UNMAPPED ? before->flags :
							      after->flags);
	seen = obs_change(before, after);
	label->kind[traced]++;
	if (!agrees(traced, seen))
		disagree(window, page, traced, seen);
}

int obs_label(struct obs_window *window)
{
	struct obs_faults *faults = &window->faults;
	struct label label = { .window = window };
	int rc = obs_trace_each(label_fault, &label);

	if (rc)
		return rc;
	for (int i = 0; i < OBS_KINDS && !*window->odd; i++)
		if (label.kind[i] != faults->kind[i])
			snprintf(window->odd, sizeof(window->odd),
				 "%s: %llu by tracepoint, %llu by page states",
				 obs_kind_text(i),
				 (unsigned long long)label.kind[i],
				 (unsigned long long)faults->kind[i]);
	for (int i = 0; i < OBS_KINDS; i++)
		faults->kind[i] = label.kind[i];
	faults->labels = OBS_BY_TRACEPOINT;
	return 0;
}
