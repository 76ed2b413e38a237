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

each_unit_test()
{
	local unit
	cd /tmp || return
	for unit in "$COPIES"/*_test; do
		"$@" "$unit"
	done
}

@test "unit tests as the user who runs the tests" {
	each_unit_test
}

@test "unit tests as an unprivileged user" {
	each_unit_test as_nobody
}

@test "unit tests where perf_event_open is refused" {
	each_unit_test without_perf
}
