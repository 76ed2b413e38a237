// SPDX-License-Identifier: MIT
/*
 * What each kind of fault costs, beside a system call, clearing a page and
 * copying one: how far a copy is from what it can't do without. Times are
 * medians over the pages of one run; only their ratios mean something. There
 * are at least 1024 pages, so that the medians do mean something.
 *
 * Try: fault_cost
 * Try: fault_cost --pages 2000
 * Try: fault_cost --json
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

#define LEAST 1024

static struct obs_costs costs;
static uint64_t zero_fill, copy, reuse; /* ns */
static bool on_disk;
static size_t n, page_size;
static struct obs_window *anon, *shared, *file;

static struct obs_window *map(struct rep *r, int how, int fd)
{
	char *area = rep_area(r, n);

	if (area && mmap(area, n * page_size, PROT_READ | PROT_WRITE,
			 how | MAP_FIXED, fd, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	else if (area && fd >= 0)
		rep_lock(r, area, n);
	return rep_window(r, area, n);
}

static void set_up(struct rep *r)
{
	n = rep_pages(r) < LEAST ? LEAST : rep_pages(r);
	page_size = obs_page_size();
	anon = map(r, MAP_PRIVATE | MAP_ANONYMOUS, -1);
	shared = map(r, MAP_SHARED | MAP_ANONYMOUS, -1);
	rep_failed(r, obs_costs(&costs), NULL);
	rep_failed(r, obs_fresh_read() == OBS_KINDS ? -ENOMEM : 0, "mmap");
}

/* Touch a window's pages, and say how long a touch took. */
static uint64_t touch(struct rep *r, struct obs_window *window, bool write,
		      size_t every)
{
	uint64_t ns = rep_going(r) ? obs_timed(window, write, every) : 0;

	rep_saw_faults(r, window);
	rep_note(r, "as long as %.1f system calls, or %.1f memcpy()s of a page",
		 (double)ns / costs.call, (double)ns / costs.cold);
	return ns;
}

/* A window's pages are to be absent, and to fault anew. */
static void drop(struct rep *r, struct obs_window *window)
{
	if (rep_going(r) && madvise(window->addr, n * page_size, MADV_DONTNEED))
		rep_failed(r, -errno, "madvise MADV_DONTNEED");
}

static void read_fresh(struct rep *r)
{
	rep_expect_faults(r, n, obs_fresh_read());
	rep_because(r, "a load needs zeros: the page of zeros if there is one");
	drop(r, anon);
	touch(r, anon, false, 1);
}

static void write_fresh(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "a store to fresh memory: a page to find and clear");
	drop(r, anon);
	zero_fill = touch(r, anon, true, 1);
}

/* Fork a child, which ends before or after we write. */
static uint64_t write_forked(struct rep *r, bool alive)
{
	struct obs_peer *peer = rep_peer(r);
	uint64_t ns;

	if (peer)
		rep_forked(r, peer, fork());
	if (!alive)
		rep_end_peer(r, peer);
	ns = touch(r, anon, true, 1);
	rep_end_peer(r, peer);
	return ns;
}

static void write_shared(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_because(r, "a new page, a copy, and an old entry to be forgotten");
	copy = write_forked(r, true);
}

static void write_left(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_REUSE);
	rep_because(r, "the child has gone: permit the page that is there");
	reuse = write_forked(r, false);
}

static void remap(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_REMAP);
	rep_because(r, "shared memory has its pages; they are mapped here");
	touch_write_pages(shared->addr, n, page_size, 's');
	drop(r, shared);
	touch(r, shared, true, 1);
}

static void read_file(struct rep *r)
{
	size_t around = obs_fault_around();
	int fd = open("/var/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	rep_expect_faults(r, (n + around - 1) / around, OBS_KIND_FILE);
	rep_because(r, "a fault maps what is cached around it");
	rep_failed(r, fd < 0 ? -errno : 0, "make a file in /var/tmp");
	rep_fill(r, fd, n, 'f');
	/* A page that is being written back may make a store fault twice. */
	rep_failed(r, fsync(fd) ? -errno : 0, "write a file to the disk");
	file = map(r, MAP_SHARED, fd);
	touch(r, file, false, around);
	on_disk = obs_notifies(fd);
	close(fd);
}

static void write_file(struct rep *r)
{
	rep_expect_faults(r, on_disk ? n : 0, OBS_KIND_NOTIFY);
	rep_because(r, on_disk ? "the file system must learn of each page" :
				 "a file in memory is not written back");
	touch(r, file, true, 1);
}

static void compare(struct rep *r)
{
	rep_expect(r, 0, "calls", "dearer than a fault that copies nothing");
	rep_because(
		r,
		"even a fault that copies nothing takes many times a call's time; how far the others are apart is told by the ratios");
	rep_saw(r, reuse <= costs.call);
	rep_note(
		r,
		"a copy takes %.1f reuses, %.1f zero-fills, and %.1f times its floor: a reuse and memcpy()",
		(double)copy / reuse, (double)copy / zero_fill,
		(double)copy / (reuse + costs.cold));
}

static const struct rep_step steps[] = {
	{ "A load from fresh memory.", "S42", read_fresh },
	{ "A store to fresh memory.", "S42", write_fresh },
	{ "A store to a page that a child shares.", "S56", write_shared },
	{ "A store to a page that a child has left.", "S56", write_left },
	{ "A store to shared memory.", NULL, remap },
	{ "A load from a file that is cached.", "S41", read_file },
	{ "A store to a file's clean page.", NULL, write_file },
	{ "All compared.", "S56", compare },
};

static const struct rep_demo demo = {
	.name = "cow/fault_cost",
	.title = "what each kind of fault costs",
	.lesson =
		"Every fault costs several system calls. A copy costs more than a reuse: it has to find a page, to copy, and to forget the old entry.",
	REP_STEPS(steps),
	.pages = LEAST,
	.copies = 5,
	.accesses = true,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
