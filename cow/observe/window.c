// SPDX-License-Identifier: MIT
/* A window: counters and pictures, from a quiet beginning to a checked end. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tracepoint.h"

/* Keep the first error, with what was being done. */
static int keep(struct obs_window *window, int rc)
{
	if (rc && !window->error) {
		window->error = rc;
		snprintf(window->what, sizeof(window->what), "%s", obs_what());
	}
	return rc;
}

int obs_window_open(struct obs_window **window, void *addr, size_t pages)
{
	size_t page_size = obs_page_size(), bytes, each;
	struct obs_window *w;
	int rc;

	if (__builtin_mul_overflow(pages, sizeof(struct obs_page), &each) ||
	    __builtin_mul_overflow(each, (size_t)2, &bytes) ||
	    __builtin_add_overflow(bytes, sizeof(*w), &bytes) || !pages ||
	    (uintptr_t)addr % page_size)
		return obs_fail(EINVAL, "watch %zu pages at %p", pages, addr);
	rc = obs_trace_open(pages);
	if (!rc)
		rc = obs_keep(addr, pages * page_size);
	if (rc)
		return rc;
	w = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (w == MAP_FAILED) {
		rc = obs_fail(errno, "map %zu bytes for a window", bytes);
		obs_unkeep(addr, pages * page_size);
		return rc;
	}
	for (int i = 0; i < 3; i++)
		w->counter.fd[i] = -1;
	w->addr = addr;
	w->pages = pages;
	w->bytes = bytes;
	w->before = (struct obs_page *)(w + 1);
	w->after = w->before + pages;
	*window = w;
	return 0;
}

void obs_window_close(struct obs_window *window)
{
	if (!window)
		return;
	obs_unkeep(window->addr, window->pages * obs_page_size());
	munmap(window, window->bytes);
}

static int prepare(struct obs_window *window, bool traced)
{
	int rc = obs_pages_of(0, window->addr, window->pages, window->before);

	if (!rc)
		rc = obs_quiet();
	window->counter.traced = false;
	if (!rc && traced && window->faults.source == OBS_PERF)
		rc = obs_trace_begin(window->pages, &window->counter.traced);
	if (!rc)
		rc = obs_counter_read(window->counter.fd,
				      window->counter.start);
	if (!rc)
		rc = obs_control("enable");
	return rc;
}

int obs_begin_as(struct obs_window *window, bool traced)
{
	int rc;

	/* Refused in containers: then pinning alone keeps pages what they are. */
	obs_drain();
	/* Where this is refused a fault may be taken twice, which is rare. */
	obs_unmark();
	window->error = 0;
	*window->odd = '\0';
	memset(&window->faults, 0, sizeof(window->faults));
	rc = obs_counter_open(window->counter.fd, &window->faults.source);
	if (!rc)
		rc = prepare(window, traced);
	if (rc)
		obs_counter_close(window->counter.fd);
	window->counter.running = !rc;
	return keep(window, rc);
}

int obs_begin(struct obs_window *window)
{
	return obs_begin_as(window, true);
}

/* perf's count must be what getrusage's is, less what perf can't see. */
static int agree(const struct obs_window *window, const char *what,
		 uint64_t perf, uint64_t usage)
{
	if (window->faults.source == OBS_RUSAGE || perf == usage)
		return 0;
	return obs_fail(
		EBADMSG,
		"find one number of %s: perf counts %llu, getrusage %llu", what,
		(unsigned long long)perf, (unsigned long long)usage);
}

/* perf and getrusage see the same faults, but for the gaps each has. */
static int add_up(struct obs_window *window, const uint64_t *end)
{
	struct obs_faults *faults = &window->faults;
	uint64_t count[OBS_COUNTS], hidden = faults->populated;
	int rc;

	for (int i = 0; i < OBS_COUNTS; i++)
		count[i] = end[i] - window->counter.start[i];
	faults->minor = count[OBS_RU_MINOR];
	faults->major = count[OBS_RU_MAJOR];
	faults->segv = count[OBS_REFUSED];
	faults->reuses = end[OBS_REUSES] == UINT64_MAX ? UINT64_MAX :
							 count[OBS_REUSES];
	faults->total = faults->minor + faults->major + faults->segv -
			faults->populated;
	if (faults->source == OBS_PERF_USER)
		hidden += faults->kernel;
	faults->by_perf = faults->minor + faults->major + faults->segv - hidden;
	rc = agree(window, "the faults", count[OBS_PERF_TOTAL],
		   faults->by_perf);
	if (!rc)
		rc = agree(window, "the minor faults", count[OBS_PERF_MINOR],
			   faults->minor - hidden);
	if (!rc)
		rc = agree(window, "the major faults", count[OBS_PERF_MAJOR],
			   faults->major);
	return rc;
}

static int conclude(struct obs_window *window)
{
	uint64_t end[OBS_COUNTS];
	int rc = obs_control("disable");

	if (!rc)
		rc = obs_counter_read(window->counter.fd, end);
	obs_counter_close(window->counter.fd);
	if (!rc && window->counter.traced)
		rc = obs_ring_stop();
	if (!rc)
		rc = obs_pages_of(0, window->addr, window->pages,
				  window->after);
	if (!rc)
		rc = add_up(window, end);
	if (rc)
		return rc;
	obs_classify(window);
	return window->counter.traced ? obs_label(window) : 0;
}

int obs_end(struct obs_window *window)
{
	int error = errno, rc = window->error;

	if (!rc && !window->counter.running)
		rc = obs_fail(EINVAL, "end a window that did not begin");
	if (!rc)
		rc = keep(window, conclude(window));
	window->counter.running = false;
	/* What is studied in a window may be a system call. */
	errno = error;
	return rc;
}

void obs_note_populated(struct obs_window *window, uint64_t pages)
{
	window->faults.populated += pages;
}

void obs_note_kernel(struct obs_window *window, uint64_t pages)
{
	window->faults.kernel += pages;
}

size_t obs_matches(const struct obs_window *window, char value)
{
	return touch_count(window->addr, window->pages, obs_page_size(), value);
}

void obs_reads(void *arg)
{
	struct obs_window *window = arg;
	size_t matched;

	if (obs_begin(window))
		return;
	matched = obs_matches(window, window->value);
	obs_end(window);
	window->matched = matched;
}

void obs_writes(void *arg)
{
	struct obs_window *window = arg;

	if (obs_begin(window))
		return;
	touch_write_pages(window->addr, window->pages, obs_page_size(),
			  window->value);
	obs_end(window);
}
