#!/bin/bash
# SPDX-License-Identifier: MIT
#
# against_strace.sh - do cow/tools/fail and strace's injection agree?
#
# For each call of each kind, each k: the command is run under both, with the
# same single call failed, and exit status and output are compared. brk is left
# out: strace answers -ENOMEM, which the C library takes for an address.
#
# usage: against_strace.sh [COMMAND]...     each COMMAND one word for sh -c
# Exit: 0 all agree, 1 some differ, 4 a tool is missing.
set -u

build=${COW_BUILD:-build}
calls=${CALLS:-mmap munmap mprotect mremap madvise}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT

command -v strace > /dev/null || { echo "strace is missing"; exit 4; }
# A python3 in the path may be a script around the program itself.
python=$(python3 -c 'import sys; print(sys.executable)' 2> /dev/null || echo python3)
[ $# -gt 0 ] || set -- "ls /" "sort /etc/passwd" "cat /etc/group" \
	"wc -l /etc/passwd" "date -u -d @0" "$python -S -E -c 'print(6*7)'" \
	"sqlite3 :memory: 'select 6*7'" \
	"redis-server --port 0 --unixsocket /no/such/folder"

# How many calls of one kind the command makes.
count() {
	"$build/cow/tools/ledger" --totals --json -o "$tmp/l" -- "${argv[@]}" \
		> /dev/null 2>&1 < /dev/null
	jq --arg c "$1" -s 'map(select(.call == $c).calls) | add // 0' "$tmp/l"
}

# run NAME COMMAND... : status and output of a run, in two files
run() {
	local name=$1

	shift
	timeout 20 "$@" > "$tmp/$name.out" 2> "$tmp/$name.err" < /dev/null
	echo $? > "$tmp/$name.rc"
}

# As it is, or without numbers where an untouched run has its own each time.
seen()
{
	if [ "$masked" ]; then
		sed -E 's/[0-9]+/N/g' "$tmp/$1.out"
	else
		cat "$tmp/$1.out"
	fi
}

total=0
differ=0
for command; do
	argv=()
	eval "argv=($command)"
	command -v "${argv[0]}" > /dev/null || {
		echo "${argv[0]} is missing: skipped"
		continue
	}
	masked=
	run ours "${argv[@]}"
	run theirs "${argv[@]}"
	cmp -s "$tmp/ours.out" "$tmp/theirs.out" || masked=yes
	points=0
	for call in $calls; do
		n=$(count "$call")
		for ((k = 1; k <= n; k++)); do
			run ours "$build/cow/tools/fail" --quiet --call "$call" \
				--nth "$k" -- "${argv[@]}"
			run theirs strace -o /dev/null -f -e "trace=$call" \
				-e "inject=$call:error=ENOMEM:when=$k" \
				-- "${argv[@]}"
			points=$((points + 1))
			cmp -s "$tmp/ours.rc" "$tmp/theirs.rc" &&
				cmp -s <(seen ours) <(seen theirs) &&
				continue
			differ=$((differ + 1))
			echo "differs: $command: $call $k: exit" \
				"$(< "$tmp/ours.rc"), strace $(< "$tmp/theirs.rc")"
		done
	done
	total=$((total + points))
	echo "$command: $points calls"
done
echo "$((total - differ)) of $total calls: the same exit status and output"
[ "$differ" -eq 0 ]
