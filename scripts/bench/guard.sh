#!/bin/bash
# SPDX-License-Identifier: MIT
#
# guard.sh - what does a counted call cost, beside strace?
#
# The same program makes the same calls bare, under cow/tools/ledger and under
# strace -c -f, in turn, several rounds; medians, and the ratio of the costs
# over a bare call. Once left to the scheduler, and once on one processor,
# where the switch from process to process is cheapest for both.
#
# usage: guard.sh [ROUNDS [CALLS]]
# Exit: 0 at most half of strace's cost, 1 more, 4 strace is missing. The second
# line, on one processor, does not count: it is only true of a quiet machine, as
# whatever else runs there comes in between.
set -eu

build=${COW_BUILD:-build}
rounds=${1:-15}
calls=${2:-1000}
asks=$build/tests/fixtures/asks

command -v strace > /dev/null || { echo "strace is missing"; exit 4; }
[ -x "$asks" ] || { echo "$asks is missing: make tests-build"; exit 4; }
cpu=$(taskset -cp $$ | sed 's/.*[^0-9]//')

median() {
	sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

# measure NAME PREFIX... : one line a place, and 1 when it is over half
measure() {
	local name=$1 i b l s
	shift
	b="" l="" s=""
	for ((i = 0; i < rounds; i++)); do
		b+=$("$@" "$asks" brk 200000)$'\n'
		l+=$("$@" "$build/cow/tools/ledger" -o /dev/null -- \
			"$asks" brk "$calls")$'\n'
		s+=$("$@" strace -c -f -o /dev/null "$asks" brk "$calls")$'\n'
	done
	b=$(printf %s "$b" | median)
	l=$(printf %s "$l" | median)
	s=$(printf %s "$s" | median)
	awk -v n="$name" -v b="$b" -v l="$l" -v s="$s" 'BEGIN {
		r = (l - b) / (s - b)
		printf "%-14s bare %4d ns, ledger %6d ns, strace %6d ns a call: ratio %.3f\n", n, b, l, s, r
		exit r > 0.5 }'
}

status=0
measure "any processor" env || status=1
measure "one processor" taskset -c "$cpu" || echo "  (is that processor busy?)"
exit $status
