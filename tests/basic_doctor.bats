#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the doctor finds is what the system says by other means.
# shellcheck disable=SC2154 # run sets stderr and stderr_lines

load helpers

setup_file()
{
	open_copies
	export DOCTOR=$COPIES/cow/tools/doctor
}

teardown_file()
{
	close_copies
}

# The value of fact $1, as found by the rest of the command line.
fact()
{
	local name=$1

	shift
	"$@" "$DOCTOR" --json | jq -r --arg name "$name" \
		'select(.fact == $name).value'
}

@test "doctor: every fact has a value and a meaning, as text or JSON" {
	"$DOCTOR" --json | jq -s -e 'length > 10 and
		all(.program == "cow/tools/doctor" and .value != "" and .means != "")'
	[ "$("$DOCTOR" | wc -l)" = "$("$DOCTOR" --json | wc -l)" ]
	run ! grep -E '.{101}' <("$DOCTOR")
}

@test "doctor: page size, kernel and overcommit mode are the system's" {
	[ "$(fact 'page size')" = "$(getconf PAGESIZE) bytes" ]
	[ "$(fact kernel)" = "$(uname -r) $(uname -m)" ]
	[ "$(fact overcommit)" = "mode $(cat /proc/sys/vm/overcommit_memory)" ]
}

@test "doctor: it notices who asks" {
	[[ $(fact counting without_perf) == getrusage* ]]
	[ "$(fact 'page frames' as_nobody)" = hidden ]
	[ "$(fact seccomp without_perf)" = "a filter" ]
}

@test "doctor: limits are those that hold" {
	[ "$(ulimit -S -v 900000; fact 'own limits')" = "AS 900000K, DATA no" ]
	[ "$(ulimit -S -l 64; fact locking)" = "MEMLOCK 64K" ]
	[ "$(fact KSM)" = "$(cat /sys/kernel/mm/ksm/run || echo 'not built in')" ]
	"$DOCTOR" --json | jq -s -e 'map(.fact) | index("mTHP") and index("DAMON") and
		index("NUMA balancing") and index("landlock") and index("memory limit")'
}

@test "doctor: usage" {
	run --separate-stderr "$DOCTOR" --help
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	run --separate-stderr "$DOCTOR" --what
	[ "$status" = 2 ]
	[ -z "$output" ]
	run --separate-stderr bash -c "$DOCTOR >/dev/full"
	[ "$status" = 1 ]
	[[ $stderr == *"No space left"* ]]
}
