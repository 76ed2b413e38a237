// SPDX-License-Identifier: MIT
/*
 * Why reading a file faults once in 16 pages: a read fault maps what the page
 * cache holds around it. Where the window begins and ends, what it leaves out,
 * and that a store has none.
 *
 * Try: fault_around
 * Try: fault_around --pages 17
 * Try: fault_around --json
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

/* How far off a window's start the shifted mapping begins, in pages. */
#define SHIFT 5

static size_t n, page_size, around;
static int fd = -1, sparse = -1;
static struct obs_window *even, *shifted, *odd;

static struct obs_window *map_file(struct rep *r, int from, size_t shift)
{
	char *area = rep_area(r, n + shift);

	if (!area)
		return NULL;
	area += shift * page_size;
	if (mmap(area, n * page_size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_FIXED, from, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages of a file", n);
	return rep_window(r, area, n);
}

static int make_file(struct rep *r)
{
	int made = memfd_create("fault_around", MFD_CLOEXEC);

	if (made < 0 || ftruncate(made, n * page_size))
		rep_failed(r, -errno, "make a file in memory");
	return made;
}

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	page_size = obs_page_size();
	around = obs_fault_around();
	fd = make_file(r);
	rep_fill(r, fd, n, 'a');
	sparse = make_file(r);
	for (size_t i = 0; i < n && rep_going(r); i += 2)
		if (pwrite(sparse, "a", 1, i * page_size) != 1)
			rep_failed(r, -errno, "write to a file in memory");
	even = map_file(r, fd, 0);
	shifted = map_file(r, fd, SHIFT % around);
	odd = map_file(r, sparse, 0);
}

/* Windows that @pages pages touch, the first of them @shift pages into one. */
static size_t windows(size_t pages, size_t shift)
{
	return (pages + shift % around + around - 1) / around;
}

static void forget(struct rep *r, struct obs_window *window)
{
	if (rep_going(r) && madvise(window->addr, n * page_size, MADV_DONTNEED))
		rep_failed(r, -errno, "madvise MADV_DONTNEED");
}

static size_t present(const struct obs_window *window)
{
	return obs_count_flags(window->after, n, OBS_PRESENT, OBS_PRESENT);
}

static void read_all(struct rep *r)
{
	rep_expect_faults(r, windows(n, 0), OBS_KIND_FILE);
	rep_expect(r, n, "pages", "that are there");
	rep_because(
		r,
		"the page cache holds the whole file, and a fault maps up to %zu pages of it",
		around);
	obs_reads(even);
	rep_saw_faults(r, even);
	rep_saw(r, present(even));
	rep_strip(r, "read", even->after, n);
}

static void read_few(struct rep *r)
{
	rep_expect_faults(r, windows(n, 0), OBS_KIND_FILE);
	rep_expect(r, n, "pages", "that are there");
	rep_because(
		r,
		"one load in each window, from the last window to the first: the rest of the window comes along");
	forget(r, even);
	obs_begin(even);
	for (size_t i = n; i--;)
		if (i % around == 0)
			touch_read(even->addr + i * page_size);
	obs_end(even);
	rep_saw_faults(r, even);
	rep_saw(r, present(even));
}

static void read_shifted(struct rep *r)
{
	rep_expect_faults(r, windows(n, SHIFT), OBS_KIND_FILE);
	rep_because(
		r,
		"windows are aligned by address, not by the mapping's start; the mapping begins %zu pages into one",
		SHIFT % around);
	obs_reads(shifted);
	rep_saw_faults(r, shifted);
}

static void read_sparse(struct rep *r)
{
	rep_expect_faults(r, around > 1 ? windows(n, 0) + n / 2 : n,
			  OBS_KIND_FILE);
	rep_because(
		r,
		"every second page of this file is a hole: not in the cache, so not mapped along, and each faults for itself");
	obs_reads(odd);
	rep_saw_faults(r, odd);
}

static void write_all(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "that are there");
	rep_because(
		r,
		"a store needs its page alone; nothing is mapped along with it");
	forget(r, even);
	rep_writes(r, NULL, even, 'b');
	rep_saw(r, present(even));
	rep_strip(r, "written", even->after, n);
}

static void tear_down(struct rep *r)
{
	close(fd);
	close(sparse);
}

static const struct rep_step steps[] = {
	{ "Every page of a cached file is read.", "S41", read_all },
	{ "One page of each window, backwards.", "S41", read_few },
	{ "A mapping that starts amid a window.", "S41", read_shifted },
	{ "A file with holes.", "S41", read_sparse },
	{ "Written, not read.", "S37", write_all },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/fault_around",
	.title = "one read fault maps 16 pages",
	.lesson =
		"A read fault of a file maps what the page cache holds in an aligned window of 16 pages; holes and stores fault one by one.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 4,
	.set_up = set_up,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
