// SPDX-License-Identifier: MIT
/*
 * subject.c - calls the student's store, and tells what came of it. It stands
 * between the student's fork() and the C library's: a child can be held until
 * the examiner has seen what its parent does meanwhile.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "exam/exam.h"
#include "ops.h"

/* A child that is held goes on after this, for a parent that waits for it. */
#define PATIENCE_MS 5000

static struct store *store;
static FILE *note;
static uint64_t forks;
static int gate[2] = { -1, -1 }; /* closed by the parent: children go on */
static int tell[2]; /* from children: here, and then that one waited too long */

/* In the child. */
static void wait_at_gate(void)
{
	struct pollfd fd = { gate[0], POLLIN, 0 };

	close(gate[1]);
	if (write(tell[1], "h", 1) != 1)
		_exit(125);
	if (poll(&fd, 1, PATIENCE_MS) == 0 && write(tell[1], "l", 1) != 1)
		_exit(125);
	close(gate[0]);
	close(tell[0]);
	close(tell[1]);
	gate[0] = -1; /* nor is a child of its own held */
}

pid_t fork(void)
{
	typeof(fork) *real = dlsym(RTLD_NEXT, "fork");
	pid_t child = real();
	char here;

	if (!child && gate[0] >= 0)
		wait_at_gate();
	if (child > 0) {
		forks++;
		/* No matter who runs first: the child is at the gate. */
		if (gate[0] >= 0 && read(tell[0], &here, 1) != 1)
			_exit(125);
	}
	return child;
}

static int64_t hold(void)
{
	forks = 0;
	return pipe(gate) || pipe(tell) ? -errno : 0;
}

/* Return: whether a child has lost its patience. */
static bool is_late(void)
{
	struct pollfd fd = { tell[0], POLLIN, 0 };

	return poll(&fd, 1, 0) == 1;
}

static void let_go(void)
{
	close(gate[0]);
	close(gate[1]);
	close(tell[0]);
	close(tell[1]);
	gate[0] = -1;
}

static int64_t set(uint64_t seed, uint64_t n, uint64_t round)
{
	char key[STORE_KEY];

	key_of(key, seed, n);
	return store_set(store, key, value_of(seed, n, round));
}

static int64_t fill(uint64_t seed, uint64_t n, uint64_t round)
{
	int64_t error = 0;

	for (uint64_t i = 0; i < n && !error; i++)
		error = set(seed, i, round);
	return error;
}

static int64_t stir(uint64_t seed, uint64_t n, uint64_t of, uint64_t round)
{
	int64_t error = 0;

	for (uint64_t i = 0; i < n && !error; i++)
		error = set(seed, mix(seed + round, i) % of, round);
	return error;
}

static int64_t sum(uint64_t seed, uint64_t n, uint64_t *found)
{
	uint64_t all = 0, value = 0;
	char key[STORE_KEY];

	for (uint64_t i = 0; i < n; i++) {
		key_of(key, seed, i);
		if (store_get(store, key, &value))
			continue;
		all = all * 31 + value;
		++*found;
	}
	return (int64_t)all;
}

/* This process ends without it; a child that does not has made a mistake. */
static void at_exit(void)
{
	int fd = open(EXIT_FILE, O_WRONLY | O_CREAT, 0600);

	if (fd < 0 || write(fd, "x", 1) != 1)
		_exit(125);
}

static int64_t leave_note(void)
{
	note = fopen(NOTE_FILE, "w");
	return !note || fputs(NOTE_LINE, note) < 0 || atexit(at_exit);
}

static void answer_store(const struct exam_ask *ask, struct exam_answer *a)
{
	const char *text = (const char *)ask->data;

	switch (ask->op) {
	case ASK_CREATE:
		a->value = store_create(ask->arg[0], &store);
		break;
	case ASK_SET:
		a->value = store_set(store, text, ask->arg[0]);
		break;
	case ASK_GET:
		a->value = store_get(store, text, &a->more[0]);
		break;
	case ASK_DEL:
		a->value = store_del(store, text);
		break;
	case ASK_COUNT:
		a->value = (int64_t)store_count(store);
		break;
	case ASK_SAVE:
		a->value = store_save_begin(store, text);
		break;
	case ASK_WAIT:
		a->value = store_save_wait(store);
		break;
	case ASK_DESTROY:
		store_destroy(store);
		break;
	}
}

static void answer(const struct exam_ask *ask, struct exam_answer *a)
{
	const uint64_t *arg = ask->arg;

	switch (ask->op) {
	case ASK_FILL:
		a->value = fill(arg[0], arg[1], arg[2]);
		break;
	case ASK_STIR:
		a->value = stir(arg[0], arg[1], arg[2], arg[3]);
		break;
	case ASK_SUM:
		a->value = sum(arg[0], arg[1], &a->more[0]);
		break;
	case ASK_HOLD:
		a->value = hold();
		break;
	case ASK_GO:
		let_go();
		break;
	case ASK_FORKS:
		a->value = (int64_t)forks;
		a->more[0] = is_late();
		break;
	case ASK_NOTE:
		a->value = leave_note();
		break;
	case ASK_NOTE_END:
		a->value = fclose(note);
		break;
	default:
		answer_store(ask, a);
	}
	a->error = errno;
}

int main(void)
{
	/* A file that grows too large is an error of write(), as a full disk is. */
	signal(SIGXFSZ, SIG_IGN);
	return exam_serve(answer);
}
