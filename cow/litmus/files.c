// SPDX-License-Identifier: MIT
/*
 * The files a scenario maps: written page by page, so that the page cache
 * holds small folios, and (on a disk) written back, so that all is clean.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/*
 * Page @i begins with value + i; what is right already is left alone. Nothing
 * is read behind the old end: read-ahead would bring large folios.
 */
static int fill(const struct lit_shared *shared, int fd,
		const struct lit_file *file, off_t old_size)
{
	size_t page_size = obs_page_size();
	char *text = calloc(1, page_size);
	int rc = 0;

	if (!text)
		return lit_fail(ENOMEM, "write a file");
	for (int i = 0; i < file->cached && !rc; i++) {
		struct lit_content is,
			want = lit_content(shared, file->value + i);

		if ((off_t)(i * page_size) < old_size &&
		    pread(fd, &is, sizeof(is), i * page_size) == sizeof(is) &&
		    !memcmp(&is, &want, sizeof(is)))
			continue;
		memcpy(text, &want, sizeof(want));
		if (pwrite(fd, text, page_size, i * page_size) !=
		    (ssize_t)page_size)
			rc = lit_fail(errno, "write the file '%s'", file->name);
	}
	free(text);
	return rc;
}

static int resize(const struct lit_shared *shared, int fd,
		  const struct lit_file *file)
{
	struct stat old;

	if (fstat(fd, &old))
		return lit_fail(errno, "look at the file '%s'", file->name);
	if (ftruncate(fd, file->pages * obs_page_size()))
		return lit_fail(errno, "make the file '%s' %d pages long",
				file->name, file->pages);
	return fill(shared, fd, file, old.st_size);
}

static int open_memfd(const struct lit_shared *shared,
		      const struct lit_file *file)
{
	int fd = memfd_create(file->name, MFD_CLOEXEC), rc;

	if (fd < 0)
		return lit_fail(errno, "make the memfd '%s'", file->name);
	rc = resize(shared, fd, file);
	if (!rc)
		return fd;
	close(fd);
	return rc;
}

/*
 * tmpfs does not ask to be told of writes: it is no disk. Of those that do,
 * the model was held against ext4.
 */
static int make_disk_file(const char *dir)
{
	const char *fs;
	int fd;

	if (!dir)
		return lit_fail(ENODEV, "use a disk file without a folder");
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return lit_fail(errno, "make a file in %s", dir);
	fs = obs_filesystem(fd);
	if (strcmp(fs, "ext4")) {
		close(fd);
		return lit_fail(ENODEV, "use %s, which is on %s, as a disk",
				dir, fs);
	}
	return fd;
}

/*
 * A pipe that refers to a file's pages keeps them in the page cache: reclaim,
 * DAMON and drop_caches take only what nobody else refers to. It maps nothing,
 * so what is mapped once stays so. Without it a page that no process maps may
 * go between two operations; then the next one has a fault more. As many pages
 * as the pipe has room for; returns its read end, or -1.
 */
static int hold(int fd, int pages)
{
	off_t at = 0, end = pages * obs_page_size();
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -1;
	fcntl(ends[1], F_SETPIPE_SZ, end);
	while (at < end &&
	       splice(fd, &at, ends[1], NULL, end - at, SPLICE_F_NONBLOCK) > 0)
		;
	close(ends[1]);
	return ends[0];
}

/* The old pipe lets go of nothing that the new one does not have. */
static void hold_disk(struct lit_kernel *kernel, int index)
{
	int held = hold(kernel->disk[index], kernel->setup.file[index].pages);

	if (kernel->held[index] >= 0)
		close(kernel->held[index]);
	kernel->held[index] = held;
}

/* One file serves all scenarios in turn: writing it back is what takes time. */
static int open_disk(struct lit_kernel *kernel, int index)
{
	const struct lit_file *file = &kernel->setup.file[index];
	int rc;

	if (kernel->disk[index] < 0)
		kernel->disk[index] = make_disk_file(kernel->dir);
	if (kernel->disk[index] < 0)
		return kernel->disk[index];
	rc = resize(kernel->shared, kernel->disk[index], file);
	if (!rc && fsync(kernel->disk[index]))
		rc = lit_fail(errno, "write back the file '%s'", file->name);
	if (rc)
		return rc;
	hold_disk(kernel, index);
	return dup(kernel->disk[index]);
}

bool lit_files_probe(const char *dir)
{
	int fd = make_disk_file(dir);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int lit_files_open(struct lit_kernel *kernel)
{
	struct lit_shared *shared = kernel->shared;

	for (int i = 0; i < kernel->setup.files; i++) {
		const struct lit_file *file = &kernel->setup.file[i];

		shared->file[i] = file->backing == MM_BACK_DISK ?
					  open_disk(kernel, i) :
					  open_memfd(shared, file);
		if (shared->file[i] < 0)
			return shared->file[i];
	}
	return 0;
}

void lit_files_close(struct lit_kernel *kernel)
{
	for (int i = 0; i < MM_NAMED; i++) {
		if (kernel->shared->file[i] >= 0)
			close(kernel->shared->file[i]);
		kernel->shared->file[i] = -1;
	}
}

void lit_files_forget(struct lit_kernel *kernel)
{
	for (int i = 0; i < MM_NAMED; i++) {
		if (kernel->disk[i] >= 0)
			close(kernel->disk[i]);
		if (kernel->held[i] >= 0)
			close(kernel->held[i]);
	}
}
