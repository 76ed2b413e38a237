// SPDX-License-Identifier: MIT
/*
 * One file, two mappings, MAP_SHARED and MAP_PRIVATE: who sees which store,
 * what reaches the file, when a page is copied, and what msync() does. First a
 * file in memory, then one on disk, whose shared pages fault more often.
 *
 * Try: shared_vs_private
 * Try: shared_vs_private --pages 7 --dir /var/tmp
 * Try: shared_vs_private --dir /nowhere || test $? = 1
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n;
static int fd;
static bool on_disk;
static struct obs_window *shared, *private;

static struct obs_window *map_file(struct rep *r, int how)
{
	char *area = rep_area(r, n);

	if (area && mmap(area, n * obs_page_size(), PROT_READ | PROT_WRITE,
			 how | MAP_FIXED, fd, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages of a file", n);
	return rep_window(r, area, n);
}

/* In how many pages of the file does pread() find @value? */
static size_t in_file(char value)
{
	size_t page = obs_page_size(), count = 0;
	char c;

	for (size_t i = 0; i < n; i++)
		count += pread(fd, &c, 1, i * page) == 1 && c == value;
	return count;
}

static void read_both(struct rep *r)
{
	size_t around = obs_fault_around();

	n = rep_pages(r);
	rep_fill(r, fd, n, 'a');
	shared = map_file(r, MAP_SHARED);
	private = map_file(r, MAP_PRIVATE);
	if (!rep_going(r))
		return;
	rep_lock(r, shared->addr, n);
	rep_expect_faults(r, (n + around - 1) / around, OBS_KIND_FILE);
	rep_expect(r, n, "pages", rep_same(r));
	rep_because(r, "both map the page cache's own pages, up to %zu a fault",
		    around);
	touch_read_pages(shared->addr, n, obs_page_size());
	rep_reads(r, NULL, private, 'a');
	rep_look(r, 0, shared);
	rep_saw(r, obs_count_same(shared->after, private->after, n));
	rep_strip(r, "shared", shared->after, n);
	rep_strip(r, "private", private->after, n);
}

static void memory_file(struct rep *r)
{
	fd = memfd_create("shared_vs_private", MFD_CLOEXEC);
	if (!rep_failed(r, fd < 0 ? -errno : 0, "make a file in memory"))
		read_both(r);
}

static void disk_file(struct rep *r)
{
	const char *dir = rep_option(r) ? rep_option(r) : "/var/tmp";

	close(fd);
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (rep_failed(r, fd < 0 ? -errno : 0, "make a file in %s", dir))
		return;
	on_disk = obs_notifies(fd);
	if (on_disk)
		read_both(r);
	else
		rep_skip_rest(
			r,
			"%s is in memory: --dir must name a folder on a disk",
			dir);
}

static void store_shared(struct rep *r)
{
	rep_expect_faults(r, on_disk ? n : 0, OBS_KIND_NOTIFY);
	rep_expect(r, n, "pages", "of the file, by pread(), as stored");
	rep_expect(r, n, "pages", "of the private mapping as stored");
	rep_because(r, on_disk ? "a disk's file system must learn of stores" :
				 "a file in memory is not written back");
	rep_writes(r, NULL, shared, 's');
	rep_saw(r, in_file('s'));
	rep_saw(r, obs_matches(private, 's'));
}

static void store_private(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "of the file, by pread(), as before");
	rep_expect(r, n, "pages", "of the shared mapping as before");
	rep_because(r, "a store copies the page, and goes to the copy");
	rep_writes(r, NULL, private, 'p');
	rep_saw(r, in_file('s'));
	rep_saw(r, obs_matches(shared, 's'));
	rep_strip(r, "private", private->after, n);
}

static void sync_and_store(struct rep *r)
{
	size_t synced;

	rep_expect_faults(r, on_disk ? n : 0, OBS_KIND_NOTIFY);
	rep_expect(r, n, "pages", "of the file after msync() as before it");
	rep_expect(r, n, "pages", "of the private mapping as before");
	rep_because(r, on_disk ? "msync() wrote the pages: they are clean" :
				 "there is no disk to write to");
	if (msync(private->addr, n * obs_page_size(), MS_SYNC) ||
	    msync(shared->addr, n * obs_page_size(), MS_SYNC))
		rep_failed(r, -errno, "msync %zu pages", n);
	synced = in_file('s');
	rep_writes(r, NULL, shared, 't');
	rep_saw(r, synced);
	rep_saw(r, obs_matches(private, 'p'));
}

static const struct rep_step steps[] = {
	{ "A file in memory, mapped twice.", "S41", memory_file },
	{ "MAP_SHARED stores are seen by read() at once.", "S36", store_shared,
	  "Stores to the MAP_SHARED mapping, then read()." },
	{ "MAP_PRIVATE ones are not: copy-on-write.", "S37", store_private,
	  "Stores to the MAP_PRIVATE mapping, then read()." },
	{ "msync(), and stores after it.", "S36 S51", sync_and_store },
	{ "A file on a disk, mapped twice.", "S41", disk_file },
	{ "MAP_SHARED stores are seen by read() at once.", "S36", store_shared,
	  "Stores to the MAP_SHARED mapping, then read()." },
	{ "MAP_PRIVATE ones are not: copy-on-write.", "S37", store_private,
	  "Stores to the MAP_PRIVATE mapping, then read()." },
	{ "msync(), and stores after it.", "S36 S51", sync_and_store },
};

static const struct rep_option dir = {
	"dir",
	"DIR",
	"where the disk file is made, for a moment (/var/tmp)",
};

static const struct rep_demo demo = {
	.name = "mmapdemo/shared_vs_private",
	.title = "one file, two mappings",
	.lesson =
		"Both mappings have the page cache's own pages, until a private one is written: that copies the page, and the file never sees it.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 4,
	.accesses = true,
	.option = &dir,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
