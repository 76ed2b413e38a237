// SPDX-License-Identifier: MIT
/*
 * A guard is three processes: whichever is killed, the others see to it that
 * nothing of the command is left, no process, no zombie and no folder.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/guard.h"

static pid_t first_child(pid_t pid)
{
	char path[64];
	int child = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &child), 1);
	fclose(f);
	return child;
}

/* The guard of a family that has written a byte each to a pipe and then sleeps. */
static struct guard *open_family(int *out, char *tmpdir, size_t size)
{
	char *argv[4] = {
		"sh", "-c",
		"for i in 1 2 3; do setsid sh -c 'echo >$TMPDIR/$$; echo; exec sleep 1000' & done; wait"
	};
	int fds[3] = { 0, -1, 2 }, pipe_fds[2], got = 0;
	struct guard_spec spec = { .argv = argv,
				   .other = SCMP_ACT_ALLOW,
				   .foreign = SCMP_ACT_ALLOW,
				   .fds = fds,
				   .tmpdir = tmpdir };
	struct guard *g;
	char c;

	assert_int_equal(guard_folder_name("cow-test", tmpdir, size), 0);
	assert_int_equal(setenv("TMPDIR", tmpdir, 1), 0);
	assert_int_equal(pipe(pipe_fds), 0);
	fds[1] = pipe_fds[1];
	assert_int_equal(guard_open(&g, &spec), 0);
	unsetenv("TMPDIR");
	close(pipe_fds[1]);
	while (got++ < 3)
		assert_int_equal(read(pipe_fds[0], &c, 1), 1);
	*out = pipe_fds[0];
	return g;
}

/* Supervisor's child and grandchild, alone or one after the other. */
static void bears_killed_keepers(void **state)
{
	static const struct {
		int who[2]; /* 0 nobody, 1 watch, 2 keeper */
		int next; /* what guard_next() returns then */
	} cases[] = { { { 1, 0 }, -ETIME },
		      { { 2, 0 }, -EOWNERDEAD },
		      { { 1, 2 }, -EOWNERDEAD },
		      { { 2, 1 }, -EOWNERDEAD } };
	struct guard_event ev;
	char tmpdir[200], c;
	struct guard *g;
	size_t i, j;
	int out;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		g = open_family(&out, tmpdir, sizeof(tmpdir));
		pid_t pid[3] = { 0, first_child(getpid()),
				 first_child(first_child(getpid())) };

		assert_int_equal(access(tmpdir, F_OK), 0);
		for (j = 0; j < 2 && cases[i].who[j]; j++)
			assert_int_equal(kill(pid[cases[i].who[j]], SIGKILL),
					 0);
		assert_int_equal(guard_next(g, &ev, 200), cases[i].next);
		if (cases[i].next == -ETIME)
			guard_close(g);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		assert_int_equal(fcntl(out, F_SETFL, O_NONBLOCK), 0);
		assert_int_equal(read(out, &c, 1), 0); /* nobody has it open */
		assert_int_not_equal(access(tmpdir, F_OK), 0);
		if (cases[i].next != -ETIME) {
			assert_int_equal(guard_next(g, &ev, 0), -EOWNERDEAD);
			guard_close(g);
		}
		close(out);
	}
}

/* The folders of guards that were killed go, those of others stay. */
static void clears_forsaken_folders(void **state)
{
	static const char *const names[] = { "cow-test-0123456789abcdef",
					     "cow-test-0123456789abcdeF",
					     "cow-test-0123456789abcdef0",
					     "cow-tests-0123456789abcdef" };
	char base[] = "/tmp/cow-unit-XXXXXX", path[200], live[200];
	struct guard *g;
	size_t i;
	int out;

	(void)state;
	assert_non_null(mkdtemp(base));
	g = open_family(&out, live, sizeof(live));
	assert_int_equal(setenv("TMPDIR", base, 1), 0);
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", base, names[i]);
		assert_int_equal(mkdir(path, 0700), 0);
	}
	guard_clear_folders("cow-test");
	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s", base, names[i]);
		assert_int_equal(rmdir(path), i ? 0 : -1);
	}
	unsetenv("TMPDIR");
	guard_clear_folders("cow-test");
	assert_int_equal(access(live, F_OK), 0);
	guard_close(g);
	assert_int_not_equal(access(live, F_OK), 0);
	close(out);
	assert_int_equal(rmdir(base), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bears_killed_keepers),
		cmocka_unit_test(clears_forsaken_folders),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
