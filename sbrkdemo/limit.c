// SPDX-License-Identifier: MIT
/*
 * How sbrk() fails: at RLIMIT_DATA, before a mapping in its way, with
 * (void *)-1 and ENOMEM, and nothing is lost. And where it fails silently:
 * below the start of the heap.
 *
 * Try: limit
 * Try: limit --pages 7
 * Try: limit --json
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, page_size;
static char *start;
static struct obs_window *window;
static struct rlimit before;

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	page_size = obs_page_size();
	/* From now on malloc() takes what it needs by mmap(), not by brk(). */
	mallopt(M_MMAP_THRESHOLD, 0);
	if (sbrk(page_size - (uintptr_t)sbrk(0) % page_size) == (void *)-1)
		rep_failed(r, -errno, "sbrk to the end of a page");
	start = sbrk(0);
	window = rep_window(r, start, n);
	if (getrlimit(RLIMIT_DATA, &before))
		rep_failed(r, -errno, "get RLIMIT_DATA");
	/* All that follows must fit now: better told here than half way. */
	if (sbrk(2 * n * page_size) == (void *)-1)
		rep_failed(r, -errno, "sbrk(%zu)", 2 * n * page_size);
	else
		brk(start);
}

/* What RLIMIT_DATA counts: VmData of /proc/self/status, in bytes. */
static size_t data_bytes(struct rep *r)
{
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	char text[2048] = "", *line;

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		rep_failed(r, -errno, "read /proc/self/status");
	close(fd);
	line = strstr(text, "VmData:");
	return line ? strtoul(line + strlen("VmData:"), NULL, 10) * 1024 : 0;
}

static void set_limit(struct rep *r, rlim_t bytes)
{
	struct rlimit limit = { bytes, before.rlim_max };

	if (setrlimit(RLIMIT_DATA, &limit))
		rep_failed(r, -errno, "set RLIMIT_DATA");
}

/* How many pages can be had, one by one, until sbrk() fails as it should? */
static size_t grow_to_failure(size_t most)
{
	size_t got = 0;
	char *end = sbrk(0);

	errno = 0;
	while (got < most && sbrk(page_size) == end)
		end = start + ++got * page_size;
	return sbrk(0) == end && errno == ENOMEM ? got : SIZE_MAX;
}

static void at_the_limit(struct rep *r)
{
	size_t got;

	rep_expect(r, n, "pages", "until sbrk() returns -1 with ENOMEM");
	rep_expect(r, n, "pages", "between the old break and the break then");
	rep_because(
		r,
		"RLIMIT_DATA was set to all private writable memory that there is, and %zu page%s more; a break that can't move stays",
		n, rep_s(n));
	set_limit(r, data_bytes(r) + n * page_size);
	got = grow_to_failure(2 * n);
	set_limit(r, before.rlim_cur);
	rep_saw(r, got);
	rep_saw(r, ((char *)sbrk(0) - start) / page_size);
}

static void usable(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "the failure took nothing: what there is can be used");
	if ((char *)sbrk(0) < start + n * page_size) {
		rep_failed(r, -ENOMEM, "sbrk(%zu)", n * page_size);
		return;
	}
	rep_writes(r, NULL, window, 'x');
	rep_strip(r, "heap", window->after, n);
}

static void in_the_way(struct rep *r)
{
	char *wall = start + (2 * n + 1) * page_size;
	size_t got;

	rep_expect(r, n, "pages", "more until sbrk() returns -1 with ENOMEM");
	rep_expect(r, 1, "pages", "left free below the mapping");
	rep_because(
		r,
		"a mapping lies %zu pages above the break; the kernel keeps a page between heap and mapping",
		n + 1);
	start += n * page_size;
	if (mmap(wall, page_size, PROT_NONE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		 0) != wall)
		rep_failed(r, -errno, "mmap a page above the break");
	got = grow_to_failure(2 * n);
	rep_saw(r, got);
	rep_saw(r, (wall - (char *)sbrk(0)) / page_size);
	munmap(wall, page_size);
	start -= n * page_size;
}

static void too_low(struct rep *r)
{
	char *end = sbrk(0);
	bool failed;

	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	rep_expect(r, 0, "calls", "of sbrk() that return -1");
	rep_expect(r, 0, "bytes", "that the break has moved");
	rep_expect(r, n, "pages", "that read as written at first");
	rep_because(
		r,
		"the kernel can't, and returns the break it keeps; the library, which looks whether that is lower than asked for, sees no failure: look at sbrk(0) yourself");
	obs_begin(window);
	failed = sbrk(page_size - (uintptr_t)end) == (void *)-1;
	obs_end(window);
	rep_saw_faults(r, window);
	rep_saw(r, failed);
	rep_saw(r, (char *)sbrk(0) - end);
	rep_saw(r, obs_matches(window, 'x'));
}

static const struct rep_step steps[] = {
	{ "RLIMIT_DATA is reached.", "S27", at_the_limit },
	{ "The memory below it is used.", "S27 S28", usable },
	{ "A mapping in the way.", "S27 S30", in_the_way },
	{ "Below the start of the heap.", "S27", too_low },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/limit",
	.title = "how sbrk() fails",
	.lesson =
		"sbrk() fails with (void *)-1 and ENOMEM: at a limit, or a page before a mapping in its way. The break stays, and so does what is below it.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 1,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
