#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compare several demos with perf stat, at the sizes that PAGES names, and the
# kinds that they tell with what classify.sh tells by tracepoints. Exit status 1
# if any differs, 4 if perf can't count here.
#
# Usage: scripts/perf/all.sh PROGRAM...
set -euo pipefail

here=$(dirname "$0")
agree=0 differ=0 skipped=0
said=$(mktemp)
trap 'rm -f "$said" "$said.kinds"' EXIT

# The kinds of all steps of a demo, and what classify.sh made of them.
kinds_agree()
{
	local status=0

	"$here/classify.sh" --windows --json -- "$1" --pages 64 --json >"$said" ||
		status=$?
	if [ "$status" != 0 ]; then
		grep -h '^SKIP\|^LOST' "$said" || echo "${1#build/}: status $status"
		return "$status"
	fi
	jq -sr --arg name "${1#build/}" '
		([.[] | select(.step and .kinds).kinds | to_entries[]] |
			group_by(.key) |
			map({key: .[0].key, value: (map(.value) | add)}) |
			from_entries) as $own | last.kinds as $seen |
		"\($name): kinds \($own | tojson), by tracepoints \(
			if $own == $seen then "the same: ok"
			else "\($seen | tojson): DIFFERS" end)"' "$said" |
		tee "$said.kinds"
	! grep -q 'DIFFERS$' "$said.kinds"
}

count()
{
	case $1 in
	0) agree=$((agree + 1)) ;;
	4) skipped=$((skipped + 1)) ;;
	*) differ=$((differ + 1)) ;;
	esac
}

for program; do
	for pages in ${PAGES-1 7 64 1000 4096}; do
		status=0
		"$here/stat.sh" "$program" --pages "$pages" || status=$?
		count "$status"
	done
	status=0
	kinds_agree "$program" || status=$?
	count "$status"
done
echo "perf: $agree agree, $differ differ, $skipped skipped"
[ "$differ" = 0 ] || exit 1
[ "$skipped" = 0 ] || exit 4
