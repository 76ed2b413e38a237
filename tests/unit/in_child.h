/* SPDX-License-Identifier: MIT */
/* What a test tries in a process of its own. */
#ifndef TESTS_UNIT_IN_CHILD_H
#define TESTS_UNIT_IN_CHILD_H

#include <sys/wait.h>
#include <unistd.h>

/* Runs it in a child, and returns what it says: the child has to exit by itself. */
static inline int in_child(int (*work)(void))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid)
		_exit(work());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

#endif
