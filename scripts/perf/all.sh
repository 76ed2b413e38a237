#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Compare several demos with perf stat, at the sizes that PAGES names. Exit
# status 1 if any differs, 4 if perf can't count here.
#
# Usage: scripts/perf/all.sh PROGRAM...
set -euo pipefail

here=$(dirname "$0")
agree=0 differ=0 skipped=0
for program; do
	for pages in ${PAGES-1 7 64 1000 4096}; do
		status=0
		"$here/stat.sh" "$program" --pages "$pages" || status=$?
		case $status in
		0) agree=$((agree + 1)) ;;
		4) skipped=$((skipped + 1)) ;;
		*) differ=$((differ + 1)) ;;
		esac
	done
done
echo "perf: $agree agree, $differ differ, $skipped skipped"
[ "$differ" = 0 ] || exit 1
[ "$skipped" = 0 ] || exit 4
