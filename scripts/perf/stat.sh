#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Count a demo's page faults from outside, by perf stat, in exactly its measured
# windows: the demo enables and disables perf's events by perf's own control
# protocol. Prints prediction, the demo's own count and perf stat's, side by
# side; exit status 0 if all three agree, 1 if not, 4 if perf can't count here.
#
# Usage: scripts/perf/stat.sh PROGRAM [ARGUMENTS]
# Try: scripts/perf/stat.sh build/cow/fork_cow --pages 1000
set -euo pipefail

if [ $# = 0 ] || [ "$1" = --help ]; then
	echo "Usage: ${0##*/} PROGRAM [ARGUMENTS]"
	echo "Compare a demo's fault counts with what perf stat counts outside."
	[ $# != 0 ] || exit 2
	exit 0
fi
program=$1
shift
if [ ! -x "$program" ]; then
	echo "${0##*/}: can't run $program: build it first (make)" >&2
	exit 2
fi
if ! command -v jq >/dev/null; then
	echo "SKIP $program: jq is missing"
	exit 4
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkfifo "$work/control" "$work/ack"
# Open for reading and writing, so that neither side waits for the other.
exec {control}<>"$work/control" {ack}<>"$work/ack"

status=0
PERF_CTL_FD=$control PERF_ACK_FD=$ack \
	perf stat -x, -o "$work/counts" -D -1 --control "fd:$control,$ack" \
	-e page-faults,minor-faults,major-faults \
	"$program" "$@" --json >"$work/steps" 2>"$work/errors" || status=$?
if [ ! -s "$work/steps" ]; then
	if ! why=$(perf stat -e page-faults true 2>&1 >/dev/null); then
		why=$(grep -v '^Error:$' <<<"$why" | head -n 1)
		echo "SKIP $program: perf can't count here: $why"
		exit 4
	fi
	cat "$work/errors" >&2
	echo "${0##*/}: $program ended with status $status and said nothing" >&2
	exit 1
fi
if [ "$status" != 0 ]; then
	cat "$work/errors" >&2
fi

if ! said=$(tail -n 1 "$work/steps" | jq -er 'select(.predicted != null) |
	"\(.predicted) \(.measured) \(.perf) \(.unseen) \(.source) \(.pages)"' \
	2>/dev/null); then
	echo "${0##*/}: $program does not end with a summary in JSON: no demo?" >&2
	exit 1
fi
read -r predicted measured by_perf unseen source pages <<<"$said"

# The value of each event, in the order they have above; perf writes
# "page-faults:u" where it can't see more.
read -r -d '' total minor major < <(awk -F, '
	match($3, /^(page|minor|major)-faults/) { print $1 }' "$work/counts") || :

verdict=ok
if [ "$predicted" != "$measured" ] || [ "$by_perf" != "$total" ] ||
	[ "$measured" != "$((by_perf + unseen))" ] || [ "$status" != 0 ]; then
	verdict=DIFFERS
fi
echo "${program#build/} --pages $pages: predicted $predicted, own count $measured," \
	"perf stat $total: $verdict"
if [ "$unseen" != 0 ]; then
	echo "  $unseen were taken inside system calls, where $source does not look"
fi
if [ "$verdict" != ok ]; then
	echo "  the demo ended with status $status and counted $by_perf by $source;" \
		"perf stat: $minor minor, $major major"
	exit 1
fi
