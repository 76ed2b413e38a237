#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Where does a command fault? Every page fault's address, by perf record, as a
# heat strip over each mapping of each process. For anyone who may use perf; the
# kernel's own faults (read(2) into a fresh page) are root's to see.
#
# Try: scripts/perf/record.sh -- ls /
set -euo pipefail

# shellcheck source=scripts/perf/lib.sh
. "$(dirname "$0")/lib.sh"

summary='Show where a command faults: a heat strip over its mappings.'
recipe_options "$@"
need_command
need_tracefs_quiet "$@"
need_perf -e page-faults

start_work
perf_records -e page-faults -c 1 -d
perf_says comm,pid,tid,time,event,addr record.pl --page "$(getconf PAGESIZE)"
