// SPDX-License-Identifier: MIT
/*
 * The kernel writes to shared pages, too: read(2) into one copies it first. And
 * who only looks: write(2), /proc/PID/mem and process_vm_readv(), of which one
 * un-shares what it looks at.
 *
 * Try: kernel_write
 * Try: kernel_write --pages 7
 * Try: kernel_write --json
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, bytes;
static struct obs_window *mine, *its, *buffer;
static struct obs_peer *peer;
static int file = -1;

static void set_up(struct rep *r)
{
	char *area = rep_area(r, rep_pages(r));
	char *other = rep_area(r, rep_pages(r));

	n = rep_pages(r);
	bytes = n * obs_page_size();
	mine = rep_window(r, area, n);
	its = rep_window(r, area, n);
	buffer = rep_window(r, other, n);
	file = memfd_create("kernel_write", MFD_CLOEXEC);
	rep_failed(r, file < 0 ? -errno : 0, "make a file in memory");
	if (!rep_going(r))
		return;
	rep_fill(r, file, n, 'f');
	if (mmap(area, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED ||
	    mmap(other, bytes, PROT_READ | PROT_WRITE,
		 MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED | MAP_POPULATE, -1,
		 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	if (!rep_going(r))
		return;
	touch_write_pages(area, n, obs_page_size(), 'p');
}

static void fork_child(struct rep *r)
{
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
}

static size_t shared(struct rep *r)
{
	return rep_going(r) ? rep_compare(r, mine, its, peer) : 0;
}

/* Count what a transfer of all pages by one system call faults in here. */
static void finish(struct rep *r, struct obs_window *window, ssize_t got)
{
	rep_failed(r, got < 0 ? -errno : 0, "transfer %zu bytes", bytes);
	obs_end(window);
	rep_saw_faults(r, window);
	if (rep_going(r) && got != (ssize_t)bytes)
		rep_failed(r, -EIO, "transfer %zu bytes, not %zd", bytes, got);
}

static void write_from(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "that are one frame in both");
	rep_because(r, "write(2) reads our memory: nothing needs a copy");
	fork_child(r);
	obs_begin(mine);
	finish(r, mine, pwrite(file, mine->addr, bytes, 0));
	rep_saw(r, shared(r));
}

static void read_into(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, 0, "pages", "that are one frame in both");
	rep_because(
		r,
		"read(2) stores to our memory: the kernel's own store to a read-only entry faults like ours, and the page is copied");
	obs_begin(mine);
	obs_note_kernel(mine, n);
	finish(r, mine, pread(file, mine->addr, bytes, 0));
	rep_saw(r, shared(r));
	rep_end_peer(r, peer);
}

static void look_by_mem(struct rep *r)
{
	char path[32];
	int mem;

	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "that are one frame in both");
	rep_because(
		r,
		"/proc/PID/mem looks at the page that is there, without pinning it");
	touch_write_pages(mine->addr, n, obs_page_size(), 'q');
	fork_child(r);
	snprintf(path, sizeof(path), "/proc/%d/mem", peer ? peer->pid : 0);
	mem = open(path, O_RDONLY | O_CLOEXEC);
	if (rep_failed(r, mem < 0 ? -errno : 0, "open %s", path))
		return;
	obs_begin(buffer);
	finish(r, buffer,
	       pread(mem, buffer->addr, bytes, (uintptr_t)mine->addr));
	close(mem);
	rep_saw(r, shared(r));
}

static void look_by_vm(struct rep *r)
{
	struct iovec to = { buffer->addr, bytes }, from = { its->addr, bytes };

	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "faults", "that getrusage counts, of the reader");
	rep_expect(r, 0, "pages", "that are one frame in both");
	rep_because(
		r,
		"process_vm_readv() pins the child's pages, and what is pinned must be its own: each is copied for the child; perf sees no exception");
	obs_begin(buffer);
	obs_note_populated(buffer, n);
	finish(r, buffer,
	       process_vm_readv(rep_going(r) ? peer->pid : 0, &to, 1, &from, 1,
				0));
	rep_saw(r, buffer->faults.minor);
	rep_saw(r, shared(r));
	rep_note(r, "pages that were read as the parent wrote them: %zu",
		 obs_matches(buffer, 'q'));
}

static void tear_down(struct rep *r)
{
	close(file);
}

static const struct rep_step steps[] = {
	{ "write(2) from shared pages.", "S45", write_from },
	{ "read(2) into shared pages.", "S47 S48", read_into },
	{ "The child is looked at by /proc/PID/mem.", "S45", look_by_mem },
	{ "The child is looked at by process_vm_readv().", "S48", look_by_vm },
};

static const struct rep_demo demo = {
	.name = "cow/kernel_write",
	.title = "who writes, the kernel included, copies",
	.lesson =
		"read(2) into a shared page copies it as a store would. process_vm_readv() copies what it only reads; /proc/PID/mem does not.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 4,
	.accesses = true,
	.set_up = set_up,
	.tear_down = tear_down,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
