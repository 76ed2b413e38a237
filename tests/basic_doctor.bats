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
	# What is too long for a line goes on below, behind blanks.
	[ "$("$DOCTOR" | grep -c '^[^ ]')" = "$("$DOCTOR" --json | wc -l)" ]
	run ! grep -E '.{80}' <("$DOCTOR")
	run ! grep -E '.{80}' <(without_perf "$DOCTOR")
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
	[ -z "${SAN-}" ] || skip "sanitizers need address space of their own"
	[ "$(ulimit -S -v 900000; fact 'own limits')" = "AS 900000K, DATA no" ]
	[ "$(ulimit -S -l 64; fact locking)" = "MEMLOCK 64K" ]
	[ "$(fact KSM)" = "$(cat /sys/kernel/mm/ksm/run || echo 'not built in')" ]
	"$DOCTOR" --json | jq -s -e 'map(.fact) | index("mTHP") and index("DAMON") and
		index("NUMA balancing") and index("landlock") and index("memory limit")'
}

# The doctor's word on DAMON where /sys/kernel/mm has what is in folder $1, and
# no thread of the kernel's is to be seen.
damon_in()
{
	# shellcheck disable=SC2016 # the inner shell expands it
	fact DAMON unshare --mount --pid --fork --mount-proc sh -c \
		'mount --bind "$0" /sys/kernel/mm && "$@"' "$@"
}

@test "doctor: DAMON is not built in, idle, or takes its actions" {
	[ "$(id -u)" = 0 ] && unshare --mount --pid --fork --mount-proc true ||
		skip "may not mount"
	! ls -d /sys/module/damon_* 2>/dev/null || skip "modules of DAMON's"
	local mm=$COPIES/mm one=$COPIES/mm/damon/admin/kdamonds/0
	local nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

	mkdir -p "$mm"
	[ "$(damon_in "$mm")" = "not built in" ]
	mkdir -p "$one/contexts/0/schemes/"{0,1}
	echo pageout >"$one/contexts/0/schemes/0/action"
	echo lru_prio >"$one/contexts/0/schemes/1/action"
	echo off >"$one/state"
	[ "$(damon_in "$mm")" = "built in, idle" ]
	echo on >"$one/state"
	[ "$(damon_in "$mm")" = "running: pageout, lru_prio" ]
	chmod 600 "$one/state"
	[ "$(damon_in "$mm" "${nobody[@]}")" = "built in, state hidden" ]
}

@test "doctor: who may not read what DAMON does sees that it runs" {
	grep -q '^kdamond' /proc/[0-9]*/comm || skip "it does not run"
	[[ $(fact DAMON) == running* ]]
	[[ $(fact DAMON as_nobody) == running* ]]
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
