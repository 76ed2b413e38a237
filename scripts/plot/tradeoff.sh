#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Draw copy-on-write against copying at once, from 0 to 100 % written, as
# cow/tradeoff measures it here and now.
#
# Usage: scripts/plot/tradeoff.sh PROGRAM FILE.svg
# Try: scripts/plot/tradeoff.sh build/cow/tradeoff build/tradeoff.svg
set -euo pipefail

if [ $# != 2 ]; then
	echo "Usage: ${0##*/} PROGRAM FILE.svg" >&2
	exit 2
fi
if ! command -v gnuplot >/dev/null; then
	echo "SKIP ${0##*/}: gnuplot is missing"
	exit 4
fi

table=$(mktemp)
trap 'rm -f "$table"' EXIT
"$1" --quiet --csv "$table"
gnuplot <<PLOT
set terminal svg size 640,400
set output "$2"
set datafile separator ","
set xlabel "written, %"
set ylabel "time, copying at once = 1"
set yrange [0:]
set key left top
plot "$table" using 1:2 with linespoints title "copied when written", \
	1 with lines title "copied at once"
PLOT
echo "$2"
