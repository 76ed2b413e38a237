// SPDX-License-Identifier: MIT
/*
 * exam.c - the scenes that the student's machine has to play as Linux does, and
 * what they are worth. Numbers differ for each submission.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "calls.h"

static struct scene scene;

static int value(struct exam *e)
{
	return 1 + (int)exam_random(e, 255);
}

/* A mapping of so many pages, the first of which are written. */
static void begin(struct exam *e, bool zero_page, int pages, int written)
{
	scene_begin(&scene, zero_page);
	scene_add(&scene, "map a anon private %d", pages);
	if (!written)
		return;
	scene_add(&scene, "P0 write a 0-%d =%d", written - 1, value(e));
	/* Who counts only these wrong loses no more than their own test. */
	scene.setup = 2;
}

static void play(struct exam *e, enum kernel_trap trap)
{
	scene_ask_linux(e, &scene);
	scene_play(e, &scene, trap);
}

static void test_zerofill(struct exam *e)
{
	int pages = 5 + (int)exam_random(e, 8);

	begin(e, has_zero_page(), pages, 0);
	scene_add(&scene, "P0 write a %d =%d", pages - 1, value(e));
	scene_add(&scene, "P0 write a 0-2 =%d", value(e));
	scene_add(&scene, "P0 write a 1 =%d", value(e));
	scene_add(&scene, "P0 read a 0-2");
	scene_add(&scene, "P0 write a 2-%d =%d", pages - 1, value(e));
	scene_add(&scene, "P0 write a =%d", value(e));
	play(e, TRAP_SEGV);
}

static void test_share(struct exam *e)
{
	int pages = 5 + (int)exam_random(e, 8), written = pages - 2;

	begin(e, has_zero_page(), pages, written);
	scene_add(&scene, "P0 fork P1");
	scene_add(&scene, "P1 read a 0-%d", written - 1);
	scene_add(&scene, "P0 read a 0-%d", written - 1);
	scene_add(&scene, "P1 fork P2");
	scene_add(&scene, "P2 write a %d =%d", pages - 1, value(e));
	scene_add(&scene, "P2 read a 0-1");
	scene_add(&scene, "P0 fork P3");
	scene_add(&scene, "P3 read a 0-%d", written - 1);
	play(e, TRAP_SEGV);
}

static void test_copy(struct exam *e)
{
	int half = 2 + (int)exam_random(e, 3), pages = 2 * half;

	begin(e, has_zero_page(), pages, pages);
	scene_add(&scene, "P0 fork P1");
	scene_add(&scene, "P1 write a 0-%d =%d", half - 1, value(e));
	scene_add(&scene, "P0 read a");
	scene_add(&scene, "P1 write a 0-%d =%d", half - 1, value(e));
	scene_add(&scene, "P0 write a %d-%d =%d", half, pages - 1, value(e));
	scene_add(&scene, "P1 read a");
	scene_add(&scene, "P1 fork P2");
	scene_add(&scene, "P2 write a 0 =%d", value(e));
	scene_add(&scene, "P1 read a");
	play(e, TRAP_SEGV);
}

static void test_reuse(struct exam *e)
{
	int pages = 3 + (int)exam_random(e, 6);
	int first = (int)exam_random(e, 3), step = 1 + (int)exam_random(e, 2);

	begin(e, has_zero_page(), pages, pages);
	scene_add(&scene, "P0 fork P1");
	scene_add(&scene, "P0 fork P2");
	for (int i = 0; i < 3; i++)
		scene_add(&scene, "P%d write a 0-%d =%d",
			  (first + i * step) % 3, pages - 2, value(e));
	scene_add(&scene, "P%d write a 0 =%d", (first + 2 * step) % 3,
		  value(e));
	scene_add(&scene, "P2 fork P3");
	scene_add(&scene, "P3 write a 0-1 =%d", value(e));
	scene_add(&scene, "P2 write a 0-1 =%d", value(e));
	scene_add(&scene, "P3 write a 0-1 =%d", value(e));
	play(e, TRAP_SEGV);
}

static void play_exits(struct exam *e, int gone)
{
	int pages = 4 + (int)exam_random(e, 4);

	begin(e, has_zero_page(), pages, pages);
	scene_add(&scene, "P0 fork P1");
	scene_add(&scene, "P1 write a 0 =%d", value(e));
	scene_add(&scene, "P%d exit", gone);
	scene_add(&scene, "P%d read a", !gone);
	scene_add(&scene, "P%d write a =%d", !gone, value(e));
	scene_add(&scene, "P%d fork P2", !gone);
	scene_add(&scene, "P2 write a 1 =%d", value(e));
	scene_add(&scene, "P2 exit");
	scene_add(&scene, "P%d write a 0-2 =%d", !gone, value(e));
	play(e, TRAP_SEGV);
}

/* One of two has some pages no more; the other is alone with them. */
static void play_gone(struct exam *e, const char *call, const char *advice)
{
	int pages = 5 + (int)exam_random(e, 5);

	begin(e, has_zero_page(), pages, pages - 1);
	scene_add(&scene, "P0 fork P1");
	scene_add(&scene, "P1 write a 1 =%d", value(e));
	scene_add(&scene, "P1 %s a 1-2%s", call, advice);
	scene_add(&scene, "P0 write a 1-2 =%d", value(e));
	if (*advice)
		scene_add(&scene, "P1 write a 1-2 =%d", value(e));
	scene_add(&scene, "P0 write a 3 =%d", value(e));
	scene_add(&scene, "P0 %s a 0%s", call, advice);
	scene_add(&scene, "P1 write a 0 =%d", value(e));
	scene_add(&scene, "P1 fork P2");
	scene_add(&scene, "P2 write a 0 =%d", value(e));
	play(e, TRAP_SEGV);
}

static void test_release(struct exam *e)
{
	play_gone(e, "madvise", " dontneed");
	play_gone(e, "munmap", "");
}

static void test_exit(struct exam *e)
{
	play_exits(e, 0);
	play_exits(e, 1);
}

static void play_reads(struct exam *e, bool zero_page)
{
	int pages = 6 + (int)exam_random(e, 5);

	begin(e, zero_page, pages, 0);
	scene_add(&scene, "P0 read a 0-3");
	scene_add(&scene, "P0 write a 1-2 =%d", value(e));
	scene_add(&scene, "P0 read a 1-4");
	scene_add(&scene, "P0 fork P1");
	scene_add(&scene, "P1 read a 0-3");
	scene_add(&scene, "P1 write a 0-1 =%d", value(e));
	scene_add(&scene, "P0 read a 0-1");
	scene_add(&scene, "P0 write a =%d", value(e));
	scene_add(&scene, "P0 madvise a 0-2 dontneed");
	scene_add(&scene, "P0 read a 0-3");
	play(e, TRAP_SEGV);
}

static void test_read(struct exam *e)
{
	play_reads(e, false);
	play_reads(e, true);
}

static void test_lazy(struct exam *e)
{
	int pages = 5 + (int)exam_random(e, 4);

	begin(e, true, pages, 0);
	scene_add(&scene, "P0 read a 0-2");
	/* At the end: in the middle it would make two mappings of one. */
	scene_add(&scene, "P0 munmap a %d", pages - 1);
	scene_add(&scene, "P0 fork P1");
	scene_add(&scene, "P1 read a 1-%d", pages - 1);
	scene_add(&scene, "P1 fork P2");
	scene_add(&scene, "P2 read a 2");
	scene_add(&scene, "P0 write a 3 =%d", value(e));
	scene_add(&scene, "P0 fork P3");
	scene_add(&scene, "P3 fork P4");
	scene_add(&scene, "P4 read a");
	scene_add(&scene, "P4 write a 0 =%d", value(e));
	scene_add(&scene, "P1 fork P5");
	scene_add(&scene, "P5 read a 1-2");
	scene_add(&scene, "P3 madvise a dontneed");
	scene_add(&scene, "P3 read a 0-1");
	scene_add(&scene, "P3 fork P6");
	scene_add(&scene, "P6 read a 0-2");
	play(e, TRAP_SEGV);
}

static void test_unmapped(struct exam *e)
{
	int pages = 6 + (int)exam_random(e, 4);

	ends_process(e, true);
	begin(e, has_zero_page(), pages, pages - 1);
	scene_add(&scene, "P0 munmap a 2-3");
	scene_add(&scene, "P0 read a 1-2");
	scene_add(&scene, "P0 write a 1-4 =%d", value(e));
	scene_add(&scene, "P0 fork P1");
	scene_add(&scene, "P1 read a 1-4");
	scene_add(&scene, "P1 write a 2-4 =%d", value(e));
	scene_add(&scene, "P1 madvise a 2-4 dontneed");
	scene_add(&scene, "P1 write a 3-4 =%d", value(e));
	play(e, TRAP_SEGV);
}

static void test_linux(struct exam *e)
{
	/* The last one is for the kind of machine that this one is not. */
	for (int i = 0; i < 4; i++) {
		scene_random(e, &scene, has_zero_page() == (i < 3));
		play(e, TRAP_SEGV);
	}
}

/* ---- userfaultfd, where it is to be had */

static int try_uffd(void)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP |
			    UFFD_FEATURE_WP_HUGETLBFS_SHMEM,
	};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	int error;

	if (fd < 0)
		return errno;
	error = ioctl(fd, UFFDIO_API, &api) ? errno : 0;
	close(fd);
	return error;
}

static void test_uffd(struct exam *e)
{
	int error = try_uffd();

	if (error)
		exam_skip(e, "no write-protection by userfaultfd here: %s",
			  strerror(error));
	begin(e, has_zero_page(), 6, 5);
	scene_add(&scene, "P0 fork P1");
	scene_add(&scene, "P1 read a 0-4");
	scene_add(&scene, "P1 write a 0-2 =%d", value(e));
	scene_add(&scene, "P0 write a 1-3 =%d", value(e));
	scene_add(&scene, "P0 fork P2");
	scene_add(&scene, "P2 write a 5 =%d", value(e));
	scene_add(&scene, "P1 exit");
	scene_add(&scene, "P2 write a 3-4 =%d", value(e));
	scene_add(&scene, "P0 write a =%d", value(e));
	play(e, TRAP_UFFD);
	scene_random(e, &scene, has_zero_page());
	play(e, TRAP_UFFD);
}

static const struct exam_test tests[] = {
	{ "zerofill", 10, "a first store gets a frame of zeros, by one fault",
	  "the handler: which page is it, and what is mapped there, with MAP_FIXED? (part 1)",
	  test_zerofill },
	{ "foreign", 5, "what is not yours goes to the handler before",
	  "where each space ends; what sigaction() told: sa_flags says how to call it, SIG_DFL can't be called (parts 1 and 3)",
	  test_foreign },
	{ "share", 10, "after a fork both hold the same frames, read-only",
	  "space_fork(): both sides lose the permission to write (part 2)",
	  test_share },
	{ "copy", 10, "a store to a shared frame gets a copy of all of it",
	  "the order: take a frame, copy, map, put the old one (part 2)",
	  test_copy },
	{ "reuse", 10, "the last one who holds a frame stores to it itself",
	  "how many hold the frame now, not how many once did (part 3)",
	  test_reuse },
	{ "exit", 5, "who ends holds nothing any more",
	  "space_exit(): each frame has one less; who is left still faults once (part 3)",
	  test_exit },
	{ "release", 10, "pages that are dropped or unmapped hold nothing",
	  "space_drop() and space_unmap(): the reference, the mapping, and what the page is then (part 3)",
	  test_release },
	{ "frames", 10, "no frame is lost, none is held by strangers",
	  "each way that a page's frame changes: is the old one put, and is the count right when none is left? (part 3)",
	  test_frames },
	{ "read", 5, "a load from an absent page",
	  "the zero page: readable only, no reference; or a store of 0 (part 4)",
	  test_read },
	{ "lazy", 5, "a fork of what never had a frame copies no table",
	  "what a space has to remember for this, and who inherits it (part 4)",
	  test_lazy },
	{ "unmapped", 5, "an access to an unmapped page is refused",
	  "pages that are absent, and pages that are gone (part 4)",
	  test_unmapped },
	{ "linux", 5, "random scenes: each fault is what Linux counts",
	  "the first line that differs: try the scene with cow-litmus --step --why (part 4)",
	  test_linux },
	{ "uffd", 5, "the same with userfaultfd's write-protection",
	  "a mapping that is made anew has to be registered again; wake who waits last (part 5)",
	  test_uffd },
};

static const struct exam_lab lab = {
	.name = "07_cow_kernel",
	.title = "the page-fault handler",
	.built = 5,
	/* Who waits for a thread that does not wake it waits for ever. */
	.wall_s = 15,
	EXAM_TESTS(tests),
};

int main(int argc, char **argv)
{
	return exam_main(&lab, argc, argv);
}
