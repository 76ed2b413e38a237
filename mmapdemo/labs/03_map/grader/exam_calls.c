// SPDX-License-Identifier: MIT
/*
 * exam_calls.c - the examiner's calls, each with its line for the hint; and the
 * file itself, looked at and changed from outside.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "calls.h"

static const char *path_of(struct exam *e)
{
	static char path[128];

	snprintf(path, sizeof(path), "%s/book", exam_folder(e));
	return path;
}

/* ---- the file, from outside */

struct record some_record(struct exam *e)
{
	struct record r;

	for (size_t i = 0; i < RECORD_BYTES; i++)
		r.byte[i] = (unsigned char)(1 + exam_random(e, 255));
	return r;
}

static int open_file(struct exam *e, int flags)
{
	int fd = open(path_of(e), flags | O_CLOEXEC, 0600);

	if (fd < 0)
		exam_broken(e, "%s: %s", path_of(e), strerror(errno));
	return fd;
}

void make_file(struct exam *e, struct record *records, size_t n, int mode)
{
	int fd = open_file(e, O_RDWR | O_CREAT | O_TRUNC);

	for (size_t i = 0; i < n; i++) {
		records[i] = some_record(e);
		if (write(fd, &records[i], RECORD_BYTES) != RECORD_BYTES)
			exam_broken(e, "%s: %s", path_of(e), strerror(errno));
	}
	fchmod(fd, (mode_t)mode);
	close(fd);
}

void resize_file(struct exam *e, size_t bytes)
{
	if (truncate(path_of(e), (off_t)bytes))
		exam_broken(e, "%s: %s", path_of(e), strerror(errno));
	exam_did(e, "the file cut or extended to %zu bytes, by somebody else",
		 bytes);
}

void write_file(struct exam *e, size_t i, const struct record *r)
{
	int fd = open_file(e, O_RDWR);

	if (pwrite(fd, r, RECORD_BYTES, (off_t)(i * RECORD_BYTES)) !=
	    RECORD_BYTES)
		exam_broken(e, "%s: %s", path_of(e), strerror(errno));
	close(fd);
	exam_did(e, "record %zu changed in the file, by somebody else", i);
}

void check_file(struct exam *e, const struct record *records, size_t n)
{
	int fd = open_file(e, O_RDONLY);
	struct record r;
	struct stat st;

	exam_expected(e, "a file of %zu bytes", n * RECORD_BYTES);
	if (fstat(fd, &st))
		exam_broken(e, "%s: %s", path_of(e), strerror(errno));
	if ((size_t)st.st_size != n * RECORD_BYTES) {
		close(fd);
		exam_seen(e, "%lld bytes", (long long)st.st_size);
	}
	for (size_t i = 0; i < n; i++) {
		exam_expected(e, "record %zu in the file as it should be now",
			      i);
		if (pread(fd, &r, RECORD_BYTES, (off_t)(i * RECORD_BYTES)) !=
			    RECORD_BYTES ||
		    memcmp(&r, &records[i], RECORD_BYTES)) {
			close(fd);
			exam_seen(e, "other bytes");
		}
	}
	close(fd);
}

/* ---- the book */

void must(struct exam *e, const char *did, int64_t value, int64_t expected)
{
	if (did)
		exam_did(e, "%s", did);
	if (expected)
		exam_expected(e, "-%s", exam_error(-expected));
	else
		exam_expected(e, "0");
	if (value == expected)
		return;
	if (value < 0)
		exam_seen(e, "-%s", exam_error(-value));
	exam_seen(e, "%" PRId64, value);
}

void open_book(struct exam *e, int book, enum book_mode mode)
{
	struct exam_ask ask = { .op = ASK_OPEN,
				.arg = { (uint64_t)book, mode } };

	snprintf((char *)ask.data, sizeof(ask.data), "%s", path_of(e));
	must(e,
	     mode == BOOK_EDIT ? "book_open(file, BOOK_EDIT)" :
				 "book_open(file, BOOK_REVIEW)",
	     exam_ask(e, ask)->value, 0);
}

void count(struct exam *e, int book, size_t n)
{
	int64_t value = exam_call(e, ASK_COUNT, (uint64_t)book, 0)->value;

	exam_expected(e, "then %zu from book_count()", n);
	if (value != (int64_t)n)
		exam_seen(e, "%" PRId64, value);
}

static const struct exam_answer *ask_read(struct exam *e, int book, size_t i)
{
	exam_did(e, "book_read() of record %zu", i);
	return exam_call(e, ASK_READ, (uint64_t)book, i);
}

void read_is(struct exam *e, int book, size_t i, const struct record *r)
{
	const struct exam_answer *a = ask_read(e, book, i);

	must(e, NULL, a->value, 0);
	exam_expected(e, "what stands in it now");
	if (memcmp(a->data, r, RECORD_BYTES))
		exam_seen(e, "other bytes");
}

void read_fails(struct exam *e, int book, size_t i, int error)
{
	must(e, NULL, ask_read(e, book, i)->value, -error);
}

void write_book(struct exam *e, int book, size_t i, const struct record *r,
		int error)
{
	struct exam_ask ask = { .op = ASK_WRITE, .arg = { (uint64_t)book, i } };

	memcpy(ask.data, r, RECORD_BYTES);
	exam_did(e, "book_write() of record %zu", i);
	must(e, NULL, exam_ask(e, ask)->value, -error);
}

void append(struct exam *e, int book, const struct record *r, int error)
{
	struct exam_ask ask = { .op = ASK_APPEND, .arg = { (uint64_t)book } };

	memcpy(ask.data, r, RECORD_BYTES);
	must(e, "book_append()", exam_ask(e, ask)->value, -error);
}

void sync_book(struct exam *e, int book, size_t i, int error)
{
	exam_did(e, "book_sync() of record %zu", i);
	must(e, NULL, exam_call(e, ASK_SYNC, (uint64_t)book, i)->value, -error);
}

bool find_mapping(struct exam *e, uint64_t address, struct mapping *m)
{
	char path[32], line[512], mode[5];
	bool found = false;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/maps", exam_pid(e));
	file = fopen(path, "r");
	if (!file)
		exam_broken(e, "%s: %s", path, strerror(errno));
	while (!found && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64,
			   &m->start, &m->end, mode, &m->offset) != 4 ||
		    !strstr(line, path_of(e)))
			continue;
		found = !address || (address >= m->start && address < m->end);
	}
	fclose(file);
	m->shared = found && mode[3] == 's';
	m->writable = found && mode[1] == 'w';
	return found;
}

void through_mapping(struct exam *e, size_t i, bool copied)
{
	uint64_t size = obs_page_size(), at = i * RECORD_BYTES / size * size;
	struct obs_page page;
	struct mapping m;
	bool file;

	exam_expected(e, "a mapping that holds record %zu", i);
	if (!find_mapping(e, 0, &m) || at < m.offset ||
	    at - m.offset >= m.end - m.start)
		exam_seen(e, "none in /proc/PID/maps");
	if (obs_pages_of(exam_pid(e), (void *)(m.start + at - m.offset), 1,
			 &page))
		exam_broken(e, "%s", obs_what());
	exam_expected(e, "record %zu %s through the mapping", i,
		      copied ? "changed" : "touched");
	if (!(page.flags & OBS_PRESENT))
		exam_seen(e, "its page there was never touched");
	file = page.flags & OBS_FILE;
	if (file == copied)
		exam_seen(e, "its page there %s",
			  copied ? "is still the file's" : "is a copy");
}
