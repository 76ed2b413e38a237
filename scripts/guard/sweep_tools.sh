#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# Refuse each call of the guard's own programs in turn: a supervisor that meets
# an error must say so, end, and leave nothing behind.
#
# The kernel allows one listener a process, so no guard can watch another. It is
# strace that refuses here, in the supervisor alone: what it starts runs free.
# brk is refused as the kernel refuses it, by an answer of 0.
#
# Usage: scripts/guard/sweep_tools.sh [CALL]...
# Exit: 0 when all took it well, 1 when one did not, 4 strace is missing.
set -uo pipefail

build=${COW_BUILD:-build}
calls=${*:-brk mmap munmap mprotect mremap madvise clone memfd_create socketpair
	prctl seccomp recvmsg poll sendmsg ioctl wait4 rt_sigprocmask getrandom}
tmp=$(mktemp -d) || exit 1
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/tmp" || exit 1
export TMPDIR=$tmp/tmp
command -v strace > /dev/null || { echo "strace is missing"; exit 4; }
status=0
total=0

left() {
	ls -A "$TMPDIR"
	pgrep -r R,S,D,T -f "^$tmp/sleep" || :
}

complain() {
	echo "$*"
	head -3 "$tmp/err"
	status=1
}

# The loader's own calls are left out: those before the last mprotect of it.
loads() {
	strace -o "$tmp/log" -e "trace=$1" "$build/$2" --help \
		> /dev/null 2>&1 < /dev/null
	grep -c "^$1(" "$tmp/log" || :
}

# sweep PROGRAM ARGUMENT... : each call of each kind, one run for each
sweep() {
	local call n k inject rc

	for call in $calls; do
		strace -o "$tmp/log" -e "trace=$call" "$build/$1" "${@:2}" \
			> "$tmp/out" 2> "$tmp/err" < /dev/null
		n=$(grep -c "^$call(" "$tmp/log" || :)
		k=1
		case $call in
		brk | mmap | munmap | mprotect) k=$(($(loads "$call" "$1") + 1)) ;;
		esac
		for (( ; k <= n; k++)); do
			inject="$call:error=ENOMEM:when=$k"
			[ "$call" != brk ] || inject="$call:retval=0:when=$k"
			total=$((total + 1))
			timeout -k 1 20 strace -o /dev/null -e "trace=$call" \
				-e "inject=$inject" "$build/$1" "${@:2}" \
				> "$tmp/out" 2> "$tmp/err" < /dev/null
			rc=$?
			if [ "$rc" -ge 124 ]; then
				complain "$1: $call $k: status $rc"
			elif [ "$rc" -ne 0 ] && [ ! -s "$tmp/err" ]; then
				complain "$1: $call $k: status $rc without a word"
			fi
			for _ in $(seq 60); do
				[ -n "$(left)" ] || break
				sleep 0.05
			done
			[ -z "$(left)" ] || complain "$1: $call $k: left $(left)"
		done
	done
}

cp "$(command -v sleep)" "$tmp/sleep"
chmod 755 "$tmp"
work="echo a | cat > /dev/null; $tmp/sleep 0.01"
sweep cow/tools/ledger -o /dev/null -- sh -c "$work"
sweep cow/tools/fail -q --call mremap --nth 1 -- sh -c "$work"
sweep cow/tools/fail --sweep --call mremap --call clone -- sh -c "$work"
sweep cow/tools/sandbox --exec --read "$tmp" -- sh -c "$work"
sweep tests/unit/guard_test
echo "$total refused calls of the guard's own programs"
exit $status
