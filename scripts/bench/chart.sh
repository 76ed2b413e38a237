#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A picture of the medians that table.sh wrote: CPU time of each workload and
# allocator, as a ratio to glibc.
#
# usage: chart.sh MEDIANS.csv OUT.svg
set -euo pipefail

# shellcheck source=scripts/bench/chart.bash
. "$(dirname "$0")/chart.bash"

# glibc is the line at 1, and the classic engine, many times slower, would make
# all others look the same.
tabulate < <(awk -F, 'NR > 1 && $7 > 0 && $3 != "glibc" && $3 != "classic" {
	print $2, $3, $7
}' "$1")
# shellcheck disable=SC2034 # for draw()
also="1 with lines lc rgb '#444444' dt 2 title 'glibc'"
draw "$2" 'CPU seconds, ratio to glibc (less is better)' \
	'set yrange [0:2]; set ytics 0.25; set xtics rotate by -40'
