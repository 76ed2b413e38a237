// SPDX-License-Identifier: MIT
/*
 * Make a thread quiet: touch all that runs in a window (stack, data, TLS, GOT,
 * text) and nothing that is watched. After a fork each side needs it anew.
 */
#include <errno.h>
#include <string.h>

#include "internal.h"

/* Nothing that runs in a window lies in a mapping larger than this. */
#define LARGEST ((size_t)128 << 20)
/* What a window's own calls may need of the stack, signal frames included. */
#define STACK_NEED (64 << 10)
#define KEEP_MAX   16

static struct {
	uintptr_t start;
	uintptr_t end;
} kept[KEEP_MAX];

int obs_keep(const void *addr, size_t bytes)
{
	uintptr_t start = (uintptr_t)addr, end = start + bytes;

	for (size_t i = 0; i < KEEP_MAX; i++) {
		if (kept[i].end)
			continue;
		kept[i].start = start;
		kept[i].end = end;
		return 0;
	}
	return obs_fail(ENOSPC, "watch more than %d ranges", KEEP_MAX);
}

void obs_unkeep(const void *addr, size_t bytes)
{
	uintptr_t start = (uintptr_t)addr, end = start + bytes;

	for (size_t i = 0; i < KEEP_MAX; i++) {
		if (kept[i].start != start || kept[i].end != end)
			continue;
		kept[i].start = 0;
		kept[i].end = 0;
		return;
	}
}

bool obs_kept_above(uintptr_t from, uintptr_t *start, uintptr_t *end)
{
	size_t first = KEEP_MAX;

	for (size_t i = 0; i < KEEP_MAX; i++)
		if (kept[i].end > from &&
		    (first == KEEP_MAX || kept[i].start < kept[first].start))
			first = i;
	if (first == KEEP_MAX)
		return false;
	*start = kept[first].start;
	*end = kept[first].end;
	return true;
}

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

/* An instrumented access looks into the shadow first: touch that as well. */
static void populate_shadow(uintptr_t start, uintptr_t end)
{
	size_t scale, offset, page_size = obs_page_size();

	__asan_get_shadow_mapping(&scale, &offset);
	start = ((start >> scale) + offset) & -page_size;
	end = ((end >> scale) + offset + page_size - 1) & -page_size;
	madvise((void *)start, end - start, MADV_POPULATE_WRITE);
}
#else
static void populate_shadow(uintptr_t start, uintptr_t end)
{
	(void)start;
	(void)end;
}
#endif

/*
 * Where the processor notes neither access nor store in an entry, the first of
 * each would fault in the window, pages that are present included: have them
 * behind us. A store that changes nothing goes well beside those of others.
 */
static void access_all(uintptr_t start, uintptr_t end, bool write)
{
	for (; start < end; start += obs_page_size())
		if (write)
			__atomic_fetch_or((char *)start, 0, __ATOMIC_RELAXED);
		else
			touch_read((char *)start);
}

/*
 * Populate a piece of a mapping. Special mappings ([vvar]) can't be, which is
 * why errors count only where they would tell of a kernel before 5.14.
 */
static int populate(const struct obs_vma *vma, uintptr_t start, uintptr_t end)
{
	bool write = vma->write && !vma->shared;
	int how = write ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;

	if (start >= end)
		return 0;
	populate_shadow(start, end);
	if (!madvise((void *)start, end - start, how)) {
		if (!obs_access_flag())
			access_all(start, end, vma->write);
	} else if (!strcmp(vma->name, "[stack]")) {
		return obs_fail(errno, "madvise the stack");
	}
	return 0;
}

static int quiet_vma(const struct obs_vma *vma, void *arg)
{
	uintptr_t at = vma->start, start, end;
	int rc = 0;

	(void)arg;
	if (!vma->read || vma->end - vma->start > LARGEST)
		return 0;
	while (!rc && obs_kept_above(at, &start, &end) && start < vma->end) {
		rc = populate(vma, at, start);
		at = end;
	}
	return rc ? rc : populate(vma, at, vma->end);
}

/* Grow the stack, so that what the window needs of it is mapped. */
static noinline void extend_stack(void)
{
	char room[STACK_NEED];

	for (size_t i = 0; i < sizeof(room); i += obs_page_size())
		touch_write(room + i, 0);
}

/*
 * The watched ranges themselves stay untouched, but their shadow may not, nor
 * that of the page behind them, where a touch is refused on purpose.
 */
static void quiet_kept_shadow(void)
{
	for (size_t i = 0; i < KEEP_MAX; i++)
		if (kept[i].end)
			populate_shadow(kept[i].start,
					kept[i].end + obs_page_size());
}

int obs_quiet(void)
{
	struct obs_proc self;
	int rc = obs_proc_open(&self, "", 0);

	if (rc)
		return rc;
	/* To find out may take a fork(), which must not come later. */
	obs_access_flag();
	extend_stack();
	/* The kernel maps the clock's own pages at its first use only. */
	obs_clock();
	rc = obs_vma_each(&self, quiet_vma, NULL);
	quiet_kept_shadow();
	obs_proc_close(&self);
	return rc;
}
