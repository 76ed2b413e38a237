#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every workload on every allocator in turn, so that all meet the same machine:
# round by round, the order rotated in each. One line a run into a CSV file.
#
# usage: cpu.sh OUT.csv   (ROUNDS=5, ONLY='names or groups')
# With MEASURE=count.sh it counts instead of measuring.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/bench/allocators.bash
. "$here/allocators.bash"
# shellcheck source=scripts/words.bash
. "$here/../words.bash"
out=$1
rounds=${ROUNDS:-5}
number ROUNDS "$rounds"
tests=$(realpath "$build/tests/bench")
data=$(realpath -m "$build/bench/data")
measure=${MEASURE:-$tests/measure}
python=$(python || echo python3)
one=$(mktemp) log=$(mktemp)
trap 'rm -f "$one" "$log"' EXIT

# "GROUP NAME PROGRAM ARGUMENTS": programs of ours, then real ones.
workloads()
{
	cat <<-END
		small tiny $tests/tiny
		small cubes $tests/cubes
		small lifo $tests/lifo
		small churn-128 $tests/churn 2000 16 128 8000000
		small churn-1K $tests/churn 100000 16 1024 1500000
		small churn-8K $tests/churn 10000 16 8192 600000
		small aligned $tests/aligned
		small replay $tests/replay_trace trace.rep
		large grow $tests/grow
		large large $tests/large
		large zeroed $tests/zeroed
		threads larson-4 $tests/larson 4
		threads larson-16 $tests/larson 16
		threads handover $tests/handover 2
		threads threads-4 $tests/threads 4
		threads threads-16 $tests/threads 16
		threads swap-4 $tests/swap 4
		threads swap-16 $tests/swap 16
		threads scratch $tests/scratch 4
		real py-document $python document.py
		real py-objects $python objects.py
		real py-bytes $python bytes.py
		real py-doc-m env PYTHONMALLOC=malloc $python document.py
		real py-obj-m env PYTHONMALLOC=malloc $python objects.py
		real gcc gcc -O2 -S -o /dev/null big.c
		real perl perl hash.pl
		real sqlite3 sqlite3 -init table.sql :memory: .exit
		real git-log git -C repository --no-pager log -p
		real git-gc git -C repository repack -qadF --threads=1
		real redis redis-server
	END
}

# Those of ONLY= (all if it is empty) that can run here.
wanted()
{
	local group name command

	while read -r group name command; do
		case " ${ONLY:-$group} " in
		*" $group "* | *" $name "*) ;;
		*) continue ;;
		esac
		need "${command%% *}" && echo "$group $name $command"
	done < <(workloads)
}

# Run a command in the data's folder: a line, or a line that says it failed.
run()
{
	local name=$1 preload=$2 words=${3#-}

	shift 3
	if [ "$name" = redis ]; then
		"$here/redis.sh" "$one" "$preload" "$words"
	else
		(cd "$data" && "$measure" "$one" "$preload" "$words" "$@")
	fi >"$log" 2>&1 || {
		echo "FAILED $name $words $preload: $(tail -n 1 "$log")" >&2
		echo "- - -" >"$one"
	}
	tr ' ' , <"$one"
}

# shellcheck disable=SC2046 # words
known ONLY "${ONLY-}" $(workloads | awk '!seen[$1]++ { print $1 }') \
	$(workloads | awk '{ print $2 }')
"$here/prepare.sh" "$data"
mapfile -t list < <(wanted)
mapfile -t allocator < <(allocators)
[ "${#list[@]}" -gt 0 ] || {
	echo "nothing of ONLY='$ONLY' can run here" >&2
	exit 4
}
echo round,group,workload,allocator,seconds,kib,faults >"$out"
for ((round = 0; round < rounds; round++)); do
	for line in "${list[@]}"; do
		read -r group name command <<<"$line"
		for ((i = 0; i < ${#allocator[@]}; i++)); do
			read -r who preload words \
				<<<"${allocator[(i + round) % ${#allocator[@]}]}"
			# Ten times slower, and not made for speed: once.
			[ "$who" != classic ] || [ "$round" = 0 ] || continue
			# Nor is that counted, or what differs in page size alone.
			[[ -z ${MEASURE:-} || $who != @(classic|thp) ]] || continue
			# shellcheck disable=SC2086 # the command's words
			printf '%s,%s,%s,%s,%s\n' "$round" "$group" "$name" "$who" \
				"$(run "$name" "$preload" "$words" $command)" >>"$out"
		done
	done
	echo "round $((round + 1)) of $rounds" >&2
done
