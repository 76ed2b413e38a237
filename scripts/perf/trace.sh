#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A command's page faults one after another, by `perf trace -F all`, made
# readable: when, who, which code touched what; neighbouring pages of one
# mapping that the same code touched in turn are one line. As root.
#
# Try: scripts/perf/trace.sh -- ls /
set -euo pipefail

# shellcheck source=scripts/perf/lib.sh
. "$(dirname "$0")/lib.sh"

summary="Show a command's page faults in order: when, who, which code touched what."
recipe_options "$@"
need_command
need_tracefs_quiet "$@"
need_tool perf linux-perf
need_tool taskset util-linux

# perf trace tells no exit status, and of lost events only with the next one in
# the same CPU's ring. So a shell of ours starts the command, and has a page
# fault on each CPU in the end; by its name it is told from the command.
start_work
own=cow-trace-sh
mkdir "$work/cpu"
ln -s "$(type -P bash)" "$work/$own"
ln -s "$(type -P taskset)" "$work/cpu/$own"
# shellcheck disable=SC2016 # the shell's own words
perf trace -F all --no-syscalls --sort-events -m "${ring:-$(ring_size)}" -o "$work/trace" -- \
	"$work/$own" -c '
	work=$1 cpus=$2
	shift 2
	"$@" 2>&3 3>&-
	echo $? >"$work/status"
	for ((cpu = 0; cpu < cpus; cpu++)); do
		"$work/cpu/'$own'" -c "$cpu" "$work/'$own'" -c :
	done' "$own" "$work" "$(getconf _NPROCESSORS_CONF)" "${command[@]}" 3>&2 2>"$work/said" || {
	# What says nothing of the command has not begun.
	[ -e "$work/status" ] ||
		skip "perf can't trace here: $(cat "$work/said" "$work/trace" | perf_reason)"
	need_room
	cat "$work/said" >&2
	exit 1
}
need_room
status=$(cat "$work/status")
page=$(getconf PAGESIZE)
report perl -I"$here" "$here/trace.pl" --status "$status" --own "$own" \
	--page "$page" <"$work/trace"
exit "$status"
