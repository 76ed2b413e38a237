// SPDX-License-Identifier: MIT
/*
 * What malloc() gives is a promise: address space at once, memory with the
 * first touch. calloc() keeps to that, memset() does not.
 *
 * Try: promise
 * Try: promise --size 64M
 * Try: promise --json
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "report/report.h"

/* What the C library writes before a block; and may have as room for others. */
#define HEAD_BYTES (2 * sizeof(size_t))
#define TOP_PAD	   (128 << 10)

static size_t n, part, bytes, page_size;
static char *block, *other;
static struct obs_window *window;
static size_t mapped, resident; /* pages, before a step */

static void set_up(struct rep *r)
{
	page_size = obs_page_size();
	/* More than there ever is room for below the break. */
	n = rep_pages(r) + 2 * TOP_PAD / page_size;
	part = rep_vary(r, rep_pages(r), 1, rep_pages(r));
	/* With the head it fills n pages, of a mapping of its own. */
	bytes = n * page_size - 2 * HEAD_BYTES;
	mallopt(M_MMAP_THRESHOLD, TOP_PAD);
}

/* Address space and memory of the whole process, as VSZ and RSS say it. */
static void sizes(struct rep *r, size_t *space, size_t *memory)
{
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	struct obs_rollup sums = { 0 };
	struct obs_proc self;
	char text[32] = "";

	if (rep_failed(r, fd < 0 ? -errno : 0, "open /proc/self/statm"))
		return;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		rep_failed(r, -EIO, "read /proc/self/statm");
	close(fd);
	*space = strtoull(text, NULL, 10);
	if (rep_failed(r, obs_proc_open(&self, "", 0), NULL))
		return;
	rep_failed(r, obs_rollup(&self, &sums), NULL);
	obs_proc_close(&self);
	*memory = sums.rss / page_size;
}

static void start(struct rep *r)
{
	rep_failed(r, obs_quiet(), NULL);
	sizes(r, &mapped, &resident);
}

static void hand_in(struct rep *r, bool space)
{
	size_t mapped_now = 0, resident_now = 0;

	sizes(r, &mapped_now, &resident_now);
	if (space)
		rep_saw(r, mapped_now - mapped);
	rep_saw(r, resident_now - resident);
}

static char *take(struct rep *r)
{
	char *taken = malloc(bytes);

	rep_failed(r, taken ? 0 : -ENOMEM, "malloc(%zu)", bytes);
	return taken;
}

static void promise(struct rep *r)
{
	rep_given(r, "malloc() of %zu bytes, %zu pages with its notes", bytes,
		  n);
	rep_expect(r, n, "pages", "of address space");
	rep_expect(r, 1, "pages", "of memory");
	rep_because(r, "only the page with malloc()'s own notes is touched");
	start(r);
	block = take(r);
	hand_in(r, true);
	window = rep_window(r, block - HEAD_BYTES, n);
}

static void touch_part(struct rep *r)
{
	rep_given(r, "the first %zu of the %zu pages are stored to", part, n);
	rep_expect_faults(r, part - 1, OBS_KIND_ZERO);
	rep_expect(r, 0, "pages", "more of address space");
	rep_expect(r, part - 1, "pages", "more of memory");
	rep_because(r, "%zu of the pages are stored to, one is there already",
		    part);
	start(r);
	obs_begin(window);
	touch_write_pages(block, part, page_size, 'x');
	obs_end(window);
	rep_saw_faults(r, window);
	hand_in(r, true);
	free(block);
}

static size_t faults(void)
{
	struct rusage usage = { 0 };

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_minflt;
}

static void zeroed(struct rep *r)
{
	size_t before, between, after;
	char *by_calloc;

	rep_expect(r, 1, "faults", "of calloc()");
	rep_expect(r, n, "faults", "of malloc() and memset()");
	rep_because(r,
		    "fresh memory is zero: calloc() knows, memset() does not");
	start(r);
	before = faults();
	other = calloc(1, bytes);
	touch_nothing(other);
	between = faults();
	by_calloc = other;
	other = take(r);
	if (other)
		memset(other, 0, bytes);
	touch_nothing(other);
	after = faults();
	free(by_calloc);
	free(other);
	rep_saw(r, between - before);
	rep_saw(r, after - between);
}

static const struct rep_step steps[] = {
	{ "malloc() of a large block: address space.", "S28 S42", promise,
	  "malloc() of a large block." },
	{ "It is touched: memory.", "S42", touch_part,
	  "A part of it is stored to." },
	{ "calloc() is not malloc() and memset().", "S3", zeroed,
	  "Another one by calloc(), and one by malloc() and memset()." },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/promise",
	.title = "what malloc() takes",
	.lesson =
		"malloc() promises memory; the kernel gives it page by page, at the first touch, which calloc() leaves to it.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 3,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
