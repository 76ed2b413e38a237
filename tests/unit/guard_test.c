// SPDX-License-Identifier: MIT
/*
 * The guard's promises: each call is asked about once, fails as the kernel
 * fails it, and when it is over there is no process left, and no zombie.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "guard/guard.h"

static char *truth[2] = { "true" };
static char *sleeper[3] = { "sleep", "1000" };

static const struct guard_rule ask_brk[] = {
	{ .action = SCMP_ACT_NOTIFY, .nr = SCMP_SYS(brk) },
};

static struct guard_spec spec_of(char *const *argv)
{
	return (struct guard_spec){ .argv = argv,
				    .other = SCMP_ACT_ALLOW,
				    .foreign = SCMP_ACT_ALLOW,
				    .rules = ask_brk,
				    .nrules = 1,
				    .flags = GUARD_TASKS };
}

/* After each test: nothing is left to wait for. */
static int no_children(void **state)
{
	(void)state;
	return waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD;
}

static void asks_and_allows(void **state)
{
	struct guard_spec spec = spec_of(truth);
	struct guard_event ev = { .what = GUARD_CALL };
	unsigned int calls = 0;
	struct guard_who who;
	struct guard *g;

	(void)state;
	assert_int_equal(guard_open(&g, &spec), 0);
	while (ev.what == GUARD_CALL) {
		assert_int_equal(guard_next(g, &ev, 10000), 0);
		if (ev.what != GUARD_CALL)
			break;
		assert_int_equal(ev.nr, SCMP_SYS(brk));
		assert_int_equal(guard_who(g, &ev, &who), 0);
		assert_string_equal(who.task, "1");
		assert_string_equal(who.process, "1");
		assert_string_equal(who.comm, "true");
		assert_true(guard_owns(g, ev.tid));
		assert_false(guard_owns(g, getpid()));
		assert_int_equal(guard_live(g), 1);
		calls++;
		assert_int_equal(guard_allow(g, &ev), 0);
	}
	assert_true(calls > 0);
	assert_int_equal(ev.what, GUARD_EXIT);
	assert_int_equal(ev.status, 0);
	assert_int_equal(guard_next(g, &ev, 10000), 0);
	assert_int_equal(ev.what, GUARD_DONE);
	assert_int_equal(ev.left, 0);
	guard_close(g);
}

static void says_what_cannot_start(void **state)
{
	char *none[2] = { "no-such-command" };
	char *folder[2] = { "/" };
	struct guard_spec spec = spec_of(none);
	struct guard_event ev;
	struct guard *g = NULL;

	(void)state;
	assert_int_equal(guard_open(&g, &spec), -ENOENT);
	assert_null(g);
	spec = spec_of(folder);
	spec.nrules = 0;
	assert_int_equal(guard_open(&g, &spec), 0);
	assert_int_equal(guard_next(g, &ev, 10000), 0);
	assert_int_equal(ev.what, GUARD_EXIT);
	assert_int_equal(ev.error, -EACCES);
	guard_close(g);
}

static void times_out_and_closes(void **state)
{
	struct guard_spec spec = spec_of(sleeper);
	struct guard_event ev;
	struct guard *g;

	(void)state;
	spec.nrules = 0;
	spec.flags = 0;
	assert_int_equal(guard_open(&g, &spec), 0);
	assert_int_equal(guard_next(g, &ev, 50), -ETIME);
	assert_int_equal(guard_kill(g, 0), 0);
	guard_close(g);
}

static void closes_while_a_call_waits(void **state)
{
	struct guard_spec spec = spec_of(sleeper);
	struct guard_event ev;
	struct guard *g;

	(void)state;
	assert_int_equal(guard_open(&g, &spec), 0);
	assert_int_equal(guard_next(g, &ev, 10000), 0);
	assert_int_equal(ev.what, GUARD_CALL);
	guard_close(g);
}

static void answers_for_the_dead(void **state)
{
	struct guard_spec spec = spec_of(sleeper);
	struct guard_event ev, end;
	struct guard *g;

	(void)state;
	assert_int_equal(guard_open(&g, &spec), 0);
	assert_int_equal(guard_next(g, &ev, 10000), 0);
	assert_int_equal(guard_kill(g, SIGKILL), 0);
	assert_int_equal(guard_next(g, &end, 10000), 0);
	assert_int_equal(end.what, GUARD_EXIT);
	assert_true(WIFSIGNALED(end.status));
	assert_int_equal(guard_allow(g, &ev), 0);
	assert_int_equal(guard_fail(g, &ev, ENOMEM), 0);
	assert_int_equal(guard_kill(g, SIGTERM), -ESRCH);
	guard_close(g);
}

static void refuses_a_second_listener(void **state)
{
	char *self[3] = { "/proc/self/exe", "inner" };
	struct guard_spec spec = spec_of(self);
	struct guard_event ev = { .what = GUARD_CALL };
	struct guard *g;

	(void)state;
	spec.nrules = 0;
	assert_int_equal(guard_open(&g, &spec), 0);
	assert_int_equal(guard_next(g, &ev, 10000), 0);
	assert_int_equal(ev.what, GUARD_EXIT);
	assert_int_equal(WEXITSTATUS(ev.status), EBUSY);
	guard_close(g);
}

static void leaves_nobody_behind(void **state)
{
	char *argv[4] = { "sh", "-c", "sleep 1000 & setsid sleep 1000 &" };
	struct guard_spec spec = spec_of(argv);
	struct guard_event ev;
	struct guard *g;

	(void)state;
	spec.nrules = 0;
	assert_int_equal(guard_open(&g, &spec), 0);
	assert_int_equal(guard_next(g, &ev, 10000), 0);
	assert_int_equal(ev.what, GUARD_EXIT);
	assert_int_equal(guard_next(g, &ev, 10000), 0);
	assert_int_equal(ev.what, GUARD_DONE);
	assert_int_equal(ev.left, 2);
	guard_close(g);
}

static void refuses_bad_errors(void **state)
{
	struct guard_spec spec = spec_of(truth);
	struct guard_event ev;
	struct guard *g;

	(void)state;
	assert_int_equal(guard_open(&g, &spec), 0);
	assert_int_equal(guard_next(g, &ev, 10000), 0);
	assert_int_equal(guard_fail(g, &ev, 0), -EINVAL);
	assert_int_equal(guard_fail(g, &ev, 4096), -EINVAL);
	guard_close(g);
}

/* The break before each brk is what the one before has asked for. */
static void follows_the_break(void **state)
{
	char *argv[4] = { "/proc/self/exe", "grow" };
	struct guard_spec spec = spec_of(argv);
	struct guard_event ev = { .what = GUARD_CALL };
	uint64_t now, start, want = 0;
	unsigned int refused = 0, n = 0;
	struct guard *g;

	(void)state;
	assert_int_equal(guard_open(&g, &spec), 0);
	while (1) {
		assert_int_equal(guard_next(g, &ev, 10000), 0);
		if (ev.what != GUARD_CALL)
			break;
		assert_int_equal(guard_break(g, &ev, &start, &now), 0);
		assert_true(now >= start);
		if (want)
			assert_int_equal(now, want);
		if (ev.args[0] && ++n % 3 == 0) {
			refused++;
			assert_int_equal(guard_fail(g, &ev, ENOMEM), 0);
			want = now;
		} else {
			if (ev.args[0])
				want = ev.args[0];
			assert_int_equal(guard_allow(g, &ev), 0);
		}
	}
	/* A shrink that is refused goes unnoticed by sbrk, as on any kernel. */
	assert_true(refused > 30);
	assert_in_range(WEXITSTATUS(ev.status), refused / 2, refused);
	guard_close(g);
}

static void counts_by_task(void **state)
{
	struct guard_fault faults[2] = {
		{ .nr = SCMP_SYS(brk), .n = 1, .error = ENOMEM, .task = "1.7" },
		{ .nr = SCMP_SYS(brk), .n = 2, .when = GUARD_EVERY },
	};
	struct guard_trial t = {
		.argv = truth, .faults = faults, .nfaults = 2, .limit_ms = 10000
	};

	(void)state;
	assert_int_equal(guard_try(&t), 0);
	assert_int_equal(t.status, 0);
	assert_int_equal(faults[0].seen, 0);
	assert_true(faults[1].seen > 0);
	assert_int_equal(faults[1].hits, 0);
	t.argv = sleeper;
	t.limit_ms = 100;
	assert_int_equal(guard_try(&t), 0);
	assert_true(t.timed_out);
}

/* ---- what the tests run in place of themselves */

static int inner_guard(void)
{
	struct guard_spec spec = spec_of(truth);
	struct guard *g;
	int err = guard_open(&g, &spec);

	if (!err)
		guard_close(g);
	return -err;
}

/* Steps within a page, over its end, and back; and how many were refused. */
static int grow(void)
{
	static const int steps[] = { 100, 5000, 1, -3000, 70000, -4096, 4096 };
	int i, refused = 0;
	char *old;

	for (i = 0; i < 100; i++) {
		old = sbrk(0);
		if (sbrk(steps[i % 7]) != (void *)-1)
			continue;
		refused++;
		if (sbrk(0) != old)
			return 255;
	}
	return refused;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(asks_and_allows, no_children),
		cmocka_unit_test_teardown(says_what_cannot_start, no_children),
		cmocka_unit_test_teardown(times_out_and_closes, no_children),
		cmocka_unit_test_teardown(closes_while_a_call_waits,
					  no_children),
		cmocka_unit_test_teardown(answers_for_the_dead, no_children),
		cmocka_unit_test_teardown(refuses_a_second_listener,
					  no_children),
		cmocka_unit_test_teardown(leaves_nobody_behind, no_children),
		cmocka_unit_test_teardown(refuses_bad_errors, no_children),
		cmocka_unit_test_teardown(follows_the_break, no_children),
		cmocka_unit_test_teardown(counts_by_task, no_children),
	};

	if (argc == 2 && !strcmp(argv[1], "inner"))
		return inner_guard();
	if (argc == 2 && !strcmp(argv[1], "grow"))
		return grow();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
