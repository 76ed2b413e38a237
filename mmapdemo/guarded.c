// SPDX-License-Identifier: MIT
/*
 * Three ways to make pages inaccessible: PROT_NONE, munmap(), and, since Linux
 * 6.13, MADV_GUARD_INSTALL, which needs no mapping of its own. What each does
 * to the mapping, to a store, and to what was in the pages.
 *
 * Try: guarded
 * Try: guarded --pages 7
 * Try: guarded --json
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, bytes;
static char *area, *middle; /* a page, n pages in the middle, a page */
static struct obs_window *window;

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	bytes = n * obs_page_size();
	area = rep_area(r, n + 2);
	if (!area)
		return;
	middle = area + obs_page_size();
	window = rep_window(r, middle, n);
	if (mmap(area, bytes + 2 * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n + 2);
	else
		touch_write_pages(area, n + 2, obs_page_size(), 'a');
}

/* How many pages does the mapping of the first page have? */
static size_t mapping_pages(struct rep *r)
{
	struct obs_vma vma = { 0 };

	rep_failed(r, obs_vma_of(0, area, &vma), NULL);
	return (vma.end - vma.start) / obs_page_size();
}

/* Store to each page; how many stores are refused with this code? */
static size_t refused(int code)
{
	struct obs_signal signal;
	size_t count = 0;

	obs_begin(window);
	for (size_t i = 0; i < n; i++) {
		obs_try_write(middle + i * obs_page_size(), 'x', &signal);
		count += signal.signo == SIGSEGV && signal.code == code;
	}
	obs_end(window);
	return count;
}

static void try_stores(struct rep *r, int code)
{
	size_t count = refused(code);

	rep_saw_faults(r, window);
	rep_saw(r, count);
	rep_saw(r, mapping_pages(r));
	rep_strip(r, "middle", window->after, n);
}

static void expect(struct rep *r, const char *what, size_t pages)
{
	rep_expect_faults(r, n, OBS_KIND_SEGV);
	rep_expect(r, n, "stores", what);
	rep_expect(r, pages, "pages", "in the mapping that starts the area");
}

static void protect(struct rep *r)
{
	expect(r, "that end in SIGSEGV, SEGV_ACCERR", 1);
	rep_because(
		r,
		"rights belong to a mapping: other rights in its middle make three of one; the pages are kept");
	if (mprotect(middle, bytes, PROT_NONE))
		rep_failed(r, -errno, "mprotect %zu pages", n);
	try_stores(r, SEGV_ACCERR);
}

static void allow(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_REUSE);
	rep_expect(r, n, "pages", "that read as written at first");
	rep_expect(r, n + 2, "pages", "in the mapping that starts the area");
	rep_because(r, "the pages were kept, and equal mappings merge");
	if (mprotect(middle, bytes, PROT_READ | PROT_WRITE))
		rep_failed(r, -errno, "mprotect %zu pages", n);
	rep_reads(r, NULL, window, 'a');
	rep_saw(r, window->matched);
	rep_saw(r, mapping_pages(r));
}

static void install(struct rep *r)
{
	/* Over no page at all it only tells whether the kernel knows it. */
	if (madvise(middle, 0, MADV_GUARD_INSTALL) && errno == EINVAL) {
		rep_skip_rest(r, "this kernel has no MADV_GUARD_INSTALL");
		return;
	}
	expect(r, "that end in SIGSEGV, SEGV_MAPERR", n + 2);
	rep_because(
		r,
		"the guard is a mark in the page table: the mapping stays one, and the signal is that of no mapping at all");
	if (madvise(middle, bytes, MADV_GUARD_INSTALL))
		rep_failed(r, -errno, "madvise MADV_GUARD_INSTALL");
	try_stores(r, SEGV_MAPERR);
}

static void remove_guard(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "the guard freed the pages: what comes is fresh");
	if (madvise(middle, bytes, MADV_GUARD_REMOVE))
		rep_failed(r, -errno, "madvise MADV_GUARD_REMOVE");
	rep_writes(r, NULL, window, 'b');
}

static void unmap(struct rep *r)
{
	expect(r, "that end in SIGSEGV, SEGV_MAPERR", 1);
	rep_because(r, "a hole: anything may be mapped there by accident");
	if (munmap(middle, bytes))
		rep_failed(r, -errno, "munmap %zu pages", n);
	try_stores(r, SEGV_MAPERR);
}

static const struct rep_step steps[] = {
	{ "mprotect() with PROT_NONE.", "S34", protect },
	{ "And back.", "S34", allow },
	{ "MADV_GUARD_INSTALL.", NULL, install },
	{ "MADV_GUARD_REMOVE.", "S42", remove_guard },
	{ "munmap().", "S44", unmap },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/guarded",
	.title = "three ways to refuse access",
	.lesson =
		"PROT_NONE keeps pages and splits the mapping, a guard frees pages and keeps the mapping, munmap() leaves a hole.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 1,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
