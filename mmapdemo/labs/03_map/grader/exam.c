// SPDX-License-Identifier: MIT
/*
 * exam.c - what a mapped record file is asked, and what it is worth. The file
 * is looked at, changed, cut and extended from outside meanwhile.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"

#define MOST 400

static struct record records[MOST];

/* Not a whole number of pages: the last one is partly behind the end. */
static size_t some_count(struct exam *e)
{
	return 150 + 2 * exam_random(e, 20) + 1;
}

static void mapped(struct exam *e, bool shared)
{
	struct mapping m;

	exam_expected(e, "a mapping of the file, %s and writable",
		      shared ? "shared" : "private");
	if (!find_mapping(e, 0, &m))
		exam_seen(e, "none in /proc/PID/maps");
	if (m.shared != shared || !m.writable)
		exam_seen(e, "one that is %s, and %s",
			  m.shared ? "shared" : "private",
			  m.writable ? "writable" : "read-only");
}

static void test_read(struct exam *e)
{
	size_t n = some_count(e), i;

	make_file(e, records, n, 0600);
	open_book(e, 0, BOOK_EDIT);
	count(e, 0, n);
	mapped(e, true);
	for (i = 0; i < n; i += 1 + exam_random(e, 9))
		read_is(e, 0, i, &records[i]);
	read_is(e, 0, n - 1, &records[n - 1]);
	/* Others' changes are seen: there is no copy of an own. */
	for (int k = 0; k < 10; k++) {
		i = exam_random(e, n);
		records[i] = some_record(e);
		write_file(e, i, &records[i]);
		read_is(e, 0, i, &records[i]);
		through_mapping(e, i, false);
	}
}

static void test_write(struct exam *e)
{
	size_t n = some_count(e), i;

	make_file(e, records, n, 0600);
	open_book(e, 0, BOOK_EDIT);
	open_book(e, 1, BOOK_EDIT);
	for (int k = 0; k < 20; k++) {
		i = k == 7 ? n - 1 : exam_random(e, n);
		records[i] = some_record(e);
		write_book(e, 0, i, &records[i], 0);
		read_is(e, 1, i, &records[i]);
	}
	check_file(e, records, n);
	mapped(e, true);
	exam_call(e, ASK_CLOSE, 1, 0);
	open_book(e, 2, BOOK_EDIT);
	exam_call(e, ASK_CLOSE, 0, 0);
	write_book(e, 2, i, &records[i], 0);
	through_mapping(e, i, false);
}

static void test_range(struct exam *e)
{
	struct record r = some_record(e);
	size_t n = some_count(e);

	make_file(e, records, n, 0600);
	open_book(e, 0, BOOK_EDIT);
	read_is(e, 0, n - 1, &records[n - 1]);
	read_fails(e, 0, n, ERANGE);
	read_fails(e, 0, n + 1 + exam_random(e, 1000), ERANGE);
	read_fails(e, 0, SIZE_MAX, ERANGE);
	read_fails(e, 0, ((size_t)1 << 58) + 1, ERANGE);
	write_book(e, 0, n, &r, ERANGE);
	write_book(e, 0, ((size_t)1 << 58) + 1, &r, ERANGE);
	sync_book(e, 0, n, ERANGE);
	check_file(e, records, n);
	/* The book is what it was when it was opened. */
	resize_file(e, (n + 2) * RECORD_BYTES);
	count(e, 0, n);
	read_fails(e, 0, n, ERANGE);
}

static void test_odd(struct exam *e)
{
	struct exam_ask ask = { .op = ASK_OPEN };

	make_file(e, records, 3, 0600);
	open_book(e, 0, BOOK_EDIT);
	read_is(e, 0, 2, &records[2]);
	strcpy((char *)ask.data, "no-such-file");
	must(e, "book_open() of no file", exam_ask(e, ask)->value, -ENOENT);
	resize_file(e, 3 * RECORD_BYTES - 1 - exam_random(e, 60));
	strcpy((char *)ask.data, "book");
	must(e, "book_open() of a file that ends within a record",
	     exam_ask(e, ask)->value, -EINVAL);
	resize_file(e, 0);
	open_book(e, 1, BOOK_REVIEW);
	count(e, 1, 0);
	read_fails(e, 1, 0, ERANGE);
}

static void test_review(struct exam *e)
{
	struct record r = some_record(e);
	size_t n = some_count(e), i = exam_random(e, n);

	make_file(e, records, n, 0400);
	open_book(e, 0, BOOK_REVIEW);
	mapped(e, false);
	count(e, 0, n);
	read_is(e, 0, i, &records[i]);
	write_book(e, 0, i, &r, 0);
	through_mapping(e, i, true);
	read_is(e, 0, i, &r);
	check_file(e, records, n);
	append(e, 0, &r, EPERM);
	count(e, 0, n);
	open_book(e, 1, BOOK_REVIEW);
	exam_call(e, ASK_CLOSE, 0, 0);
	read_is(e, 1, i, &records[i]);
	check_file(e, records, n);
}

static void test_append(struct exam *e)
{
	size_t n = exam_random(e, 2) ? 0 : 3, i;

	make_file(e, records, n, 0600);
	open_book(e, 0, BOOK_EDIT);
	for (; n < 280; n++) {
		records[n] = some_record(e);
		append(e, 0, &records[n], 0);
		count(e, 0, n + 1);
		i = exam_random(e, n + 1);
		read_is(e, 0, i, &records[i]);
		if (n % 40 == 1)
			check_file(e, records, n + 1);
	}
	check_file(e, records, n);
	mapped(e, true);
}

/* How many descriptors the program has open. */
static int descriptors(struct exam *e)
{
	char path[32];
	DIR *dir;
	int n = 0;

	snprintf(path, sizeof(path), "/proc/%d/fd", exam_pid(e));
	dir = opendir(path);
	if (!dir)
		exam_broken(e, "%s: %s", path, strerror(errno));
	while (readdir(dir))
		n++;
	closedir(dir);
	return n;
}

static void unmapped(struct exam *e)
{
	struct mapping m;

	exam_expected(e, "no mapping of the file after book_close()");
	if (find_mapping(e, 0, &m))
		exam_seen(e, "one of %llu bytes",
			  (unsigned long long)(m.end - m.start));
}

static void as_many(struct exam *e, int before)
{
	int now = descriptors(e);

	exam_expected(e, "as many open descriptors as before book_open()");
	if (now != before)
		exam_seen(e, "%d more", now - before);
}

static void test_close(struct exam *e)
{
	struct exam_ask ask = { .op = ASK_OPEN, .arg = { 0, BOOK_EDIT } };
	size_t n = some_count(e);
	int before;

	make_file(e, records, n, 0600);
	before = descriptors(e);
	for (int k = 0; k < 10; k++) {
		open_book(e, 0, k % 2 ? BOOK_EDIT : BOOK_REVIEW);
		read_is(e, 0, n - 1, &records[n - 1]);
		exam_did(e, "book_close(), then book_open() anew, %d times",
			 k + 1);
		exam_call(e, ASK_CLOSE, 0, 0);
	}
	unmapped(e);
	as_many(e, before);
	/* What has grown is more to give back. */
	open_book(e, 0, BOOK_EDIT);
	for (size_t k = 0; k < 3 * obs_page_size() / RECORD_BYTES; k++)
		append(e, 0, &records[0], 0);
	exam_did(e, "book_close(), after book_append() had made it longer");
	exam_call(e, ASK_CLOSE, 0, 0);
	unmapped(e);
	/* What could not be opened leaves nothing, either. */
	resize_file(e, n * RECORD_BYTES + 1);
	strcpy((char *)ask.data, "book");
	for (int k = 0; k < 5; k++)
		must(e, "book_open() of a file that ends within a record",
		     exam_ask(e, ask)->value, -EINVAL);
	as_many(e, before);
}

/* Of another file: not the student's to mend, even after one that was. */
static void dies_of_others(struct exam *e)
{
	int status;

	exam_did(e,
		 "a load from behind the end of a mapped file that is no book");
	status = (int)exam_call(e, ASK_FOREIGN, 0, 0)->value;
	exam_expected(e, "the program ends by SIGBUS");
	if (WIFSIGNALED(status) && WTERMSIG(status) != SIGBUS)
		exam_seen(e, "by SIG%s", sigabbrev_np(WTERMSIG(status)));
	if (!WIFSIGNALED(status))
		exam_seen(e, "it goes on, or ends with exit status %d",
			  WEXITSTATUS(status));
}

static void test_sigbus(struct exam *e)
{
	struct record r = some_record(e), zero = { { 0 } };
	size_t n = some_count(e), page = (size_t)sysconf(_SC_PAGESIZE);
	size_t kept = page / RECORD_BYTES;

	if (n < 2 * kept + 1)
		n = 2 * kept + 1;
	make_file(e, records, n, 0600);
	open_book(e, 0, BOOK_EDIT);
	open_book(e, 1, BOOK_REVIEW);
	read_is(e, 0, n - 1, &records[n - 1]);
	resize_file(e, page);
	for (int k = 0; k < 5; k++) {
		read_fails(e, 0, kept + exam_random(e, n - kept), EIO);
		write_book(e, 0, n - 1, &r, EIO);
		read_fails(e, 1, n - 1, EIO);
		read_is(e, 0, kept - 1, &records[kept - 1]);
	}
	resize_file(e, n * RECORD_BYTES);
	read_is(e, 0, n - 1, &zero);
	write_book(e, 0, n - 1, &r, 0);
	read_is(e, 0, n - 1, &r);
	dies_of_others(e);
}

static struct exam_answer calls(struct exam *e)
{
	return *exam_call(e, ASK_CALLS, 0, 0);
}

/* What was asked for last has to be the record's page, and not the file. */
static void synced(struct exam *e, size_t i, struct exam_answer before)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t at = i * RECORD_BYTES, from;
	struct exam_answer a = calls(e);
	struct mapping m;

	exam_expected(e, "a call that waits for the disk: msync(MS_SYNC)");
	if (a.value == before.value && a.more[0] == before.more[0])
		exam_seen(e, "none");
	if (a.value == before.value)
		exam_look(
			e,
			"fsync() waits for all of the file; msync() can be told what (part 5)");
	exam_expected(e, "msync() of the page that record %zu is on", i);
	if (a.value == before.value)
		exam_seen(e, "fsync() of the whole file");
	if (!find_mapping(e, a.more[2], &m))
		exam_seen(e, "an address outside of the mapping");
	from = a.more[2] - m.start + m.offset;
	if (from > at || from + a.more[1] < at + RECORD_BYTES)
		exam_seen(e, "bytes %llu to %llu of the file",
			  (unsigned long long)from,
			  (unsigned long long)(from + a.more[1]));
	if (a.more[1] > 2 * page)
		exam_seen(e, "%llu bytes", (unsigned long long)a.more[1]);
}

static void test_sync(struct exam *e)
{
	size_t n = some_count(e) + 150, i;
	struct exam_answer before;

	make_file(e, records, n, 0600);
	open_book(e, 0, BOOK_EDIT);
	for (int k = 0; k < 6; k++) {
		i = k ? exam_random(e, n) : n - 1;
		records[i] = some_record(e);
		before = calls(e);
		write_book(e, 0, i, &records[i], 0);
		exam_expected(e, "no call that waits for the disk");
		if (calls(e).value != before.value ||
		    calls(e).more[0] != before.more[0])
			exam_seen(e, "msync() or fsync()");
		sync_book(e, 0, i, 0);
		synced(e, i, before);
	}
	check_file(e, records, n);
}

static const struct exam_test tests[] = {
	{ "read", 10, "records are read from a shared mapping of the file",
	  "the arguments of mmap(), and the address of a record (part 1)",
	  test_read },
	{ "write", 15, "what is written reaches the file at once, in place",
	  "MAP_SHARED, PROT_WRITE, and the mode the file is opened with (part 1)",
	  test_write },
	{ "range", 10, "there are as many records as fill the file",
	  "the comparison with the count; the product of a huge number wraps (part 1)",
	  test_range },
	{ "odd", 5, "odd and empty files are told apart",
	  "what mmap() says to length 0, and the size of the file (part 1)",
	  test_odd },
	{ "review", 15, "a review is written to, and the file is not",
	  "MAP_PRIVATE; which mode of the file does it need? (part 2)",
	  test_review },
	{ "append", 15, "file and mapping grow, and keep what was there",
	  "which grows first, and where the mapping is afterwards (part 3)",
	  test_append },
	{ "close", 5, "nothing is left of a closed book",
	  "the mapping with its size of now, and the descriptor (part 3)",
	  test_close },
	{ "sigbus", 10, "a file that became shorter is an error, not the end",
	  "the handler, the mask of signals after siglongjmp(), a second time, and a SIGBUS of others (part 4)",
	  test_sigbus },
	{ "sync", 10,
	  "book_sync() waits for the record's page, book_write() for nothing",
	  "msync() needs an address at the start of a page (part 5)",
	  test_sync },
};

static const struct exam_lab lab = {
	.name = "03_map",
	.title = "a record file, edited in memory",
	.built = 5,
	EXAM_TESTS(tests),
};

int main(int argc, char **argv)
{
	return exam_main(&lab, argc, argv);
}
