// SPDX-License-Identifier: MIT
/*
 * Which mappings a file allows, by how it was opened: 3 open modes x 4 rights x
 * 2 kinds, each with its errno. A private mapping of a read-only file can be
 * written; no mapping can do without reading.
 *
 * Try: modes
 * Try: modes --pages 7
 * Try: modes --json
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n;
static int fd = -1;
static struct obs_window *window;

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	window = rep_window(r, rep_area(r, n), n);
	fd = memfd_create("modes", MFD_CLOEXEC);
	if (!rep_failed(r, fd < 0 ? -errno : 0, "make a file in memory"))
		rep_fill(r, fd, n, 'a');
}

/* Open the file once more, in another mode. */
static int open_again(struct rep *r, int mode)
{
	char path[32];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, mode | O_CLOEXEC);
	rep_failed(r, again < 0 ? -errno : 0, "open %s", path);
	return again;
}

/* Does a descriptor allow this mapping? Any refusal must be EACCES. */
static bool allows(struct rep *r, int file, int prot, int how)
{
	size_t bytes = n * obs_page_size();
	char *got = mmap(NULL, bytes, prot, how, file, 0);

	if (got != MAP_FAILED)
		munmap(got, bytes);
	else if (errno != EACCES)
		rep_failed(r, -errno, "mmap %zu pages of a file", n);
	return got != MAP_FAILED;
}

/* Try all rights; bit i of a row: rights number i, as by PROT_READ and _WRITE. */
static unsigned int row(struct rep *r, int file, int how)
{
	static const int prots[] = { PROT_NONE, PROT_READ, PROT_WRITE,
				     PROT_READ | PROT_WRITE };
	unsigned int bits = 0;

	for (int i = 0; i < 4; i++)
		bits |= allows(r, file, prots[i], how) << i;
	rep_note(r, "%s: none %s, r %s, w %s, rw %s",
		 how == MAP_SHARED ? "MAP_SHARED " : "MAP_PRIVATE",
		 bits & 1 ? "yes" : "EACCES", bits & 2 ? "yes" : "EACCES",
		 bits & 4 ? "yes" : "EACCES", bits & 8 ? "yes" : "EACCES");
	return bits;
}

/* One open mode: which rows are right, and how many mappings work? */
static void mode(struct rep *r, int flags, unsigned int shared,
		 unsigned int private)
{
	int file = open_again(r, flags);
	unsigned int is_shared, is_private;

	if (!rep_going(r))
		return;
	is_shared = row(r, file, MAP_SHARED);
	is_private = row(r, file, MAP_PRIVATE);
	rep_saw(r, __builtin_popcount(is_shared));
	rep_saw(r, __builtin_popcount(is_private));
	rep_saw(r, __builtin_popcount(is_shared ^ shared) +
			   __builtin_popcount(is_private ^ private));
	close(file);
}

static void expect(struct rep *r, unsigned int shared, unsigned int private)
{
	rep_expect(r, shared, "mappings", "of 4 that work, MAP_SHARED");
	rep_expect(r, private, "mappings", "of 4 that work, MAP_PRIVATE");
	rep_expect(r, 0, "mappings", "that end otherwise than the rule says");
}

static void read_write(struct rep *r)
{
	expect(r, 4, 4);
	rep_because(r, "the descriptor may read and write: so may a mapping");
	mode(r, O_RDWR, 0xf, 0xf);
}

static void read_only(struct rep *r)
{
	expect(r, 2, 4);
	rep_because(
		r,
		"a shared mapping that writes would write the file: EACCES; a private one writes to copies");
	mode(r, O_RDONLY, 0x3, 0xf);
}

static void write_only(struct rep *r)
{
	expect(r, 0, 0);
	rep_because(
		r,
		"a store to a part of a page needs the rest of it: every mapping reads the file, whatever its rights");
	mode(r, O_WRONLY, 0, 0);
}

static void store(struct rep *r)
{
	int file = open_again(r, O_RDONLY);
	size_t same = 0;
	char c;

	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "of the file, by pread(), as before");
	rep_because(r, "the stores go to copies, which the file never sees");
	if (!rep_going(r))
		return;
	if (mmap(window->addr, n * obs_page_size(), PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_FIXED, file, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages of a file", n);
	rep_writes(r, NULL, window, 'b');
	for (size_t i = 0; i < n; i++)
		same += pread(file, &c, 1, i * obs_page_size()) == 1 &&
			c == 'a';
	rep_saw(r, same);
	rep_strip(r, "private", window->after, n);
	close(file);
}

static void tear_down(struct rep *r)
{
	close(fd);
}

static const struct rep_step steps[] = {
	{ "Opened O_RDWR: all mappings work.", "S35", read_write,
	  "A file opened O_RDWR." },
	{ "Opened O_RDONLY: no shared one that writes.", "S35", read_only,
	  "A file opened O_RDONLY." },
	{ "Opened O_WRONLY: none at all.", "S33 S35", write_only,
	  "A file opened O_WRONLY." },
	{ "A private mapping of an O_RDONLY file is written.", "S35 S37",
	  store },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/modes",
	.title = "which mappings a file allows",
	.lesson =
		"Every mapping needs a file that can be read; only a shared one that writes needs one that can be written.",
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
