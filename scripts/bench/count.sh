#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# As tests/bench/measure, but counts instead of measuring: valgrind's cachegrind
# runs the command and all its children on a simulated processor whose caches
# are 32 and 512 KiB. A figure is the same at each run, however busy the machine.
#
# usage: count.sh RESULT PRELOAD COWALLOC COMMAND...   ("" for none)
# Writes "MILLIONS-OF-INSTRUCTIONS THOUSANDS-OF-MISSES THOUSANDS-OF-MISSES".
set -euo pipefail

result=$1 preload=$2 words=$3
shift 3
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

env ${preload:+LD_PRELOAD="$preload"} ${words:+COWALLOC="$words"} \
	PYTHONHASHSEED=0 valgrind --tool=cachegrind --cache-sim=yes \
	--D1=32768,8,64 --LL=524288,8,64 --trace-children=yes \
	--cachegrind-out-file=/dev/null --log-file="$folder/%p" "$@"
awk '{ gsub(",", "") }
	$2 == "I" && $3 == "refs:" { instructions += $4 }
	$2 == "D1" && $3 == "misses:" { first += $4 }
	$2 == "LLd" && $3 == "misses:" { last += $4 }
	END {
		if (!instructions)
			exit 1
		printf "%.2f %.0f %.0f\n", instructions / 1e6, first / 1e3, last / 1e3
	}' "$folder"/* >"$result"
