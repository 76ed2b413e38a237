// SPDX-License-Identifier: MIT
/* Page frames: what the kernel's own tables say of them, and comparing them. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

int obs_read_numbers(int fd, uint64_t *to, size_t n, uint64_t index)
{
	ssize_t got = pread(fd, to, n * sizeof(*to), index * sizeof(*to));

	if (got < 0)
		return -errno;
	return (size_t)got == n * sizeof(*to) ? 0 : -EIO;
}

/* How many pages from @at on lie in frames that follow one another? */
static size_t frame_run(const struct obs_page *page, size_t pages, size_t at)
{
	size_t n = 1;

	while (n < OBS_CHUNK && at + n < pages &&
	       page[at + n].pfn == page[at].pfn + n)
		n++;
	return n;
}

int obs_frames(const struct obs_proc *proc, size_t pages, struct obs_page *page)
{
	int fd_flags = openat(proc->root, "kpageflags", O_RDONLY | O_CLOEXEC);
	int fd_count = openat(proc->root, "kpagecount", O_RDONLY | O_CLOEXEC);
	uint64_t flags[OBS_CHUNK], count[OBS_CHUNK];
	int rc = 0;

	for (size_t at = 0, n;
	     at < pages && fd_flags >= 0 && fd_count >= 0 && !rc; at += n) {
		uint64_t pfn = page[at].pfn;

		n = frame_run(page, pages, at);
		if (!pfn)
			continue;
		rc = obs_read_numbers(fd_flags, flags, n, pfn);
		if (!rc)
			rc = obs_read_numbers(fd_count, count, n, pfn);
		for (size_t i = 0; i < n && !rc; i++) {
			page[at + i].kflags = flags[i];
			page[at + i].mapcount = count[i];
		}
	}
	if (fd_flags >= 0)
		close(fd_flags);
	if (fd_count >= 0)
		close(fd_count);
	return rc ? obs_fail(-rc, "read /proc/kpageflags and kpagecount") : 0;
}

bool obs_sees_frames(const struct obs_page *out, size_t pages)
{
	for (size_t i = 0; i < pages; i++)
		if (out[i].pfn)
			return true;
	return false;
}

size_t obs_count_flags(const struct obs_page *page, size_t pages, uint32_t mask,
		       uint32_t want)
{
	size_t count = 0;

	for (size_t i = 0; i < pages; i++)
		count += (page[i].flags & mask) == want;
	return count;
}

size_t obs_count_same(const struct obs_page *a, const struct obs_page *b,
		      size_t pages)
{
	size_t count = 0;

	for (size_t i = 0; i < pages; i++) {
		uint32_t both = a[i].flags & b[i].flags;
		uint32_t any = a[i].flags | b[i].flags;

		if (a[i].pfn || b[i].pfn)
			count += a[i].pfn == b[i].pfn;
		else
			count += both & OBS_PRESENT && !(any & OBS_EXCLUSIVE);
	}
	return count;
}
