#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Tell the page faults of any command and its children apart, by perf alone:
# zero-fill, zero page, copy, reuse and more. The tracepoints of each fault and
# of the pages that were allocated beneath it say which it was. As root.
#
# Try: scripts/perf/classify.sh -- ls /
# Try: scripts/perf/classify.sh --windows -- build/cow/fork_cow --pages 1000
set -euo pipefail

# shellcheck source=scripts/perf/lib.sh
. "$(dirname "$0")/lib.sh"

summary="Count a command's page faults by kind: zero-fill, zero page, copy, reuse, ..."
options='  --json        one JSON object a line
  --windows     of a demo here: only what it measures, as it tells perf
'
flags=' --json --windows '
recipe_options "$@"
need_command
need_tool perf linux-perf
need_tracefs "$@"
need_perf -e exceptions:page_fault_user

fault_events call-graph=no
report=()
start_work
if chosen --windows; then
	demo_windows
	report+=(--windows "$work/windows")
fi
if chosen --json; then
	report+=(--json)
fi

# The walk of a user's stack loads from wherever the frame pointer points, which
# sets a page's accessed bit in the midst of a fault, which is then retried.
perf_records -d --kernel-callchains "${events[@]}"
perf_says comm,pid,tid,time,event,trace,ip,sym classify.pl "${report[@]}"
