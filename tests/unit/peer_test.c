// SPDX-License-Identifier: MIT
/* The end of a child of observe, when nothing shows it but its absence. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/observe.h"

/* Who ignores SIGCHLD has no zombie to look at; another holds the pair open. */
static void a_child_without_a_zombie_is_noticed(void **state)
{
	struct obs_peer peer;
	pid_t pid;
	int held;

	assert_int_equal(obs_peer_open(&peer), 0);
	held = dup(peer.other);
	assert_true(held >= 0);
	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (pid == 0)
		_exit(1);
	assert_true(pid > 0);
	alarm(10);
	assert_int_equal(obs_peer_adopt(&peer, pid), -EPIPE);
	alarm(0);
	signal(SIGCHLD, SIG_DFL);
	close(peer.fd);
	close(held);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_without_a_zombie_is_noticed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
