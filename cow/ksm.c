// SPDX-License-Identifier: MIT
/*
 * Copy-on-write the other way round: the kernel finds pages that are the same,
 * keeps one, and shares it; the first store copies it again. Only where ksmd
 * runs (/sys/kernel/mm/ksm/run is 1): no program of ours changes the host. There
 * are at least two pages: what would one be the same as?
 *
 * Try: ksm
 * Try: ksm --pages 7
 * Try: ksm --json
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

#define PATIENCE 10000 /* milliseconds */

static size_t n, alone;
static char *area;
static struct obs_window *all, *first;

static void set_up(struct rep *r)
{
	n = rep_pages(r) < 2 ? 2 : rep_pages(r);
	area = rep_area(r, n);
	all = rep_window(r, area, n);
	first = rep_window(r, area, 1);
	if (mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
}

/* A number in a small file; -errno, or -EINVAL. */
static long number_in(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return -errno;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	return got > 0 ? atol(text) : -EINVAL;
}

/* How many pages of ours does the kernel keep as merged ones? */
static size_t merged(void)
{
	long pages = number_in("/proc/self/ksm_merging_pages");

	return pages > 0 ? pages : 0;
}

static size_t mapped_once(struct rep *r)
{
	rep_look(r, 0, all);
	return obs_count_flags(all->after, n, OBS_EXCLUSIVE, OBS_EXCLUSIVE);
}

static void make(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, n, "pages", "mapped once, though all are the same");
	rep_because(r, "nobody has looked whether they are the same");
	rep_writes(r, NULL, all, 's');
	rep_saw(r, mapped_once(r));
	rep_strip(r, "pages", all->after, n);
}

static void merge(struct rep *r)
{
	long state = number_in("/sys/kernel/mm/ksm/run");

	if (state != 1 || number_in("/proc/self/ksm_merging_pages") < 0) {
		rep_skip_rest(
			r,
			state < 0 ?
				"this kernel merges no pages" :
				"ksmd does not run: /sys/kernel/mm/ksm/run is not 1");
		return;
	}
	/* A merged page has so many users at most; one page alone finds none. */
	alone = n % number_in("/sys/kernel/mm/ksm/max_page_sharing") == 1;
	rep_expect(r, n - alone, "pages", "that are merged");
	rep_expect(r, alone, "pages", "mapped once");
	rep_because(
		r, "MADV_MERGEABLE lets ksmd look for pages that are the same");
	if (madvise(area, n * obs_page_size(), MADV_MERGEABLE))
		rep_failed(r, -errno, "madvise MADV_MERGEABLE");
	for (int i = 0; i < PATIENCE && merged() < n - alone; i++)
		usleep(1000);
	if (merged() < n - alone) {
		rep_skip_rest(r, "ksmd did not come by within %d seconds",
			      PATIENCE / 1000);
		return;
	}
	rep_saw(r, merged());
	rep_saw(r, mapped_once(r));
	rep_strip(r, "pages", all->after, n);
}

static void write_one(struct rep *r)
{
	rep_expect_faults(r, 1, OBS_KIND_COPY);
	rep_expect(r, n - 1, "pages", "that hold what they held");
	rep_because(r, "a merged page is read-only: a store copies it");
	rep_writes(r, NULL, first, 'w');
	rep_saw(r, obs_matches(all, 's'));
	rep_look(r, 0, all);
	rep_strip(r, "pages", all->after, n);
}

static void unmerge(struct rep *r)
{
	rep_expect(r, n, "pages", "mapped once");
	rep_because(r, "MADV_UNMERGEABLE copies for every place at once");
	if (madvise(area, n * obs_page_size(), MADV_UNMERGEABLE))
		rep_failed(r, -errno, "madvise MADV_UNMERGEABLE");
	rep_saw(r, mapped_once(r));
	rep_strip(r, "pages", all->after, n);
}

static const struct rep_step steps[] = {
	{ "Pages with the same bytes.", "S53", make },
	{ "ksmd finds and merges them.", "S53", merge },
	{ "One is written.", "S48 S56", write_one },
	{ "They are un-merged.", "S53", unmerge },
};

static const struct rep_demo demo = {
	.name = "cow/ksm",
	.title = "pages that are merged because they are the same",
	.lesson =
		"ksmd makes one page of many that hold the same bytes, and copy-on-write keeps that unseen: the first store to each gets a copy again.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 1,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
