#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Which code faults, or copies pages? Folded stacks, one line each with a count,
# as flamegraph.pl and inferno read them, or a list of the code that comes first.
#
# Try: scripts/perf/flame.sh --top -- ls /
# Try: scripts/perf/flame.sh --copies -- build/cow/fork_cow >copies.folded
set -euo pipefail

# shellcheck source=scripts/perf/lib.sh
. "$(dirname "$0")/lib.sh"

summary="Count a command's page faults by the code that took them, as folded stacks."
options='  --copies      only faults that copied a page (as root)
  --top         a list of the code that faulted most, instead of stacks
  --fp          find callers by frame pointers: cheap, and right only where
                all is compiled with -fno-omit-frame-pointer
'
flags=' --copies --top --fp '
recipe_options "$@"
need_command

# Enough of the stack for most; what lies deeper stays without its callers.
callers=dwarf bytes=8192
if chosen --fp; then
	callers=fp bytes=
fi
report=()
if chosen --top; then
	report+=(--top)
fi
if chosen --copies; then
	report+=(--copies)
	need_tracefs "$@"
	need_perf -e exceptions:page_fault_user
	fault_events "call-graph=$callers${bytes:+,stack-size=$bytes}"
	# As in classify.sh; what is retried is no copy, but need not be.
	chosen --fp || events+=(--kernel-callchains)
else
	need_tracefs_quiet "$@"
	need_perf -e page-faults
	events=(-e page-faults -c 1 --call-graph "$callers${bytes:+,$bytes}")
fi

start_work
perf_records -d "${events[@]}"
perf_says comm,pid,tid,time,event,trace,ip,sym,dso flame.pl "${report[@]}"
