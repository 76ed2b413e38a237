// SPDX-License-Identifier: MIT
/*
 * exam_save.c - is what a child saves of one moment, whole, and cheap? Children
 * are held while their parent goes on, so no luck is in the answers.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "calls.h"

#define SAVED "saved"

static void save_begin(struct exam *e, const char *path, int error)
{
	struct exam_ask ask = { .op = ASK_SAVE };
	int64_t value;

	strncpy((char *)ask.data, path, sizeof(ask.data) - 1);
	exam_did(e, "store_save_begin()%s",
		 error ? ", while a save is on" : "");
	value = exam_ask(e, ask)->value;
	exam_expected(e, error ? "-%s" : "%s", exam_error(error));
	if (value != -error)
		exam_seen(e, "%" PRId64 " (%s)", value, exam_error(-value));
	if (!error)
		memcpy(then, now, sizeof(then));
}

/* Of what may go wrong in two ways either will do. */
static void save_wait(struct exam *e, const char *what, int error, int other)
{
	int64_t value;

	exam_did(e, "store_save_wait()%s", what);
	value = exam_call(e, ASK_WAIT, 0, 0)->value;
	exam_expected(e, error ? "-%s" : "%s", exam_error(error));
	if (value != -error && value != -other)
		exam_seen(e, "%" PRId64 " (%s)", value, exam_error(-value));
}

static void save(struct exam *e, const char *path)
{
	save_begin(e, path, 0);
	save_wait(e, "", 0, 0);
}

static void hold(struct exam *e)
{
	if (exam_call(e, ASK_HOLD, 0, 0)->value)
		exam_broken(e, "no pipe for a child to wait at");
}

/* Return: the child that saves, which is held. */
static pid_t held_child(struct exam *e)
{
	struct exam_answer a = *exam_call(e, ASK_FORKS, 0, 0);
	pid_t child = 0;

	exam_expected(e, "then a child, by fork(), that has only begun");
	if (a.value != 1)
		exam_seen(e, "fork() was called %" PRId64 " times", a.value);
	if (a.more[0]) {
		exam_look(e, "waits: only store_save_wait() may (part 2)");
		exam_seen(e, "its parent waited for it");
	}
	if (exam_children(e, exam_pid(e), &child) != 1)
		exam_seen(e, "there is none");
	return child;
}

static void let_go(struct exam *e)
{
	held_child(e);
	exam_call(e, ASK_GO, 0, 0);
}

void test_save(struct exam *e)
{
	uint64_t n = 100 + exam_random(e, 200);

	create(e, n);
	save(e, SAVED);
	file_is(e, SAVED);
	set_many(e, n, 1);
	for (int i = 0; i < 20; i++)
		del(e, exam_random(e, n));
	save(e, SAVED);
	file_is(e, SAVED);
	stir(e, n / 2, n, 2);
	save(e, SAVED);
	file_is(e, SAVED);
	set_many(e, 10, 3);
	save(e, "another");
	file_is(e, "another");
}

void test_moment(struct exam *e)
{
	uint64_t n = 200 + exam_random(e, 100), k;

	create(e, n + 50);
	set_many(e, n, 1);
	hold(e);
	save_begin(e, SAVED, 0);
	for (k = n; k < n + 20; k++)
		set(e, k, 2);
	stir(e, n / 2, n, 3);
	for (int i = 0; i < 20; i++)
		del(e, exam_random(e, n));
	get_all(e, n + 50);
	count(e);
	let_go(e);
	save_wait(e, ", after sets and deletes", 0, 0);
	file_is(e, SAVED);
	get_all(e, n + 50);
}

void test_meanwhile(struct exam *e)
{
	uint64_t n = 100 + exam_random(e, 100), bytes;

	create(e, n);
	set_many(e, n, 1);
	hold(e);
	save_begin(e, SAVED, 0);
	held_child(e);
	bytes = bytes_in_files(e);
	exam_expected(e, "then nothing is written yet: the child does that");
	if (bytes)
		exam_seen(e, "%" PRIu64 " bytes are", bytes);
	save_begin(e, "another", EBUSY);
	let_go(e);
	save_wait(e, "", 0, 0);
	file_is(e, SAVED);
	files_are(e, SAVED, NULL);
}

void test_reaped(struct exam *e)
{
	uint64_t n = 20 + exam_random(e, 30);
	pid_t child, pid;
	size_t left;

	create(e, n);
	save_wait(e, ", and no save has begun", ECHILD, ECHILD);
	pid = exam_pid(e);
	for (unsigned int i = 1; i <= 10; i++) {
		set_many(e, n, i);
		save(e, SAVED);
		file_is(e, SAVED);
		left = exam_children(e, pid, &child);
		exam_expected(e, "then no child is left");
		if (left)
			exam_seen(e, "%zu, ended or not", left);
	}
	save_wait(e, ", twice", ECHILD, ECHILD);
}

/* Files of the subject's may be so large, from outside. */
static void limit_files(struct exam *e, rlim_t bytes)
{
	pid_t pid = exam_pid(e);
	struct rlimit limit;

	if (prlimit(pid, RLIMIT_FSIZE, NULL, &limit))
		exam_broken(e, "can't read the subject's limits");
	limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
	if (prlimit(pid, RLIMIT_FSIZE, &limit, NULL))
		exam_broken(e, "can't limit the subject");
}

/* A save that can't get beyond half of the file; what was there stays. */
static void save_too_much(struct exam *e, uint64_t n, uint64_t bytes)
{
	unsigned char before[512];

	memcpy(before, then, sizeof(before));
	stir(e, n, n, 9);
	limit_files(e, bytes);
	save_begin(e, SAVED, 0);
	save_wait(e, ", where files may not be so large", EFBIG, EIO);
	limit_files(e, RLIM_INFINITY);
	memcpy(then, before, sizeof(before));
}

void test_whole(struct exam *e)
{
	uint64_t n = 300 + exam_random(e, 100), bytes;

	create(e, n);
	set_many(e, n, 1);
	save(e, SAVED);
	file_is(e, SAVED);
	files_are(e, SAVED, NULL);
	bytes = file_bytes(e, SAVED);
	save_too_much(e, n, bytes / 2 + exam_random(e, 100));
	file_is(e, SAVED);
	files_are(e, SAVED, NULL);
	set_many(e, n, 2);
	save(e, SAVED);
	file_is(e, SAVED);
	hold(e);
	save_begin(e, SAVED, 0);
	file_is(e, SAVED);
	let_go(e);
	save_wait(e, "", 0, 0);
	file_is(e, SAVED);
}

void test_errors(struct exam *e)
{
	uint64_t n = 100 + exam_random(e, 100);

	create(e, n);
	set_many(e, n, 1);
	save_begin(e, "nowhere/" SAVED, 0);
	save_wait(e, ", where there is no such folder", ENOENT, ENOENT);
	save_too_much(e, n, 200 + exam_random(e, 200));
	hold(e);
	save_begin(e, SAVED, 0);
	kill(held_child(e), SIGKILL);
	exam_call(e, ASK_GO, 0, 0);
	save_wait(e, ", after the child was killed", EIO, EIO);
	files_are(e, "", NULL);
	save(e, SAVED);
	file_is(e, SAVED);
}

void test_buffers(struct exam *e)
{
	uint64_t bytes;

	create(e, 50);
	set_many(e, 50, 1);
	if (exam_call(e, ASK_NOTE, 0, 0)->value)
		exam_broken(e, "no file for a note");
	save(e, SAVED);
	file_is(e, SAVED);
	exam_call(e, ASK_NOTE_END, 0, 0);
	bytes = file_bytes(e, NOTE_FILE);
	exam_did(e, "a save, while its caller has text in a buffer of stdio's");
	exam_expected(e, "it is written once, by the caller: %zu bytes",
		      strlen(NOTE_LINE));
	if (bytes != strlen(NOTE_LINE))
		exam_seen(e, "%" PRIu64 " bytes", bytes);
	bytes = file_bytes(e, EXIT_FILE);
	exam_did(e, "a save, while its caller has an atexit() handler");
	exam_expected(e, "it does not run in the child");
	if (bytes)
		exam_seen(e, "it did");
}

void test_copies(struct exam *e)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t n = 6 * page + exam_random(e, 1000), sets = n / 4;
	unsigned long before, faults, due = STORE_FAULTS(n, page);
	pid_t pid = exam_pid(e);

	create(e, n);
	set_many(e, n, 1);
	hold(e);
	before = exam_faults(e, pid);
	save_begin(e, SAVED, 0);
	stir(e, sets, n, 2);
	faults = exam_faults(e, pid) - before;
	let_go(e);
	exam_did(e, "a save, and %" PRIu64 " sets, of %" PRIu64 " keys", sets,
		 n);
	exam_expected(e, "at most %lu page faults: STORE_FAULTS()", due);
	if (faults > due)
		exam_seen(e, "%lu", faults);
	save_wait(e, ", after many sets", 0, 0);
	file_is(e, SAVED);
	get_all(e, n);
}
