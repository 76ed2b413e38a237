#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Litmus with ksmd: nobody else's memory is merged with, and its settings are as
# they were, whoever is killed.
# shellcheck disable=SC2154 # bats sets stderr

load helpers

KSM=/sys/kernel/mm/ksm

setup_file()
{
	open_copies
	install -m 755 "$COW_BUILD/tests/fixtures/mergeable" "$COPIES"
	cp -r "$COW_ROOT/tests/litmus" "$COPIES/scenarios"
	chmod -R a+rX "$COPIES/scenarios"
	export LITMUS=$COPIES/cow/tools/litmus
}

teardown_file()
{
	close_copies
}

setup()
{
	BEFORE=$(settings)
	SAID=$BATS_TEST_TMPDIR/said
}

# A test that failed may have left its guard stopped: let it put all back.
teardown()
{
	run pkill -CONT -f "^$COPIES/"
	run ! pgrep -f "^$COPIES/"
	[ "$(settings)" = "$BEFORE" ]
}

# All that can be set, and what is merged: nothing.
settings()
{
	local file

	[ -e $KSM/run ] || return 0
	for file in run pages_to_scan sleep_millisecs use_zero_pages smart_scan \
		pages_shared; do
		[ ! -e $KSM/$file ] || grep -H . $KSM/$file
	done
}

# Can pages be merged here and now? If not: why.
needs_ksmd()
{
	[ -e $KSM/run ] || skip "this kernel merges no pages: no $KSM/run"
	[ "$(id -u)" = 0 ] || skip "needs root, to have ksmd merge"
	run "$LITMUS" --quiet "$COPIES/scenarios/ksm-copies.litmus"
	[ "$status" != 4 ] || skip "$output"
}

# agree N SEED: so many random sequences agree, and none is skipped
agree()
{
	run "$LITMUS" --random "$1" --seed "$2" --ksm --out "$BATS_TEST_TMPDIR"
	echo "$output"
	[ "$status" = 0 ]
	[[ $output != *skipped* ]]
}

# hold MARK : a run that has merged, and waits to be asked; its $pid, and $go
hold()
{
	printf 'map a anon private 4\nP0 madvise a mergeable\nP0 write a\nP0 merge\nP0 write a => copy 4\n' \
		>"$BATS_TEST_TMPDIR/hold.litmus"
	mkfifo "$BATS_TEST_TMPDIR/go"
	"$LITMUS" --ask "$BATS_TEST_TMPDIR/hold.litmus" \
		<"$BATS_TEST_TMPDIR/go" >"$SAID" 2>&1 3>&- &
	pid=$!
	exec {go}>"$BATS_TEST_TMPDIR/go"
	echo 4 >&"$go"
	timeout 20 sh -c "until grep -q '^ *5 .*write a' '$SAID'; do sleep 0.02; done"
	[ "$(settings)" != "$BEFORE" ]
	worker=$(child worker)
	guard=$(child guard)
	[ "$worker" ]
	[ "$guard" ]
}

# The guard leads a session of its own, the worker does not.
child()
{
	local one

	for one in $(pgrep -P "$pid"); do
		if [ "$(ps -o sid= -p "$one" | tr -d ' ')" = "$one" ]; then
			[ "$1" != guard ] || echo "$one"
		else
			[ "$1" = guard ] || echo "$one"
		fi
	done
}

# Wait for process $1, which ends with status $2.
ended()
{
	local status=0

	wait "$1" || status=$?
	[ "$status" = "$2" ]
}

# Answer the last question; the status is that of the run.
finish()
{
	echo 4 >&"$go"
	exec {go}>&-
	status=0
	wait "$pid" || status=$?
	cat "$SAID"
}

# The lock is free when all is as it was.
is_put_back()
{
	flock -w 10 $KSM/run true
	[ "$(settings)" = "$BEFORE" ]
}

@test "ksmd: scenarios agree, and only those for other kernels are skipped" {
	needs_ksmd
	run --separate-stderr "$LITMUS" --quiet "$COPIES"/scenarios/ksm-*.litmus
	echo "$output$stderr"
	[ "$status" = 0 ]
	[[ $output == *" 0 not, 2 files skipped" ]]
	is_put_back
}

@test "ksmd: without root every scenario that merges is skipped, and says why" {
	[ -e $KSM/run ] || skip "this kernel merges no pages: no $KSM/run"
	run as_nobody "$LITMUS" --tap "$COPIES"/scenarios/ksm-*.litmus
	echo "$output"
	[ "$status" = 4 ]
	[ "$(grep -c '^ok .* # SKIP needs root, to have ksmd merge$' <<<"$output")" = \
		$(($(grep -c '^ok ' <<<"$output") - 2)) ]
	run as_nobody "$LITMUS" --random 3 --ops 60 --seed 1 --ksm
	[[ $output == *"skipped: needs root, to have ksmd merge"* ]]
	[[ $output == *" skipped: not compared"* ]]
}

@test "ksmd: on a kernel that has none every scenario is skipped, and says why" {
	[ "$(id -u)" = 0 ] || skip "needs root, to hide ksmd"
	[ -e $KSM/run ] || skip "this kernel merges no pages: the test before shows it"
	run unshare -m sh -c "mount -t tmpfs none $KSM &&
		'$LITMUS' --tap '$COPIES'/scenarios/ksm-*.litmus"
	echo "$output"
	[ "$status" = 4 ]
	[ "$(grep -c '^ok .* # SKIP needs ksmd: no ' <<<"$output")" = \
		$(($(grep -c '^ok ' <<<"$output") - 2)) ]
}

@test "ksmd: where it runs already, or has merged, we do not" {
	local file

	needs_ksmd
	echo 1 >"$BATS_TEST_TMPDIR/one"
	for file in run pages_shared; do
		run unshare -m sh -c "mount --bind '$BATS_TEST_TMPDIR/one' $KSM/$file &&
			'$LITMUS' '$COPIES/scenarios/ksm-copies.litmus'"
		echo "$output"
		[ "$status" = 4 ]
		[[ $output == *"skipped: needs ksmd for itself: $KSM/$file is not 0"* ]]
	done
}

@test "ksmd: while others have memory to be merged, we do not" {
	local other

	needs_ksmd
	"$COPIES/mergeable" >"$SAID" 3>&- &
	other=$!
	timeout 20 sh -c "until grep -q ready '$SAID'; do sleep 0.02; done"
	run "$LITMUS" "$COPIES/scenarios/ksm-copies.litmus"
	kill "$other"
	ended "$other" 143
	echo "$output"
	[ "$status" = 4 ]
	[[ $output == *"skipped: needs ksmd for itself: process $other (mergeable) has memory to be merged"* ]]
}

@test "ksmd: a run waits for another; killed, it leaves all as it was" {
	local second

	needs_ksmd
	hold
	"$LITMUS" --quiet "$COPIES/scenarios/ksm-copies.litmus" \
		>"$BATS_TEST_TMPDIR/second" 2>&1 3>&- &
	second=$!
	sleep 0.3
	kill -0 "$second"
	# The lock outlives the run: it goes when all is as it was.
	kill -STOP "$guard"
	kill -KILL "$pid"
	ended "$pid" 137
	run ! flock -n $KSM/run true
	kill -0 "$second"
	kill -CONT "$guard"
	ended "$second" 0
	grep -q ' 0 not, 0 files skipped' "$BATS_TEST_TMPDIR/second"
	exec {go}>&-
	is_put_back
}

@test "ksmd: all is as it was though the guard was killed" {
	needs_ksmd
	hold
	kill -KILL "$guard"
	finish
	[ "$status" = 0 ]
	is_put_back
}

@test "ksmd: all is as it was though a worker was killed" {
	needs_ksmd
	hold
	kill -KILL "$worker"
	finish
	[ "$status" = 1 ]
	is_put_back
}

@test "ksmd: all is as it was though ended by the keyboard" {
	needs_ksmd
	hold
	kill -TERM "$pid" "$worker" "$guard"
	exec {go}>&-
	ended "$pid" 143
	is_put_back
}

@test "ksmd: two runs at once take turns, and agree" {
	local one two

	needs_ksmd
	"$LITMUS" --quiet "$COPIES"/scenarios/ksm-*.litmus >"$BATS_TEST_TMPDIR/1" 2>&1 3>&- &
	one=$!
	"$LITMUS" --quiet "$COPIES"/scenarios/ksm-*.litmus >"$BATS_TEST_TMPDIR/2" 2>&1 3>&- &
	two=$!
	wait "$one"
	wait "$two"
	cat "$BATS_TEST_TMPDIR"/[12]
	[ "$(grep -c ' 0 not, 2 files skipped' "$BATS_TEST_TMPDIR"/[12] | grep -c ':1$')" = 2 ]
	is_put_back
}

@test "ksmd: where merged pages are moved the model says that it does not know" {
	cat >"$BATS_TEST_TMPDIR/moved.litmus" <<-END
		title merged pages that move
		map a anon private 2
		map b anon private 2
		P0 write a 'k'
		P0 madvise a mergeable
		P0 merge
		P0 mremap a to b
	END
	run "$LITMUS" --model "$BATS_TEST_TMPDIR/moved.litmus"
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"mremap of merged pages"* ]]
}

@test "ksmd: --ksm goes with random sequences, and not with huge pages" {
	run "$LITMUS" --ksm "$COPIES/scenarios/ksm-copies.litmus"
	[ "$status" = 2 ]
	[[ $output == *"--huge and --ksm go with --random"* ]]
	run "$LITMUS" --random 1 --ksm --huge
	[ "$status" = 2 ]
	[[ $output == *"--huge and --ksm exclude each other"* ]]
}

@test "ksmd: random sequences agree, and notice what is left out" {
	needs_ksmd
	[ -z "$SAN" ] || skip "too slow with sanitizers: make litmus-rules"
	agree 20 7000
	"$COW_ROOT/scripts/litmus-rules" "$LITMUS" "$BATS_TEST_TMPDIR" 1 merged merged-copy
}

# bats test_tags=long
@test "ksmd: more random sequences agree" {
	needs_ksmd
	[ -z "$SAN" ] || skip "too slow with sanitizers"
	agree 200 8000
}
