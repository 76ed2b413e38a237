#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Refuse each memory call of every program in turn: nothing may crash, hang,
# lie or leave anything behind.
#
# The loader's own calls are left out: it is not ours, and glibc 2.36 crashes
# when its first mmap is refused (fail --call mmap --nth 1 -- true).
#
# Usage: scripts/guard/sweep.sh "DEMOS" "TOOLS" "UNIT TESTS"
# Exit: 0 when all took it well, 1 when one did not.
set -uo pipefail

build=${COW_BUILD:-build}
status=0
list()
{
	find /tmp /var/tmp /dev/shm -maxdepth 1 -name 'cow-*' | sort
}

before=$(list)

sweep()
{
	local program=$1

	shift
	echo "$program $*"
	"$build/cow/tools/fail" --sweep --loaded --quiet --time 20 -- \
		"$build/$program" "$@" || status=1
}

for program in $1; do
	sweep "$program" --pages 7
done
# A guard allows no second one inside it: of the tools only their start-up, and
# nothing of the guard's own unit test.
for program in $2; do
	sweep "$program" --help
done
for program in $3; do
	[ "$program" = tests/unit/guard_test ] || sweep "$program"
done
left=$(comm -13 <(echo "$before") <(list))
if [ -n "$left" ]; then
	echo "left behind: $left"
	status=1
fi
exit $status
