#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A picture of the medians that table.sh wrote: CPU time of each workload and
# allocator, as a ratio to glibc.
#
# usage: chart.sh MEDIANS.csv OUT.svg
set -euo pipefail

command -v gnuplot >/dev/null || {
	echo "SKIP the picture: gnuplot is not installed" >&2
	exit 0
}
table=$(mktemp)
trap 'rm -f "$table"' EXIT

# A row a workload, a column an allocator; glibc is the line at 1, and the
# classic engine, many times slower, would make all others look the same.
awk -F, 'NR > 1 && $7 > 0 && $3 != "glibc" && $3 != "classic" {
	if (!($2 in row)) { row[$2]; order[++rows] = $2 }
	if (!($3 in column)) { column[$3]; name[++columns] = $3 }
	value[$2, $3] = $7
} END {
	printf "workload"
	for (c = 1; c <= columns; c++) printf " %s", name[c]
	print ""
	for (r = 1; r <= rows; r++) {
		printf "%s", order[r]
		for (c = 1; c <= columns; c++)
			printf " %s", ((order[r], name[c]) in value) ? value[order[r], name[c]] : "NaN"
		print ""
	}
}' "$1" >"$table"
columns=$(awk 'NR == 1 { print NF; exit }' "$table")

gnuplot <<END
set terminal svg size 1200,480 font 'sans,13' background 'white'
set output '$2'
set title 'CPU seconds, ratio to glibc (less is better)'
set style data histogram
set style histogram clustered gap 1
set style fill solid 0.9 noborder
set yrange [0:2]
set ytics 0.25
set grid ytics lc rgb '#dddddd'
set xtics rotate by -40 scale 0
set key outside right top
set linetype 1 lc rgb '#9c755f'
set linetype 2 lc rgb '#f28e2b'
set linetype 3 lc rgb '#76b7b2'
set linetype 4 lc rgb '#4e79a7'
set linetype 5 lc rgb '#a0cbe8'
set datafile missing 'NaN'
plot for [i = 2:$columns] '$table' using i:xtic(1) title columnheader(i), \
	1 with lines lc rgb '#444444' dt 2 title 'glibc'
END
echo "picture: $2"
