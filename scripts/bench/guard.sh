#!/bin/bash
# SPDX-License-Identifier: MIT
#
# guard.sh - what does a counted call cost, beside strace?
#
# The same program makes the same calls bare, under cow/tools/ledger and under
# strace -c -f, in turn, several rounds: left to the scheduler, on one processor,
# and on one that another program keeps busy. Of each round the ratio of the
# costs over a bare call, by the clock and in processor time of all processes,
# start and end included; and of the ratios the median, so that a round in which
# something else ran does not count.
#
# usage: guard.sh [ROUNDS [CALLS]]
# Exit: 0 all ratios are at most a half, 1 one is not, 4 strace is missing.
set -eu

build=${COW_BUILD:-build}
rounds=${1:-5}
calls=${2:-20000}
asks=$build/tests/fixtures/asks

command -v strace > /dev/null || { echo "strace is missing"; exit 4; }
[ -x "$asks" ] || { echo "$asks is missing: make tests-build"; exit 4; }
cpu=$(taskset -cp $$ | sed 's/.*[^0-9]//')
tmp=$(mktemp -d)
hog=
trap '[ -z "$hog" ] || kill "$hog"; rm -rf "$tmp"' EXIT

# cost N COMMAND... : ns a call by the clock, and of processor time
cost() {
	local n=$1 TIMEFORMAT='%U %S'

	shift
	{ time "$@" > "$tmp/wall"; } 2> "$tmp/used"
	awk -v n="$n" 'NR == FNR { wall = $1; next }
		{ print wall, ($1 + $2) * 1e9 / n }' "$tmp/wall" "$tmp/used"
}

# measure NAME PREFIX... : one line a place, and 1 when it is over half
measure() {
	local name=$1 i

	shift
	for ((i = 0; i < rounds; i++)); do
		echo "$(cost 100000 "$@" "$asks" brk 100000)" \
			"$(cost "$calls" "$@" "$build/cow/tools/ledger" \
				-o /dev/null -- "$asks" brk "$calls")" \
			"$(cost "$calls" "$@" strace -c -f -o /dev/null \
				"$asks" brk "$calls")"
	done | awk -v name="$name" '
	function median(v,  i, j, t) {
		for (i = 2; i <= NR; i++)
			for (j = i; j > 1 && v[j - 1] > v[j]; j--) {
				t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
			}
		return v[int((NR + 1) / 2)]
	}
	{
		bare[NR] = $1; ledger[NR] = $3; strace[NR] = $5
		wall[NR] = ($3 - $1) / ($5 - $1)
		used[NR] = ($4 - $2) / ($6 - $2)
	}
	END {
		w = median(wall); u = median(used)
		printf "%-18s bare %5d ns, ledger %7d ns, strace %7d ns a call:", name,
			median(bare), median(ledger), median(strace)
		printf " ratio %.2f, of processor time %.2f\n", w, u
		exit w > 0.5 || u > 0.5
	}'
}

status=0
measure "any processor" env || status=1
measure "one processor" taskset -c "$cpu" || status=1
taskset -c "$cpu" sh -c 'while :; do :; done' &
hog=$!
measure "one busy processor" taskset -c "$cpu" || status=1
exit $status
