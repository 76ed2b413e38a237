#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Kill a guard in every way a user might: does anything of the command run on,
# does a zombie or a file stay?
#
# Each way, each tool, ROUNDS times. "early" kills come within the first ten
# milliseconds, when a guard may not be made of three processes yet; a folder
# that stays then has to be gone after the next start. So with "all", the three
# processes by number, and "file", by the file they run: then it is the kernel
# alone that kills the command, which ledger and fail have to be told to --hold.
#
# Usage: scripts/guard/kill.sh [ROUNDS [WAY]...]     20 rounds of all ways
# AS= is a command to run the guards by, such as setpriv as somebody else.
# Exit: 0 when nothing was left, 1 when something was.
set -uo pipefail

build=${COW_BUILD:-build}
rounds=${1:-20}
# shellcheck source=scripts/words.bash
. "$(dirname "$0")/../words.bash"
number ROUNDS "$rounds"
ways=(supervisor keeper supervisor+keeper keeper+supervisor watch+keeper
	supervisor+watch name killall pidof line group session early-name
	early-line early-group all file)
[ $# -lt 2 ] || ways=("${@:2}")
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
chmod 755 "$tmp"
install -d -m 1777 "$tmp/tmp"
read -ra as <<< "${AS-}"
export TMPDIR=$tmp/tmp COW_TEST_MARK=$tmp
# Names of their own: others may run the same programs meanwhile.
id=$$
nap=nap$id
cp "$(command -v sleep)" "$tmp/$nap"
for tool in ledger fail sandbox; do
	cp "$build/cow/tools/$tool" "$tmp/$tool$id"
done
cp "$build/tests/fixtures/frail" "$tmp/nap-$id"
family="$tmp/$nap 1000 & setsid $tmp/$nap 1000 & ($tmp/$nap 1000; :) & wait"
status=0
total=0

# start TOOL [OPTION]...
start()
{
	case $1 in
	ledger) set -- "${@:2}" -o /dev/null -- sh -c "$family" ;;
	fail) set -- "${@:2}" -q --call mremap -- sh -c "$family" ;;
	sandbox) set -- --exec --wall 100 --read "$tmp" -- sh -c "$family" ;;
	sweep) set -- "${@:2}" --sweep --loaded -q --time 60 --jobs 3 \
		--call mmap -- "$tmp/nap-$id" hang ;;
	esac
	# A group and a session of its own, as a shell's job has.
	setsid "${as[@]}" "$program" "$@" > /dev/null 2> "$tmp/err" < /dev/null &
	supervisor=$!
}

# Zombies too, whose names pgrep still sees; then those that go by others.
running()
{
	pgrep "$id\$"
	env -u COW_TEST_MARK grep -lsxz "COW_TEST_MARK=$COW_TEST_MARK" \
		/proc/[0-9]*/environ
}

child_of() {
	tr -d ' ' < "/proc/$1/task/$1/children"
}

# await N : until so many naps run
await()
{
	local _

	for _ in $(seq 500); do
		[ "$(pgrep -c "^nap.*$id")" -lt "$1" ] || return 0
		sleep 0.01
	done
	echo "$program did not start"
	cat "$tmp/err"
	exit 1
}

strike()
{
	local name
	name=$(basename "$program")

	case $1 in
	supervisor) kill -9 "$supervisor" ;;
	keeper) kill -9 "$keeper" ;;
	supervisor+keeper) kill -9 "$supervisor" "$keeper" ;;
	keeper+supervisor) kill -9 "$keeper" "$supervisor" ;;
	watch+keeper) kill -9 "$watch" "$keeper" ;;
	supervisor+watch) kill -9 "$supervisor" "$watch" ;;
	name | early-name) pkill -9 "$name" ;;
	killall) killall -9 "$name" ;;
	pidof) pidof "$name" | xargs kill -9 ;;
	line | early-line) pkill -9 -f "$program" ;;
	group | early-group) kill -9 -- "-$supervisor" ;;
	session) pkill -9 -s "$supervisor" ;;
	all) kill -9 "$supervisor" "$watch" "$keeper" ;;
	file) find /proc/[0-9]*/exe -lname "$program" 2> /dev/null |
		tr -dc '0-9\n' | xargs kill -9 ;;
	*) echo "no such way: $1"; exit 1 ;;
	esac
}

# What stays is given five seconds to go.
nothing_left()
{
	local end=$((SECONDS + 5))

	while [ "$SECONDS" -lt "$end" ]; do
		left=$(running; ls -A "$TMPDIR")
		[ -n "$left" ] || return 0
		sleep 0.02
	done
	return 1
}

# once TOOL WAY
once()
{
	local hold=

	[[ ! $2 =~ ^(all|file)$ ]] || hold=--hold
	start "$1" $hold
	if [[ $2 == early-* ]]; then
		sleep "0.00$((RANDOM % 10))"
	elif [ "$1" = sweep ]; then
		await 1
	else
		await 3
		watch=$(child_of "$supervisor")
		keeper=$(child_of "$watch")
	fi
	strike "$2"
	# So early it may not go by its name yet.
	while [[ $2 == early-* ]] && jobs -pr | grep -qx "$supervisor"; do
		strike "$2"
	done
	wait "$supervisor"
	total=$((total + 1))
	if [[ $2 == early-* || $hold ]]; then
		sleep 0.05
		[ -z "$(ls -A "$TMPDIR")" ] || stayed=$((stayed + 1))
		[ "$1" != sweep ] || set -- "$@" --sweep --call mremap
		"${as[@]}" "$program" "${@:3}" -- true > /dev/null 2>&1
	fi
	nothing_left && return
	xargs echo "$1: killed by $2: left" <<< "$left"
	# shellcheck disable=SC2046 # words
	kill -9 $(running | tr -dc '0-9\n') 2> /dev/null
	rm -rf "${TMPDIR:?}"/*
	status=1
}

for tool in ledger fail sandbox sweep; do
	program=$tmp/$tool$id
	[ "$tool" != sweep ] || program=$tmp/fail$id
	for way in "${ways[@]}"; do
		[[ $way != killall && $way != pidof ]] ||
			command -v "$way" > /dev/null || continue
		# A sweep has several guards, which only names and groups meet.
		[ "$tool" != sweep ] ||
			[[ $way =~ name|line|group|session|killall|pidof|file ]] ||
			continue
		stayed=0
		for ((i = 0; i < rounds; i++)); do
			# The shell itself tells whom it saw killed.
			once "$tool" "$way" 2> /dev/null
		done
		[ "$stayed" -eq 0 ] ||
			echo "$tool: $way: folders gone at the next start: $stayed"
	done
done
echo "guards killed: $total"
exit $status
