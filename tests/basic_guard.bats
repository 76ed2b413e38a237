# SPDX-License-Identifier: MIT
#
# The guard: are calls counted as strace counts them, does exactly the named
# call fail, and is nothing left behind?

# shellcheck disable=SC2030,SC2031 # run sets status and output, anew each time
load helpers

setup() {
	build=${COW_BUILD:-build}
	tmp=$(mktemp -d)
	chmod 755 "$tmp"
	# Where anyone may run them: the build may lie in a closed home.
	mkdir "$tmp/bin"
	install "$build"/cow/tools/{ledger,fail,sandbox} "$build"/cow/denied \
		"$build"/tests/fixtures/{asks,frail} "$tmp/bin"
	ledger=$tmp/bin/ledger
	fail=$tmp/bin/fail
	sandbox=$tmp/bin/sandbox
	asks=$tmp/bin/asks
	frail=$tmp/bin/frail
	nobody=()
	[ "$(id -u)" -ne 0 ] ||
		nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	own_everything "$tmp"
}

teardown() {
	rm -rf "$tmp"
}

# A sanitizer maps and traces on its own account, and takes refusals badly.
need_plain() {
	[ -z "${SAN-}" ] || skip "the programs to be watched have a sanitizer"
}

need() {
	command -v "$1" > /dev/null || skip "$1 is missing"
}

calls=brk,mmap,munmap,mremap,mprotect,pkey_mprotect,madvise,msync,mincore,mlock
calls+=,mlock2,munlock,memfd_create,fork,vfork,clone,clone3,execve,execveat

# same_as_strace COMMAND... : the counts of both, call by call
same_as_strace() {
	strace -c -f -o "$tmp/strace" -e "trace=$calls" -- "$@" > /dev/null
	"${nobody[@]}" "$ledger" --totals --json -- "$@" > /dev/null \
		2> "$tmp/ledger"
	awk '$1 ~ /^[0-9]/ && $NF != "total" { print $NF, $4 }' \
		"$tmp/strace" | sort > "$tmp/theirs"
	jq -r '"\(.call) \(.calls)"' "$tmp/ledger" | sort > "$tmp/ours"
	[ -s "$tmp/ours" ]
	diff "$tmp/theirs" "$tmp/ours"
}

@test "ledger: counts as strace -c -f does" {
	need_plain
	need strace
	same_as_strace true
	same_as_strace ls /
	same_as_strace sh -c 'ls / | sort | cat; (exit 0); exec cat /dev/null'
	# shellcheck disable=SC2016 # the other bash expands it
	same_as_strace bash -c 'for i in 1 2 3; do /bin/true; done; : $(echo a)'
	same_as_strace "$asks" tree
	same_as_strace "$asks" threads 5
	same_as_strace "$asks" grow 2000
}

@test "ledger: --results counts failures as strace does, brk apart" {
	need_plain
	need strace
	local command='PATH=/no:/nor:/bin; ls / > /dev/null; exec nothing'

	run -127 "${nobody[@]}" "$ledger" -t --json --results -- \
		sh -c "$command"
	grep '^{' <<< "$output" |
		jq -r 'select(.call != "vfork") | "\(.call) \(.calls) \(.failed)"' |
		sort > "$tmp/ours"
	run -127 strace -c -f -o "$tmp/strace" -e "trace=$calls" \
		sh -c "$command"
	awk '$1 ~ /^[0-9]/ && $NF != "total" && $NF != "vfork" {
		print $NF, $4, NF == 6 ? $5 : 0 }' "$tmp/strace" |
		sort > "$tmp/theirs"
	grep -q "execve 5 3" "$tmp/ours"
	diff "$tmp/theirs" "$tmp/ours"
	"$ledger" -t --json --results -o "$tmp/with" -- "$asks" signals 3000
	"$ledger" -t --json --results -o "$tmp/none" -- "$asks" signals 500
	[ $(($(jq 'select(.call == "brk").calls' "$tmp/with") -
		$(jq 'select(.call == "brk").calls' "$tmp/none"))) -eq 2500 ]
}

@test "ledger: counts as strace -c -f does, sqlite3" {
	need strace
	need sqlite3
	same_as_strace sqlite3 :memory: \
		'create table t(a); insert into t values(1); select * from t'
}

@test "ledger: a call interrupted by signals counts once" {
	need_plain
	"$ledger" -t --json -o "$tmp/with" -- "$asks" signals 3000
	"$ledger" -t --json -o "$tmp/none" -- "$asks" signals 500
	with=$(jq 'select(.call == "brk").calls' "$tmp/with")
	none=$(jq 'select(.call == "brk").calls' "$tmp/none")
	[ $((with - none)) -eq 2500 ]
}

@test "ledger: processes by name, loading apart, and how the break moved" {
	need_plain
	"$ledger" --json -o "$tmp/l" -- "$asks" tree
	[ "$(jq -r 'select(.bytes == 12345 and .phase == "main").process' \
		"$tmp/l" | sort | xargs)" = "1.1 1.2 1.2.1" ]
	[ "$(jq -r 'select(.phase == "load").process' "$tmp/l" | sort -u)" = 1 ]
	"$ledger" --json -o "$tmp/l" -- "$asks" grow 7
	[ "$(jq 'select(.break_moved).break_moved' "$tmp/l")" -eq 700 ]
}

@test "ledger: exit status, signals, and a command that is not there" {
	run "$ledger" -o /dev/null -- sh -c 'exit 7'
	[ "$status" -eq 7 ]
	run "$ledger" -o /dev/null -- sh -c 'kill -TERM $$'
	[ "$status" -eq 143 ]
	run -127 "$ledger" -- no-such-command
	[ "$output" = "ledger: running no-such-command: No such file or directory" ]
	echo 'not a program' > "$tmp/bad"
	chmod +x "$tmp/bad"
	run -126 "$ledger" -- "$tmp/bad"
	[[ $output == *"Exec format error"* ]]
	run "$ledger"
	[ "$status" -eq 2 ]
	run "$ledger" --help
	[ "$status" -eq 0 ]
}

@test "a guard in a guard is told, not hidden" {
	run "$ledger" -o /dev/null -- "$ledger" -- true
	[ "$status" -eq 4 ]
	[[ $output == *"under a guard already"* ]]
	run "$fail" -q --call mremap -- "$fail" --sweep -- true
	[ "$status" -eq 4 ]
}

@test "killed guards leave nothing running, no zombie and no file" {
	COW_BUILD=$build scripts/guard/kill.sh 1 keeper supervisor+keeper line
	AS=${nobody[*]} COW_BUILD=$build scripts/guard/kill.sh 1 \
		keeper+supervisor group
}

@test "all of a guard killed at once: the kernel kills what it held" {
	COW_BUILD=$build scripts/guard/kill.sh 1 all file
	AS=${nobody[*]} COW_BUILD=$build scripts/guard/kill.sh 1 all
	[ -z "$(command -v strace)" ] || {
		run strace -f -qq -o /dev/null -e inject=ptrace:error=EPERM \
			"$fail" --hold --call mremap -- true 3>&-
		[ "$status" -eq 1 ]
		[[ $output == *"Operation not supported"* ]]
	}
	run "$ledger" --hold --results -- true
	[ "$status" -eq 2 ]
	"$ledger" --hold --totals --json -o "$BATS_TEST_TMPDIR/held" -- sh -c 'ls &wait'
	"$ledger" --totals --json -o "$BATS_TEST_TMPDIR/free" -- sh -c 'ls &wait'
	diff "$BATS_TEST_TMPDIR/held" "$BATS_TEST_TMPDIR/free"
}

@test "a signal to the supervisor goes to the command" {
	"$ledger" -o /dev/null -- sleep 7733 3>&- &
	await "sleep 7733"
	kill -TERM $!
	status=0
	wait $! || status=$?
	[ "$status" -eq 143 ]
	nothing_left
}

@test "fail: exactly the named call fails" {
	need_plain
	run -127 "$fail" -q --call mmap --nth 3 -- ls /
	run "$fail" --call brk --nth 9 -- "$asks" grow 12
	[ "$status" -eq 1 ]
	[[ $output == *"call 9: brk(0x"*"fails with the break as it was"* ]]
	[ "$(grep -c fails <<< "$output")" -eq 1 ]
	run "$fail" -q --call mmap --errno EACCES --from 1 --call brk -n 1 \
		--task 1.2.1 --call clone --every 99 -- "$asks" tree
	[ "$status" -ne 0 ]
}

@test "fail: --every and --from, seen from the calls that fail" {
	need_plain
	run "$fail" --call madvise --every 2 -- "$asks" threads 6
	[ "$(grep -c 'fails with' <<< "$output")" -eq 3 ]
	run "$fail" --call madvise --from 2 -- "$asks" threads 6
	[ "$(grep -c 'fails with' <<< "$output")" -eq 5 ]
	run "$fail" --call mmap --task 1.2.1 -- "$asks" tree
	[ "$(grep -c 'task 1.2.1 .*fails with ENOMEM' <<< "$output")" -eq 1 ]
	[ "$status" -eq 1 ]
}

@test "fail: brk answers with the break as it was, never with an errno" {
	need_plain
	run "$fail" -q --call brk --from 3 -- "$asks" raw
	[ "$status" -eq 0 ]
	[ "$output" = "moved 0" ]
	run "${nobody[@]}" "$fail" -q --call brk --from 3 -- "$asks" raw
	[ "$output" = "moved 0" ]
}

@test "fail: bad usage" {
	for args in "-- true" "--call nonsense -- true" "--nth 3 -- true" \
		"--call mmap --nth 0 -- true" "--call mmap" \
		"--call mmap --errno EWHAT -- true"; do
		# shellcheck disable=SC2086 # words
		run "$fail" $args
		[ "$status" -eq 2 ]
	done
}

@test "sweep: sorts the outcomes" {
	need_plain
	while read -r how outcome; do
		run "$fail" --sweep --loaded --call mmap --time 1 --json -- \
			"$frail" "$how"
		[ "$(jq -r 'select(.k == 1).outcome' <<< "$output")" = \
			"${outcome//-/ }" ]
		case $outcome in
		unharmed | clean-error) [ "$status" -eq 0 ] ;;
		*) [ "$status" -eq 1 ] ;;
		esac
	done <<- 'EOF'
		bear unharmed
		clean clean-error
		silent wrong-result
		wrong wrong-result
		leak leak
		leak-file leak
		crash crash
		abort crash
		hang hang
	EOF
	nothing_left
}

@test "sweep: the same k gives the same outcome; TAP; no terminal, no bar" {
	need_plain
	run -1 --separate-stderr "$fail" --sweep -- "$asks" tree
	[ -z "$stderr" ]
	echo "$output" > "$tmp/1"
	run -1 "$fail" --sweep --jobs 3 -- "$asks" tree
	echo "$output" > "$tmp/2"
	cmp "$tmp/1" "$tmp/2"
	run -1 "$fail" --sweep --tap -- sh -c 'exit 0'
	echo "$output" > "$tmp/tap"
	plan=$(sed -n 's/^1\.\.//p' "$tmp/tap")
	[ "$(grep -cE '^(not )?ok [0-9]+ - ' "$tmp/tap")" -eq "$plan" ]
	run "${nobody[@]}" "$fail" --sweep --loaded -- ls /
	[ "$status" -eq 0 ]
}

@test "sweep: the parts are the whole" {
	need_plain
	"$fail" --sweep --loaded --json -- "$asks" tree | grep '"k"' > "$tmp/whole"
	for part in 1/3 2/3 3/3; do
		"$fail" --sweep --loaded --json --part "$part" -- "$asks" tree |
			grep '"k"'
	done > "$tmp/parts"
	[ "$(wc -l < "$tmp/whole")" -ge 6 ]
	diff <(sort "$tmp/whole") <(sort "$tmp/parts")
	for part in 0/3 4/3 1 1/3x -1/3; do
		run "$fail" --sweep --part "$part" -- true
		[ "$status" -eq 2 ]
	done
}

@test "sweep: stopped or killed, it leaves nothing running and no file" {
	need_plain
	for sig in TERM KILL; do
		"$fail" --sweep --loaded -q --time 60 --call mmap -- \
			"$frail" hang 3>&- 2> "$tmp/e" &
		await "$frail hang"
		sleep 1
		kill -"$sig" $!
		run wait $!
		nothing_left
	done
}

@test "sweep: leaves no file and no process" {
	need_plain
	run -1 "$fail" --sweep --call mmap -q -- "$frail" leak-file
	nothing_left
}

# They take it well when each call of the kind $1 is refused.
own_programs_bear()
{
	need_plain
	need strace
	COW_BUILD=$build run scripts/guard/sweep_tools.sh "$1"
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output =~ ([0-9]+)" refused calls" ]]
	[ "${BASH_REMATCH[1]}" -ge 10 ]
}

# ends STATUS TEXT COMMAND... : with this status, and one line that has the text
ends() {
	run "-$1" --separate-stderr "${@:3}"
	echo "${*:3}: $stderr"
	# shellcheck disable=SC2154 # run sets it
	[ "$(grep -c . <<<"$stderr")" = 1 ]
	[[ $stderr == *"$2"* ]]
}

@test "what can't be run is told by env's exit statuses" {
	need_plain
	local tool
	for tool in "$ledger" "$fail --call mremap" "$fail --sweep" "$sandbox"; do
		# shellcheck disable=SC2086 # a tool and its options
		ends 127 "running no-such-command: No such file" $tool -- no-such-command
		# shellcheck disable=SC2086 # a tool and its options
		ends 126 "running /etc/passwd: Permission denied" $tool -- /etc/passwd
	done
	run "$sandbox" --help
	[[ $output == *"Exit status"*"127 if it is not found"*"lab   5 s of CPU time, 10 s in all"*"files of 16 MiB"* ]]
}

@test "slips in options are refused" {
	local task folder
	for task in 1.x 1. 2 01 1..2 ''; do
		run -2 "$fail" --call mmap --task "$task" -- true
		[[ $output == *"not a task, as 1 or 1.2 is: $task"* ]]
	done
	for folder in --read --write; do
		run -2 "$sandbox" "$folder" /no/such -- true
		[[ $output == *"$folder /no/such: No such file"* ]]
	done
}

@test "one call is one call" {
	need_plain
	ends 0 "only 1 such call" "$fail" --call execve --nth 2 -- true
}

@test "the guard's own programs take refused calls well" {
	own_programs_bear memfd_create
}

# bats test_tags=long
@test "the guard's own programs take other refused calls well" {
	own_programs_bear socketpair
}

@test "fail agrees with strace's injection" {
	need_plain
	need strace
	need jq
	COW_BUILD=$build run scripts/guard/against_strace.sh "cat /dev/null" \
		"$asks grow 3"
	[ "$status" -eq 0 ]
}

@test "the demo of refusals holds, as root and as nobody" {
	need_plain
	"$tmp/bin/denied" --quiet
	"${nobody[@]}" "$tmp/bin/denied" --quiet --pages 100
}
