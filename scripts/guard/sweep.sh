#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Refuse each memory call of every program in turn: nothing may crash, hang,
# lie or leave anything behind.
#
# The loader's own calls are left out: it is not ours, and glibc 2.36 crashes
# when its first mmap is refused (fail --call mmap --nth 1 -- true).
#
# Usage: scripts/guard/sweep.sh "DEMOS" "TIMED DEMOS" "UNIT TESTS"
# ONLY= names some of the programs (fork_cow is cow/fork_cow), PART= a part of each as 2/5 is, to go through
# them piece by piece.
# Exit: 0 when all took it well, 1 when one did not.
set -uo pipefail

# shellcheck source=scripts/words.bash
. "$(dirname "$0")/../words.bash"
# shellcheck disable=SC2046,SC2086 # words
known ONLY "${ONLY-}" $1 cow/tools/{doctor,tracegen,replay,record,litmus,myths} \
	guard $(printf '%s\n' $3 | grep -v /guard_)
build=$(realpath "${COW_BUILD:-build}")
only=${ONLY-}
status=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir "$work/tmp" || exit 1
export TMPDIR=$work/tmp

list()
{
	find "$TMPDIR" /var/tmp /dev/shm -maxdepth 1 -name 'cow-*' | sort
}

before=$(list)

# sweep PROGRAM [--text] COMMAND... : refuse each call of the command
sweep()
{
	local options=(--sweep --loaded --quiet --time 20)

	[ -z "$only" ] || [[ " $only " == *" $1 "* ]] ||
		[[ " $only " == *" ${1##*/} "* ]] || return 0
	echo "$*"
	shift
	while [[ $1 == --* ]]; do
		options+=("$1")
		shift
	done
	[ -z "${PART-}" ] || options+=("--part=$PART")
	"$build/cow/tools/fail" "${options[@]}" -- "$@" || status=1
}

for program in $1; do
	[[ " $2 " != *" $program "* ]] || continue
	# Which frames the kernel has left is not the same twice.
	text=()
	[ "$program" != cow/scatter ] || text=(--text)
	sweep "$program" "${text[@]}" "$build/$program" --pages 7
done
for program in $2; do
	sweep "$program" "$build/$program" --help
done

# Tools, at work. The guard's own are a matter for sweep_tools.sh, and its unit
# tests too: it allows no second one inside it.
tools=$build/cow/tools
"$tools/tracegen" random --ops 40 > "$work/trace"
sweep cow/tools/doctor "$tools/doctor"
sweep cow/tools/tracegen "$tools/tracegen" random --ops 40
# What it measures differs each time, and also with the back end that is left.
sweep cow/tools/replay --text "$tools/replay" --policy best "$work/trace"
# shellcheck disable=SC2016 # the inner shell expands it
sweep cow/tools/record sh -c 'exec "$0" -o "$TMPDIR/t" cat /dev/null' \
	"$tools/record"
sweep cow/tools/litmus "$tools/litmus" tests/litmus/three-sharers.litmus
sweep cow/tools/myths "$tools/myths" --help

COW_TESTS=$(realpath tests)
export COW_TESTS
for program in $3; do
	case $program in
	tests/unit/guard_*) ;;
	tests/unit/alloc_shadow_test)
		COW_OPS=1000 sweep "$program" "$build/$program" ;;
	# It does itself what a sweep does, in 25,800 calls; so fewer of its own.
	tests/unit/alloc_failure_test)
		COW_STEP=50 sweep "$program" "$build/$program" ;;
	*) sweep "$program" "$build/$program" ;;
	esac
done
if [ -z "$only" ] || [[ " $only " == *" guard "* ]]; then
	scripts/guard/sweep_tools.sh || status=1
fi
left=$(comm -13 <(echo "$before") <(list))
if [ -n "$left" ]; then
	echo "left behind: $left"
	status=1
fi
exit $status
