#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The unit tests in C: as ourselves, as an unprivileged user, without perf.

load helpers

setup_file()
{
	open_copies
	install -m 755 "$COW_BUILD"/tests/unit/*_test "$COPIES"
	cp -r "$COW_ROOT/tests/fixtures" "$COPIES"
	export COW_TESTS=$COPIES
}

teardown_file()
{
	close_copies
}

# Those whose names match $1, by the given command.
unit_tests()
{
	local unit

	cd /tmp || return
	for unit in $(cd "$COPIES" && printf '%s\n' *_test | grep -E "$1"); do
		"${@:2}" "$COPIES/$unit"
	done
}

@test "unit tests as the user who runs the tests" {
	unit_tests .
}

# The allocator's, which take longest, ask neither who runs them nor for perf.
@test "unit tests for an unprivileged user, perf refused" {
	unit_tests '^[^a]' nobody_without_perf
}

# bats test_tags=long
@test "all unit tests as an unprivileged user" {
	unit_tests . as_nobody
}

# bats test_tags=long
@test "all unit tests where perf_event_open is refused" {
	unit_tests . without_perf
}
