#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A picture of the medians that fork_table.sh wrote: the child's faults of each
# work and allocator.
#
# usage: fork_chart.sh MEDIANS.csv OUT.svg
set -euo pipefail

command -v gnuplot >/dev/null || {
	echo "SKIP the picture: gnuplot is not installed" >&2
	exit 0
}
table=$(mktemp)
trap 'rm -f "$table"' EXIT

awk -F, 'NR > 1 && $2 == "child" && $3 != "classic" {
	if (!($1 in row)) { row[$1]; order[++rows] = $1 }
	if (!($3 in column)) { column[$3]; name[++columns] = $3 }
	value[$1, $3] = $4
} END {
	printf "work"
	for (c = 1; c <= columns; c++) printf " %s", name[c]
	print ""
	for (r = 1; r <= rows; r++) {
		printf "%s", order[r]
		for (c = 1; c <= columns; c++) printf " %s", value[order[r], name[c]]
		print ""
	}
}' "$1" >"$table"
columns=$(awk 'NR == 1 { print NF; exit }' "$table")
[ "$columns" -gt 1 ] || exit 0

gnuplot <<END
set terminal svg size 1000,460 font 'sans,13' background 'white' noenhanced
set output '$2'
set title 'Page faults of a forked child at its first work (less is better)'
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set logscale y
set yrange [10:200000]
set grid ytics lc rgb '#dddddd'
set xtics scale 0
set key outside right top
set linetype 1 lc rgb '#bab0ac'
set linetype 2 lc rgb '#9c755f'
set linetype 3 lc rgb '#f28e2b'
set linetype 4 lc rgb '#76b7b2'
set linetype 5 lc rgb '#4e79a7'
set linetype 6 lc rgb '#a0cbe8'
set datafile missing '-'
plot for [i = 2:$columns] '$table' using i:xtic(1) title columnheader(i)
END
echo "picture: $2"
