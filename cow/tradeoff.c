// SPDX-License-Identifier: MIT
/*
 * Copy-on-write against copying at once, with 0 to 100 % of the pages written
 * afterwards: memory saved, time saved or lost, and where they break even.
 * Copying at once means new memory, had in one go, and memcpy(). Times are
 * medians of CPU time, in units of the copy; there are at least 512 pages.
 *
 * Try: tradeoff
 * Try: tradeoff --pages 1000
 * Try: tradeoff --csv /dev/stdout --quiet
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "report/report.h"

#define LEAST_PAGES 512
#define ROUNDS	    5
#define ROWS	    11 /* 0 to 100 % */
#define BAR	    30 /* columns */
/* The pages that a row of the table writes. */
#define WRITTEN(row) (n * (row) / (ROWS - 1))

static size_t n;
static char *area;
static uint64_t at_once, cow[ROWS]; /* ns */
static struct obs_window *parent, *child, *half;

static void set_up(struct rep *r)
{
	n = rep_pages(r) < LEAST_PAGES ? LEAST_PAGES : rep_pages(r);
	area = rep_area(r, n);
	if (rep_going(r) &&
	    mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1,
		 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	parent = rep_window(r, area, n);
	child = rep_window(r, area, n);
	half = rep_window(r, area, n / 2);
}

static void write_half(struct rep *r)
{
	struct obs_peer *peer = rep_peer(r);

	rep_expect_faults(r, n / 2, OBS_KIND_COPY);
	rep_expect(r, n - n / 2, "pages", "saved: they exist once, for both");
	rep_because(r, "what nobody writes is not copied");
	if (peer)
		rep_forked(r, peer, fork());
	rep_writes(r, NULL, half, 'q');
	rep_saw(r, rep_compare(r, parent, child, peer));
	rep_end_peer(r, peer);
}

/* The CPU time of copying at once. */
static uint64_t copy(struct rep *r)
{
	uint64_t start = obs_cpu_clock();
	char *to = mmap(NULL, n * obs_page_size(), PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (!rep_failed(r, to == MAP_FAILED ? -errno : 0, "mmap %zu pages", n))
		memcpy(to, area, n * obs_page_size());
	start = obs_cpu_clock() - start;
	munmap(to, n * obs_page_size());
	return start;
}

/* The CPU time of fork() and so many first stores; adds up their faults. */
static uint64_t share(struct rep *r, size_t pages, size_t *faults)
{
	struct obs_peer sharer = OBS_PEER_NONE;
	struct rusage before, after;
	uint64_t start, ns;
	pid_t pid;

	if (rep_failed(r, obs_peer_open(&sharer), NULL))
		return 0;
	start = obs_cpu_clock();
	pid = fork();
	ns = obs_cpu_clock() - start;
	rep_forked(r, &sharer, pid);
	getrusage(RUSAGE_THREAD, &before);
	start = obs_cpu_clock();
	touch_write_pages(area, pages, obs_page_size(), 'w');
	ns += obs_cpu_clock() - start;
	getrusage(RUSAGE_THREAD, &after);
	*faults += after.ru_minflt - before.ru_minflt;
	rep_failed(r, obs_peer_end(&sharer), NULL);
	return ns;
}

static void draw(struct rep *r, size_t row)
{
	uint64_t most = cow[ROWS - 1] > at_once ? cow[ROWS - 1] : at_once;
	size_t length = BAR * cow[row] / most, one = BAR * at_once / most;
	char bar[BAR + 2] = "";

	memset(bar, ' ', one);
	memset(bar, '#', length < BAR ? length : BAR);
	bar[one] = '|';
	rep_note(r, "%3zu %% written, %3zu %% saved %6.2f %s", 10 * row,
		 100 - 10 * row, (double)cow[row] / at_once, bar);
}

static void save(struct rep *r, const char *path)
{
	FILE *csv = fopen(path, "w");

	for (size_t row = 0; csv && row < ROWS; row++)
		fprintf(csv, "%zu,%.3f\n", 10 * row,
			(double)cow[row] / at_once);
	if (!csv || fclose(csv))
		rep_failed(r, -errno, "write %s", path);
}

static void write_parts(struct rep *r)
{
	size_t sum = 0, faults = 0;

	for (size_t row = 0; row < ROWS; row++)
		sum += ROUNDS * WRITTEN(row);
	rep_expect(r, sum, "faults", "in all, one for each page written");
	rep_because(r, "0, 10, ... 100 %% are written, %d times each", ROUNDS);
	for (size_t row = 0; row < ROWS; row++) {
		uint64_t sample[ROUNDS] = { 0 };

		for (size_t i = 0; i < ROUNDS && rep_going(r); i++)
			sample[i] = share(r, WRITTEN(row), &faults);
		cow[row] = obs_median(sample, ROUNDS);
	}
	rep_saw(r, faults);
}

static void compare(struct rep *r)
{
	uint64_t sample[ROUNDS] = { 0 };

	rep_expect(r, 1, "ends", "cheaper than copying at once: 0, 100 %");
	rep_because(r, "one fault a page costs more than one call for all");
	if (obs_emulated())
		rep_skip_rest(r, "time is emulated: nothing shows a cache");
	for (size_t i = 0; i < ROUNDS && rep_going(r); i++)
		sample[i] = copy(r);
	at_once = obs_median(sample, ROUNDS);
	rep_saw(r, cow[0] < at_once ? 1 + (cow[ROWS - 1] <= at_once) : 0);
	for (size_t row = 0; row < ROWS && rep_going(r); row++)
		draw(r, row);
	rep_note(r, "1.00, at the |, is copying at once: they break even");
	if (rep_option(r))
		save(r, rep_option(r));
}

static const struct rep_step steps[] = {
	{ "Half is written: half is saved.", "S53", write_half,
	  "Half of the pages are written." },
	{ "From 0 to 100 % are written.", "S56", write_parts },
	{ "The time, beside copying at once, which is 1 and |.", "S53 S56",
	  compare },
};

static const struct rep_option csv = {
	"csv", "FILE", "write the table there: per cent written, time"
};

static const struct rep_demo demo = {
	.name = "cow/tradeoff",
	.title = "copy-on-write, or copy at once?",
	.lesson =
		"Copy-on-write saves the memory and the time of what is never written. A copy on a fault is dearer than one in bulk: it pays while little is written.",
	REP_STEPS(steps),
	.pages = LEAST_PAGES,
	.copies = 3,
	.set_up = set_up,
	.option = &csv,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
