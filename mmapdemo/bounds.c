// SPDX-License-Identifier: MIT
/*
 * Where a file mapping ends: the tail of the last page is memory but no file,
 * the page after it is SIGBUS, offset and length have rules, and a file can be
 * cut off under a mapping.
 *
 * Try: bounds
 * Try: bounds --pages 7
 * Try: bounds --json
 */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, page_size, size,
	tail; /* of a file, and what n pages have more */
static int fd = -1;
static struct obs_window *file, *past;

static void set_up(struct rep *r)
{
	char *area;

	n = rep_pages(r);
	page_size = obs_page_size();
	tail = rep_vary(r, page_size / 2, 1, page_size - 1);
	size = n * page_size - tail;
	fd = memfd_create("bounds", MFD_CLOEXEC);
	if (rep_failed(r, fd < 0 ? -errno : 0, "make a file in memory"))
		return;
	rep_fill(r, fd, n, 'a');
	if (ftruncate(fd, size))
		rep_failed(r, -errno, "cut a file to %zu bytes", size);
	area = rep_area(r, n + 1);
	if (rep_going(r) &&
	    mmap(area, (n + 1) * page_size, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages of a file", n + 1);
	file = rep_window(r, area, n);
	past = rep_window(r, area ? area + n * page_size : NULL, 1);
}

static void within(struct rep *r)
{
	size_t ones = 0;

	rep_expect_faults(r, n, OBS_KIND_FILE);
	rep_given(r, "%zu pages are mapped, the file has %zu bytes", n, size);
	rep_expect(r, tail, "bytes", "behind the file's end that can be used");
	rep_expect(r, 0, "bytes", "that the file has grown by");
	rep_because(
		r,
		"memory comes in pages: the last one is all there, zeroed behind the end of the file");
	obs_begin(file);
	touch_write_pages(file->addr, n, page_size, 'b');
	for (size_t i = size; i < n * page_size; i++)
		touch_write(file->addr + i, touch_read(file->addr + i) + 1);
	obs_end(file);
	for (size_t i = size; i < n * page_size; i++)
		ones += touch_read(file->addr + i) == 1;
	rep_saw_faults(r, file);
	rep_saw(r, ones);
	rep_saw(r, lseek(fd, 0, SEEK_END) - size);
	rep_strip(r, "file", file->after, n);
}

static void beyond(struct rep *r)
{
	struct obs_signal signal = { 0 };

	rep_expect_faults(r, 1, OBS_KIND_SEGV);
	rep_expect(r, 1, "signals", "that is SIGBUS, BUS_ADRERR");
	rep_because(
		r,
		"the mapping has one page more than the file: the address is valid, and there is nothing to put there");
	obs_begin(past);
	obs_try_write(past->addr, 'x', &signal);
	obs_end(past);
	rep_saw_faults(r, past);
	rep_saw(r, signal.signo == SIGBUS && signal.code == BUS_ADRERR);
}

static void cut_off(struct rep *r)
{
	struct obs_signal signal;
	size_t bus = 0;

	rep_expect_faults(r, n, OBS_KIND_SEGV);
	rep_expect(r, n, "signals", "that are SIGBUS, BUS_ADRERR");
	rep_because(
		r,
		"ftruncate() takes the pages out of every mapping of the file");
	if (ftruncate(fd, 0))
		rep_failed(r, -errno, "cut a file to nothing");
	obs_begin(file);
	for (size_t i = 0; i < n; i++) {
		obs_try_read(file->addr + i * page_size, &signal);
		bus += signal.signo == SIGBUS && signal.code == BUS_ADRERR;
	}
	obs_end(file);
	rep_saw_faults(r, file);
	rep_saw(r, bus);
	rep_strip(r, "file", file->after, n);
}

static void grown_again(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_FILE);
	rep_expect(r, n, "pages", "that read as zero");
	rep_because(r, "the file is one hole now: nothing cached to map along");
	if (ftruncate(fd, n * page_size))
		rep_failed(r, -errno, "grow a file to %zu pages", n);
	rep_reads(r, NULL, file, 0);
	rep_saw(r, file->matched);
}

/* Does mmap() refuse this length and offset, and with this error? */
static bool refused(size_t length, off_t offset, int error)
{
	char *got = mmap(NULL, length, PROT_READ, MAP_SHARED, fd, offset);

	if (got != MAP_FAILED)
		munmap(got, length);
	return got == MAP_FAILED && errno == error;
}

static void rules(struct rep *r)
{
	size_t most = -page_size, odd = 0;
	off_t last = (off_t)(most >> 1) & -(off_t)page_size;

	rep_expect(r, page_size - 1, "offsets",
		   "within a page that fail with EINVAL");
	rep_expect(r, 1, "calls", "of length 0 that fails with EINVAL");
	rep_expect(r, 1, "calls", "of all addresses that fails with ENOMEM");
	rep_expect(r, 1, "calls", "past the last offset, EOVERFLOW");
	rep_because(
		r,
		"a page of memory holds a page of the file: offsets are multiples of it; a length is rounded up, but 0 is no mapping");
	for (size_t i = 1; i < page_size; i++)
		odd += refused(page_size, i, EINVAL);
	rep_saw(r, odd);
	rep_saw(r, refused(0, 0, EINVAL));
	rep_saw(r, refused(most, 0, ENOMEM));
	rep_saw(r, refused(2 * page_size, last, EOVERFLOW));
}

static void tear_down(struct rep *r)
{
	close(fd);
}

static const struct rep_step steps[] = {
	{ "The file ends within its last page.", "S43", within,
	  "The last page, behind the file's end." },
	{ "The page after it.", "S43", beyond },
	{ "The file is cut off while it is mapped.", "S43", cut_off },
	{ "And grown again.", "S41", grown_again },
	{ "What offset and length may be.", "S32 S33 S43", rules },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/bounds",
	.title = "where a file mapping ends",
	.lesson =
		"A mapping has whole pages, a file has not: behind its end a page's rest is memory only, and the next page is SIGBUS.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 1,
	.set_up = set_up,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
