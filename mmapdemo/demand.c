// SPDX-License-Identifier: MIT
/*
 * A mapped file is loaded on access: from the disk where it is not cached (a
 * major fault), from the page cache where it is (a minor one). What read-ahead
 * saves; and a device, /dev/zero, mapped.
 *
 * Try: demand
 * Try: demand --pages 7 --dir /var/tmp
 * Try: demand --dir /nowhere || test $? = 1
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, bytes, around;
static const char *dir;
static int fd = -1;
static struct obs_window *file, *device;

static void set_up(struct rep *r)
{
	char *area = rep_area(r, rep_pages(r));
	char *other = rep_area(r, rep_pages(r));

	n = rep_pages(r);
	bytes = n * obs_page_size();
	around = obs_fault_around();
	file = rep_window(r, area, n);
	device = rep_window(r, other, n);
	dir = rep_option(r) ? rep_option(r) : "/var/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (rep_failed(r, fd < 0 ? -errno : 0, "make a file in %s", dir) ||
	    !rep_going(r))
		return;
	rep_fill(r, fd, n, 'f');
	if (mmap(area, bytes, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0) ==
	    MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages of a file", n);
	file->value = 'f';
}

/* Let go of the mapping's pages, and of those in the page cache. */
static void cool_down(struct rep *r)
{
	if (rep_going(r) &&
	    (madvise(file->addr, bytes, MADV_DONTNEED) || fsync(fd) ||
	     posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED)))
		rep_failed(r, -errno, "drop a file from the page cache");
}

static void cold(struct rep *r)
{
	rep_note(r, "%s is on %s", dir, obs_filesystem(fd));
	if (!strcmp(obs_filesystem(fd), "tmpfs")) {
		rep_skip_rest(r, "%s is in memory: use --dir", dir);
		return;
	}
	rep_expect_faults(r, n, OBS_KIND_FILE);
	rep_expect(r, n, "faults", "that waited for the disk (major)");
	rep_because(
		r,
		"the page cache was emptied, and MADV_RANDOM turned read-ahead off: each load reads its page from the disk");
	cool_down(r);
	if (rep_going(r) && madvise(file->addr, bytes, MADV_RANDOM))
		rep_failed(r, -errno, "madvise MADV_RANDOM");
	obs_reads(file);
	rep_saw_faults(r, file);
	rep_saw(r, file->faults.major);
	rep_strip(r, "file", file->after, n);
}

/* All is read once more before: the kernel may have reclaimed some of it. */
static void warm(struct rep *r)
{
	rep_expect_faults(r, (n + around - 1) / around, OBS_KIND_FILE);
	rep_expect(r, 0, "faults", "that waited for the disk (major)");
	rep_expect(r, n, "pages", "that were cached before");
	rep_because(
		r,
		"dropped from the mapping, but not from the page cache: a fault maps up to %zu pages, and nobody waits",
		around);
	touch_read_pages(file->addr, n, obs_page_size());
	if (rep_going(r) && madvise(file->addr, bytes, MADV_DONTNEED))
		rep_failed(r, -errno, "madvise MADV_DONTNEED");
	obs_reads(file);
	rep_saw_faults(r, file);
	rep_saw(r, file->faults.major);
	rep_saw(r, obs_count_flags(file->before, n, OBS_CACHED, OBS_CACHED));
}

/* Major faults of this process so far; outside of all windows. */
static size_t majors(void)
{
	struct rusage usage = { 0 };

	getrusage(RUSAGE_THREAD, &usage);
	return usage.ru_majflt;
}

static void read_ahead(struct rep *r)
{
	size_t count;

	rep_expect(r, n > 1, "times", "that fewer than one load a page waited");
	rep_expect(r, n, "pages", "that are cached now");
	rep_because(
		r,
		"a load that misses has the kernel read the pages behind it as well; how many is the disk's setting, so the number is not predicted");
	cool_down(r);
	if (rep_going(r) && madvise(file->addr, bytes, MADV_SEQUENTIAL))
		rep_failed(r, -errno, "madvise MADV_SEQUENTIAL");
	count = majors();
	touch_read_pages(file->addr, n, obs_page_size());
	count = majors() - count;
	rep_note(r, "%zu of %zu loads waited for the disk", count, n);
	rep_saw(r, count < n);
	if (rep_going(r) && madvise(file->addr, bytes, MADV_DONTNEED))
		rep_failed(r, -errno, "madvise MADV_DONTNEED");
	rep_look(r, 0, file);
	rep_saw(r, obs_count_flags(file->after, n, OBS_CACHED, OBS_CACHED));
}

static void map_device(struct rep *r)
{
	int zero = open("/dev/zero", O_RDWR | O_CLOEXEC);

	rep_expect_faults(r, n, obs_fresh_read());
	rep_expect(r, n, "pages", "that read as zero");
	rep_because(
		r,
		"a device decides what its mapping is: /dev/zero, mapped privately, gives anonymous memory");
	if (rep_failed(r, zero < 0 ? -errno : 0, "open /dev/zero"))
		return;
	if (mmap(device->addr, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_FIXED, zero, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages of /dev/zero", n);
	close(zero);
	rep_reads(r, NULL, device, 0);
	rep_saw(r, device->matched);
}

static void tear_down(struct rep *r)
{
	close(fd);
}

static const struct rep_step steps[] = {
	{ "A file that is not cached.", "S17 S41", cold },
	{ "A file that is cached.", "S41", warm },
	{ "Not cached, but read ahead.", "S41", read_ahead },
	{ "A device.", "S17", map_device },
};

static const struct rep_option option = {
	"dir",
	"DIR",
	"where the disk file is made, for a moment (/var/tmp)",
};

static const struct rep_demo demo = {
	.name = "mmapdemo/demand",
	.title = "a file is loaded on access",
	.lesson =
		"Mapping a file reads nothing. A load does: from the disk once, from the page cache ever after.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 2,
	.set_up = set_up,
	.tear_down = tear_down,
	.option = &option,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
