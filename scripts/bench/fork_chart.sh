#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A picture of the medians that fork_table.sh wrote: the child's faults of each
# work and allocator.
#
# usage: fork_chart.sh MEDIANS.csv OUT.svg
set -euo pipefail

# shellcheck source=scripts/bench/chart.bash
. "$(dirname "$0")/chart.bash"

tabulate < <(awk -F, 'NR > 1 && $2 == "child" && $3 != "classic" {
	print $1, $3, $4
}' "$1")
draw "$2" 'Page faults of a forked child at its first work (less is better)' \
	'set logscale y; set yrange [10:200000]'
