#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Hostile scenarios: each ends at once, in one line that says where and what.
# shellcheck disable=SC2154 # bats sets stderr

load helpers

setup_file()
{
	open_copies
	export LITMUS=$COPIES/cow/tools/litmus
}

teardown_file()
{
	close_copies
}

teardown()
{
	run ! pgrep -f "^$COPIES/"
}

# The scenario on standard input is refused, with a message that holds $1.
refused()
{
	cat >"$BATS_TEST_TMPDIR/s"
	run --separate-stderr timeout 10 "$LITMUS" "$BATS_TEST_TMPDIR/s"
	echo "status $status: $stderr"
	[ "$status" = 2 ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *"$1"* ]]
}

@test "100,000 lines" {
	(
		echo 'map a anon private 8'
		yes 'P0 write a' | head -n 100000
	) | refused "/s:1001:1: expected at most 1000 operations"
}

@test "100,000 comments are no operations" {
	(
		yes '# nothing' | head -n 100000
		echo 'map a anon private 8'
	) >"$BATS_TEST_TMPDIR/s"
	"$LITMUS" "$BATS_TEST_TMPDIR/s"
}

@test "1,000 processes" {
	refused "/s:2:10: expected a process from 0 to 7, found '1000'" <<-'END'
		map a anon private 8
		P0 fork P1000
	END
	for i in $(seq 1000); do echo "fork P$i"; done |
		refused "/s:8:7: expected a process from 0 to 7, found '8'"
}

@test "ranges off the end" {
	refused "/s:2:14: expected a last page from 0 to 7, found '8'" <<-'END'
		map a anon private 8
		P0 write a 0-8
	END
	refused "/s:2:12: expected a page from 0 to 7" <<-'END'
		map a anon private 8
		P0 write a 99999999999999999999
	END
	refused "/s:2:14: expected a last page from 5 to 7" <<-'END'
		map a anon private 8
		P0 write a 5-2
	END
	refused "expected a number of pages" <<<'map a anon private 1000000'
	refused "it would end at 130" <<<'map a anon private 10 at 120'
	refused "expected a place with 8 pages" <<-'END'
		map a anon private 8
		P0 mremap a to area 125
	END
}

@test "processes that do not live" {
	refused "/s:1:1: expected a process that lives" <<<'P1 exit'
	refused "/s:2:1: expected a process that lives" <<<$'P0 exit\nP0 exit'
	refused "/s:2:9: expected a process that has not been there yet" <<<$'fork P1\nP0 fork P1'
}

@test "words that are not in the language" {
	refused "/s:1:1: expected an operation, such as map or write, found 'delete'" <<<'delete everything'
	refused "/s:1:7: expected anon or a file's name, found 'x'" <<<'map a x private 8'
	refused "/s:1:12: expected private or shared" <<<'map a anon 8'
	refused "/s:2:15: expected a kind of fault" <<<$'map a anon private 8\nP0 write a => miracle 3'
	refused "/s:2:12: expected the end of the line or '=>'" <<<$'map a anon private 8\nP0 write a now'
	refused "/s:1:1: expected an operation before" <<<'=> zero 1'
	refused "found the end of the line" <<<'file'
}

@test "binary garbage" {
	head -c 100000 /dev/urandom | refused "expected"
	head -c 100000 /dev/zero | refused "/s:1:1: expected text, found the byte 0x00"
	printf 'map a anon private 8\n\x80\xff\n' | refused "/s:2:1: expected an operation, such as map or write, found the byte 0x80"
}

@test "one line without an end" {
	head -c 10000000 /dev/zero | tr '\0' x | refused "/s:1:400: expected a line of at most 399 bytes"
}

@test "lines that end with CR and LF are lines; a CR elsewhere is no text" {
	printf 'title x\r\n# y\r\nmap a anon private 8\r\nP0 write a => zero 8\r\n' >"$BATS_TEST_TMPDIR/s"
	"$LITMUS" "$BATS_TEST_TMPDIR/s"
	printf 'map a anon private 8\rP0 write a\r\n' | refused "/s:1:21: expected text, found the byte 0x0d"
}

@test "two titles, and needs that nothing can meet" {
	refused "/s:2:1: expected one title, found 'title'" <<<$'title x\ntitle y\nfork P1'
	refused "/s:2:7: expected no need that contradicts another one, found 'no-huge'" <<<$'needs huge\nneeds no-huge\nfork P1'
}

@test "nothing at all" {
	refused "expected at least one operation" </dev/null
	run --separate-stderr "$LITMUS" /nowhere
	[ "$status" = 2 ]
	[[ $stderr == *"open /nowhere: No such file or directory" ]]
	run --separate-stderr "$LITMUS" /tmp
	[ "$status" = 2 ]
	[[ $stderr == *"read /tmp: Is a directory" ]]
}

@test "what is no file: a device without an end, a FIFO without a writer" {
	run --separate-stderr timeout 10 "$LITMUS" /dev/zero
	[ "$status" = 2 ]
	[[ $stderr == *"/dev/zero:1:1: expected text, found the byte 0x00" ]]
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	run --separate-stderr timeout 10 "$LITMUS" "$BATS_TEST_TMPDIR/fifo"
	[ "$status" = 2 ]
	[[ $stderr == *"expected at least one operation"* ]]
	"$LITMUS" <(printf 'map a anon private 8\nP0 write a')
}

@test "threads that are not there, and too many" {
	refused "/s:1:4: expected one of the process's threads, from 0 to 0, found '1'" <<<'P0.1 exit'
	refused "/s:1:5: expected one of the process's threads" <<<'P0. exit'
	refused "/s:4:10: expected at most 3 threads" <<<$'P0 thread\nP0 thread\nP0 thread\nP0 thread'
	refused "/s:3:4: expected one of the process's threads" <<<$'P0 thread\nP0.1 fork P1\nP1.1 exit'
	refused "/s:1:7: expected a fact, such as zeropage, or no-mremap-many, found 'luck'" <<<'needs luck'
}

@test "what the model does not know ends a scenario, in words" {
	printf 'file d disk 4\nmap a d private 4\nP0 read a\nP0 madvise a pageout\n' >"$BATS_TEST_TMPDIR/s"
	run --separate-stderr "$LITMUS" --model "$BATS_TEST_TMPDIR/s"
	[ "$status" = 1 ]
	[[ $stderr == *"model read-ahead after MADV_PAGEOUT of a disk file"* ]]
}

@test "a folder that is not there is said before sequences are made up" {
	run --separate-stderr timeout 10 "$LITMUS" --out /nowhere --random 1000000
	[ "$status" = 2 ]
	[[ $stderr == *"--out /nowhere: No such file"* ]]
}

@test "--ask asks again for what is no number, and says where input ends" {
	printf 'map a anon private 8\nP0 write a\n' >"$BATS_TEST_TMPDIR/s"
	run --separate-stderr "$LITMUS" --ask "$BATS_TEST_TMPDIR/s" <<<$'x\n-8\n\n8'
	[ "$status" = 0 ]
	[ "$(grep -c 'A whole number, please' <<<"$output")" = 3 ]
	[[ $output == *"1 of 1 prediction right"* ]]
	local input
	for input in '' $'x\n'; do
		run --separate-stderr "$LITMUS" --ask "$BATS_TEST_TMPDIR/s" < <(printf %s "$input")
		[ "$status" = 1 ]
		[ "$stderr" = "litmus: read your prediction: no more input" ]
	done
}

@test "80 columns hold titles and facts" {
	printf 'title %s\nmap a anon private 8\n' "$(printf 'word %.0s' {1..30})" >"$BATS_TEST_TMPDIR/s"
	"$LITMUS" "$BATS_TEST_TMPDIR/s" >"$BATS_TEST_TMPDIR/out"
	"$LITMUS" --machine >>"$BATS_TEST_TMPDIR/out"
	run ! grep -E '.{81}' "$BATS_TEST_TMPDIR/out"
}

@test "options that make no sense" {
	local options
	for options in '' '--random 0' '--random x' '--tap --json x' '--model --kernel x' \
		'--random 3 x' '--drop nothing --random 1' '--ops 100000 --random 1' '--ask --tap x'; do
		# shellcheck disable=SC2086 # several words
		run --separate-stderr "$LITMUS" $options
		echo "$options: $status"
		[ "$status" = 2 ]
		[ -z "$output" ]
	done
}

@test "no room on standard output" {
	printf 'map a anon private 8\nP0 write a\n' >"$BATS_TEST_TMPDIR/s"
	local format
	for format in '' --tap --json --quiet '--random 2'; do
		[[ $format == --random* ]] || format+=" $BATS_TEST_TMPDIR/s"
		run --separate-stderr bash -c "$LITMUS $format >/dev/full"
		[ "$status" = 1 ]
		[[ $stderr == *"write to standard output: No space left"* ]]
		run --separate-stderr bash -c "$LITMUS $format >&-"
		echo "$format: $status, $stderr"
		[ "$status" = 1 ]
		[[ $stderr == *"write to standard output: Bad file descriptor"* ]]
	done
}

@test "a folder in memory is no disk: such scenarios are skipped, and say so" {
	run --separate-stderr "$LITMUS" --dir /dev/shm "$COW_ROOT/tests/litmus/shared-disk-sync.litmus"
	[ "$status" = 4 ]
	[[ $stderr == *"skipped: use /dev/shm, which is on tmpfs, as a disk"* ]]
}

@test "a controller that is killed takes its workers along" {
	local i
	"$LITMUS" --random 1000000 >/dev/null 2>&1 3>&- &
	sleep 1
	kill -KILL $!
	for ((i = 0; i < 100; i++)); do
		pgrep -f "^$COPIES/" || break
		sleep 0.1
	done
	[ "$i" -lt 100 ]
}
