#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What a fork costs on each allocator: the faults of the first work after it, a
# parent that forks often, twenty workers, redis-server's background save.
#
# usage: fork.sh FAULTS.csv OTHERS.csv   (SEEDS='1 2 3', ONLY='heap redis ...')
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/bench/allocators.bash
. "$here/allocators.bash"
# shellcheck source=scripts/words.bash
. "$here/../words.bash"
known ONLY "${ONLY-}" heap often many redis
for seed in ${SEEDS-}; do
	number SEEDS "$seed"
done
tests=$(realpath "$build/tests/bench")
mapfile -t allocator < <(allocators)

wanted()
{
	case " ${ONLY:-$1} " in
	*" $1 "*) ;;
	*) return 1 ;;
	esac
}

# on LINE-OF-ALLOCATORS COMMAND...: run it on that allocator.
on()
{
	local preload words

	read -r _ preload words <<<"$1"
	shift
	if [ "$words" = - ]; then
		LD_PRELOAD=$preload "$@"
	else
		COWALLOC=$words LD_PRELOAD=$preload "$@"
	fi
}

heap()
{
	local seed actor work line got

	for seed in ${SEEDS:-1 2 3}; do
		for actor in child parent both; do
			for work in fresh free_all realloc lifo replace free_1pc grow; do
				for line in "${allocator[@]}"; do
					got=$(on "$line" "$tests/fork_heap" "$work" "$actor" "$seed") ||
						got="$work $actor $seed - - - - - -"
					echo "${line%% *} $got" | tr ' ' ,
				done
			done
		done
		echo "seed $seed done" >&2
	done
}

# "ALLOCATOR,WHAT,VALUE" a line: the values of a command's only line, by name.
values()
{
	local line=$1 name

	shift
	for name in $1; do
		read -r value || value=-
		[ "$name" = _ ] || echo "${line%% *},$name,$value"
	done < <(shift && "$@" | tr ' ' '\n')
}

redis()
{
	local preload words

	read -r _ preload words <<<"$1"
	"$here/fork_redis.sh" "$preload" "${words#-}" "$2"
}

others()
{
	local line

	for line in "${allocator[@]}"; do
		wanted often && values "$line" "_ _ often_growth_pc" \
			on "$line" "$tests/fork_often"
		wanted many && values "$line" "many_pss_mb many_faults many_copies" \
			on "$line" "$tests/fork_many"
		# As slow as the first engine is, redis would take minutes.
		[ "${line%% *}" != classic ] || continue
		if wanted redis && need redis-server redis-cli; then
			values "$line" "redis_mb redis_faults" redis "$line" key:%d
			values "$line" "redis_long_mb redis_long_faults" \
				redis "$line" key:%012d
		fi
	done
	echo "others done" >&2
}

echo allocator,work,actor,seed,faults,copy,zero,rest,fork_ms,rss_pages >"$1"
if wanted heap; then
	heap >>"$1"
fi
echo allocator,what,value >"$2"
others >>"$2"
