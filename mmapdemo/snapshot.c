// SPDX-License-Identifier: MIT
/*
 * MAP_PRIVATE is no snapshot of a file: until a page is copied, it is the
 * file's own, and shows what is written to the file. What a snapshot costs.
 *
 * Try: snapshot
 * Try: snapshot --pages 7
 * Try: snapshot --json
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, part, page_size;
static int fd = -1;
static struct obs_window *all, *lower, *upper;

static void set_up(struct rep *r)
{
	char *area = rep_area(r, rep_pages(r));

	n = rep_pages(r);
	part = rep_vary(r, (n + 1) / 2, (n + 1) / 2, n);
	page_size = obs_page_size();
	fd = memfd_create("snapshot", MFD_CLOEXEC);
	if (rep_failed(r, fd < 0 ? -errno : 0, "make a file in memory") ||
	    !rep_going(r))
		return;
	rep_fill(r, fd, n, 'a');
	if (mmap(area, n * page_size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_FIXED, fd, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages of a file", n);
	all = rep_window(r, area, n);
	lower = rep_window(r, area, part);
	upper = rep_window(r, area + (n - part) * page_size, part);
}

/* Someone writes the whole file, by write(), not through a mapping. */
static void write_file(struct rep *r, char value)
{
	if (rep_going(r) && lseek(fd, 0, SEEK_SET))
		rep_failed(r, -errno, "go back to the start of a file");
	if (rep_going(r))
		rep_fill(r, fd, n, value);
}

static void see_old(struct rep *r)
{
	size_t around = obs_fault_around();

	rep_expect_faults(r, (n + around - 1) / around, OBS_KIND_FILE);
	rep_expect(r, n, "pages", "that read as the file");
	rep_because(r, "a load maps the page cache's pages, %zu a fault",
		    around);
	rep_reads(r, NULL, all, 'a');
	rep_saw(r, all->matched);
	rep_strip(r, "private", all->after, n);
}

static void see_new(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_FILE);
	rep_expect(r, n, "pages", "that show what was written just now");
	rep_because(
		r,
		"mapped privately, but the page cache's own pages: write() changes them under us");
	write_file(r, 'b');
	rep_reads(r, NULL, all, 'b');
	rep_saw(r, all->matched);
}

static void copy_some(struct rep *r)
{
	rep_given(r, "%zu of the %zu pages are stored to", part, n);
	rep_expect_faults(r, part, OBS_KIND_COPY);
	rep_expect(r, part, "pages", "that read as we stored");
	rep_expect(r, n - part, "pages", "that show the file's latest");
	rep_because(
		r,
		"our stores copied these pages: they have parted from the file, the others have not");
	lower->value = 'p';
	obs_writes(lower);
	write_file(r, 'c');
	rep_saw_faults(r, lower);
	rep_saw(r, obs_matches(all, 'p'));
	rep_saw(r, obs_matches(all, 'c'));
	rep_look(r, 0, all);
	rep_strip(r, "private", all->after, n);
}

static void copy_all(struct rep *r)
{
	size_t left = n - part;

	rep_expect_faults(r, left, OBS_KIND_COPY);
	rep_expect(r, left, "pages", "that still show what was in them");
	rep_expect(r, 0, "pages", "that show the file's latest");
	rep_because(
		r,
		"a real snapshot copies every page before the file changes: here by storing each first byte anew");
	obs_begin(upper);
	for (size_t i = part - left; i < part; i++) {
		char *page = upper->addr + i * page_size;

		touch_write(page, touch_read(page));
	}
	obs_end(upper);
	write_file(r, 'd');
	rep_saw_faults(r, upper);
	rep_saw(r, obs_matches(all, 'c'));
	rep_saw(r, obs_matches(all, 'd'));
	rep_look(r, 0, all);
	rep_strip(r, "private", all->after, n);
}

static void forget(struct rep *r)
{
	size_t around = obs_fault_around();

	rep_expect_faults(r, (n + around - 1) / around, OBS_KIND_FILE);
	rep_expect(r, n, "pages", "that show the file's latest");
	rep_because(
		r,
		"MADV_DONTNEED drops the copies: what is private and was not saved is lost, and the file is behind it");
	if (rep_going(r) && madvise(all->addr, n * page_size, MADV_DONTNEED))
		rep_failed(r, -errno, "madvise MADV_DONTNEED");
	rep_reads(r, NULL, all, 'd');
	rep_saw(r, all->matched);
}

static void tear_down(struct rep *r)
{
	close(fd);
}

static const struct rep_step steps[] = {
	{ "A file is mapped privately and read.", "S41", see_old },
	{ "The file is written: the mapping shows it.", "S37", see_new,
	  "The file is written." },
	{ "A part of the mapping is stored to, then the file written.", "S37",
	  copy_some },
	{ "The other part is made a snapshot, then the file written.",
	  "S37 S56", copy_all },
	{ "The copies are dropped.", "S37", forget },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/snapshot",
	.title = "MAP_PRIVATE is no snapshot",
	.lesson =
		"A private mapping shows what is written to its file, page by page, until a store of ours has copied the page.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 2,
	.set_up = set_up,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
