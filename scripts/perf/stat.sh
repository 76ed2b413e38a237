#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Count a demo's page faults from outside, by perf stat, in exactly its measured
# windows: the demo enables and disables perf's events by perf's own control
# protocol. Prints prediction, the demo's own count and perf stat's, side by
# side; exit status 0 if all three agree, 1 if not, 4 if perf can't count here.
#
# Usage: scripts/perf/stat.sh [-o FILE] [--] PROGRAM [ARGUMENT...]
# Try: scripts/perf/stat.sh build/cow/fork_cow --pages 1000
set -euo pipefail

# shellcheck source=scripts/perf/lib.sh
. "$(dirname "$0")/lib.sh"

summary="Compare a demo's fault counts with what perf stat counts outside."
words='PROGRAM [ARGUMENT...]' ring_help=''
ends='0 all counts agree, 1 they differ or the program is no demo, 2
bad usage, 4 skipped, with the reason.'
recipe_options "$@"
program=${command[0]}
if [ ! -x "$program" ]; then
	bad_usage "can't run $program: build it first (make)"
fi
need_tool jq jq
start_work
mkfifo "$work/control" "$work/ack"
# Open for reading and writing, so that neither side waits for the other.
exec {control}<>"$work/control" {ack}<>"$work/ack"

status=0
PERF_CTL_FD=$control PERF_ACK_FD=$ack \
	perf stat -x, -o "$work/counts" -D -1 --control "fd:$control,$ack" \
	-e page-faults,minor-faults,major-faults \
	"${command[@]}" --json >"$work/steps" 2>"$work/all" || status=$?
need_room
# perf's own words, when it is told to begin and to end.
grep -vx 'Events \(en\|dis\)abled' "$work/all" >"$work/errors" || :
if [ ! -s "$work/steps" ]; then
	if ! why=$(perf stat -e page-faults true 2>&1 >/dev/null); then
		skip "perf can't count here: $(perf_reason <<<"$why")"
	fi
	cat "$work/errors" >&2
	fail "$program ended with status $status and said nothing: no demo?"
fi
if [ "$status" != 0 ]; then
	cat "$work/errors" >&2
fi

if ! said=$(tail -n 1 "$work/steps" | jq -er 'select(.predicted != null) |
	"\(.predicted) \(.measured) \(.perf) \(.unseen) \(.source) \(.pages)"' \
	2>/dev/null); then
	fail "$program does not end with a summary in JSON: no demo?"
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
say()
{
	echo "${program#build/} --pages $pages: predicted $predicted, own count $measured," \
		"perf stat $total: $verdict"
	[ "$unseen" = 0 ] ||
		echo "  $unseen were taken inside system calls, where $source does not look"
	[ "$verdict" = ok ] ||
		echo "  the demo ended with status $status and counted $by_perf by $source;" \
			"perf stat: $minor minor, $major major"
}

say >"$work/report"
{
	why=$(report cat "$work/report" 2>&1 >&3) ||
		fail "writing the report: ${why##*: }"
} 3>&1
[ "$verdict" = ok ]
