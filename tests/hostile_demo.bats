#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Bad surroundings: each ends in one clear line and exit status 1, soon, and
# nothing is left behind.
# shellcheck disable=SC2030,SC2031 # run sets status and output, anew each time

load helpers

setup_file()
{
	open_copies
}

teardown_file()
{
	close_copies
}

# No process of ours is left.
teardown()
{
	run ! pgrep -f "^$COPIES/"
}

# The last run failed with one line that holds $1.
failed_with()
{
	echo "status $status: $stderr"
	[ "$status" = 1 ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *"$1"* ]]
}

@test "more pages than there is memory" {
	local demo
	for demo in $COW_DEMOS; do
		run --separate-stderr "$COPIES/$demo" --pages 1000000000000
		failed_with "work on 1000000000000 pages"
	done
}

@test "a small RLIMIT_AS" {
	local demo
	[ -z "$SAN" ] || skip "sanitizers need address space of their own"
	for demo in $COW_DEMOS; do
		run --separate-stderr timeout 10 bash -c "ulimit -v 20000; exec $COPIES/$demo --pages 10000"
		failed_with "Cannot allocate memory"
	done
}

@test "a small RLIMIT_DATA" {
	[ -z "$SAN" ] || skip "sanitizers need data of their own"
	run --separate-stderr bash -c "ulimit -d 20000; exec $COPIES/sbrkdemo/grow --pages 10000"
	failed_with "sbrk("
}

@test "no more processes, at the first fork and at the next" {
	local n
	[ "$(id -u)" = 0 ] || skip "only root can be somebody who has no process yet"
	[ -z "$SAN" ] || skip "the leak check needs a process more"
	for n in 1 2; do
		run --separate-stderr timeout 20 setpriv --reuid=65531 --regid=65531 \
			--clear-groups prlimit --nproc="$n" "$COPIES/cow/fork_reuse"
		failed_with "Resource temporarily unavailable"
	done
	for demo in cow/fork_cow mmapdemo/anon; do
		run --separate-stderr timeout 20 setpriv --reuid=65531 --regid=65531 \
			--clear-groups prlimit --nproc=1 "$COPIES/$demo"
		failed_with "fork: Resource temporarily unavailable"
	done
}

# With each of the numbers $1 of descriptors a demo works, or says what it lacks.
few_descriptors()
{
	local n demo
	for demo in $COW_DEMOS; do
		for n in $(sizes_of "$demo" "$1"); do
			run --separate-stderr timeout 20 prlimit --nofile="$n" "$COPIES/$demo"
			[ "$status" = 0 ] || failed_with "Too many open files"
		done
	done
}

@test "no more descriptors" {
	[ -z "$SAN" ] || skip "the leak check needs descriptors of its own"
	few_descriptors '10 12'
}

# bats test_tags=long
@test "no more descriptors, at each open" {
	[ -z "$SAN" ] || skip "the leak check needs descriptors of its own"
	few_descriptors '10 8 9 11 12 13 14'
}

@test "a long path" {
	local path=$BATS_TEST_TMPDIR name
	name=$(printf 'x%.0s' {1..250})
	for _ in 1 2 3 4 5 6; do path+=/$name; done
	mkdir -p "$path"
	cp "$COPIES/cow/fork_cow" "$path"
	run --separate-stderr "$path/fork_cow" --quiet
	echo "$stderr"
	[ "$status" = 0 ]
}

@test "no /proc" {
	local demo
	[ "$(id -u)" = 0 ] || skip "only root can unmount /proc"
	unshare -m true || skip "no mount namespaces here"
	[ -z "$SAN" ] || skip "sanitizers need /proc themselves"
	for demo in $COW_DEMOS; do
		run --separate-stderr unshare -m bash -c "mount -t tmpfs none /proc; exec $COPIES/$demo"
		failed_with "/proc"
	done
}

# The demos $1 say so when what they print in the formats $2... goes nowhere.
no_room()
{
	local demo format
	for demo in $1; do
		for format in "${@:2}"; do
			run --separate-stderr bash -c "$COPIES/$demo $format >/dev/full"
			failed_with "write to standard output: No space left"
		done
	done
}

# One reporter serves them all.
@test "no room on standard output" {
	no_room "$COW_DEMOS" ''
	no_room "sbrkdemo/grow mmapdemo/anon cow/fork_cow" --tap --json
}

# bats test_tags=long
@test "no room on standard output, in each format" {
	no_room "$COW_DEMOS" --tap --json
}

@test "no room for --help, of whatever program" {
	local program
	for program in $COW_PROGRAMS; do
		run --separate-stderr bash -c "$COPIES/$program --help >/dev/full"
		failed_with "${program##*/}: write to standard output: No space left"
	done
}

@test "a reader that goes away" {
	local demo
	for demo in $COW_DEMOS; do
		run --separate-stderr bash -c "set -o pipefail; $COPIES/$demo --pages 5000 | head -n 1"
		failed_with "write to standard output: Broken pipe"
	done
}

@test "a full disk" {
	local mount=$BATS_TEST_TMPDIR/disk image=$BATS_TEST_TMPDIR/image
	[ "$(id -u)" = 0 ] || skip "only root can mount"
	truncate -s 4M "$image"
	mkfs.ext4 -q "$image" || skip "no mkfs.ext4 here"
	mkdir "$mount"
	mount -o loop "$image" "$mount" || skip "no loop devices here"
	run --separate-stderr "$COPIES/mmapdemo/shared_vs_private" --pages 2000 --dir "$mount"
	ls "$mount" >"$BATS_TEST_TMPDIR/left"
	umount "$mount"
	failed_with "No space left on device"
	[ "$(cat "$BATS_TEST_TMPDIR/left")" = lost+found ]
}

@test "a limit on file sizes" {
	run --separate-stderr bash -c "ulimit -f 8; exec $COPIES/mmapdemo/shared_vs_private >$BATS_TEST_TMPDIR/out"
	failed_with "File too large"
}

@test "a folder that can't be used" {
	local demo=$COPIES/mmapdemo/shared_vs_private
	run --separate-stderr "$demo" --dir /nowhere
	failed_with "make a file in /nowhere: No such file"
	run --separate-stderr "$demo" --dir /etc/passwd
	failed_with "make a file in /etc/passwd"
	mkdir -m 700 "$BATS_TEST_TMPDIR/closed"
	if [ "$(id -u)" = 0 ]; then
		run --separate-stderr as_nobody "$demo" --dir "$BATS_TEST_TMPDIR/closed"
		failed_with "Permission denied"
	fi
}

@test "a disk file in memory is skipped, and says so" {
	run --separate-stderr "$COPIES/mmapdemo/shared_vs_private" --dir /dev/shm --json
	[ "$status" = 0 ]
	[ "$(tail -n 1 <<<"$output" | jq .skipped)" = 4 ]
	run "$COPIES/mmapdemo/shared_vs_private" --dir /dev/shm
	[[ $output == *"SKIPPED"*"/dev/shm is in memory: --dir must name"* ]]
}

@test "no more input for --ask" {
	local demo
	for demo in $COW_DEMOS; do
		run --separate-stderr "$COPIES/$demo" --ask </dev/null
		failed_with "read your prediction: no more input"
	done
}

# Asked for the fifth prediction, fork_cow has a child; it dies, then we answer.
@test "a child that is killed" {
	mkfifo "$BATS_TEST_TMPDIR/answers"
	exec 8<>"$BATS_TEST_TMPDIR/answers"
	timeout 20 "$COPIES/cow/fork_cow" --ask <&8 8>&- \
		>"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/errors" 3>&- &
	local pid=$! child='' i
	printf '1\n1\n1\n1\n' >&8
	for ((i = 0; i < 100 && ${#child} == 0; i++)); do
		sleep 0.1
		child=$(pgrep -f "^$COPIES/cow/fork_cow" | while read -r p; do
			if pgrep -P "$p" -f "^$COPIES/cow/fork_cow"; then break; fi
		done)
	done
	kill -KILL "$child"
	yes 1 | head -n 20 >&8
	status=0
	wait $pid || status=$?
	exec 8>&-
	stderr=$(cat "$BATS_TEST_TMPDIR/errors")
	mapfile -t stderr_lines <<<"$stderr"
	failed_with "talk to the child: Broken pipe"
}

@test "a parent that is killed takes its child along" {
	mkfifo "$BATS_TEST_TMPDIR/answers"
	exec 8<>"$BATS_TEST_TMPDIR/answers"
	"$COPIES/cow/fork_reuse" --ask <&8 8>&- >/dev/null 2>&1 3>&- &
	local pid=$! i
	yes 1 | head -n 6 >&8
	for ((i = 0; i < 100; i++)); do
		[ "$(pgrep -c -f "^$COPIES/cow/fork_reuse")" -lt 3 ] || break
		sleep 0.1
	done
	[ "$i" -lt 100 ]
	kill -KILL $pid
	exec 8>&-
	for ((i = 0; i < 100; i++)); do
		pgrep -f "^$COPIES/cow/fork_reuse" || break
		sleep 0.1
	done
	[ "$i" -lt 100 ]
}

@test "perf that does not answer" {
	mkfifo "$BATS_TEST_TMPDIR/control" "$BATS_TEST_TMPDIR/ack"
	exec 8<>"$BATS_TEST_TMPDIR/control" 9<>"$BATS_TEST_TMPDIR/ack"
	PERF_CTL_FD=8 PERF_ACK_FD=9 run --separate-stderr "$COPIES/sbrkdemo/grow"
	exec 8>&- 9>&-
	failed_with "wait for perf's ack: Connection timed out"
}

@test "a descriptor for perf that is none" {
	PERF_CTL_FD=x run --separate-stderr "$COPIES/sbrkdemo/grow"
	failed_with "PERF_CTL_FD=x"
	PERF_CTL_FD=77 PERF_ACK_FD=78 run --separate-stderr "$COPIES/sbrkdemo/grow"
	failed_with "send 'enable' to perf: Bad file descriptor"
}
