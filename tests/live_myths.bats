#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What people believe is settled by what the demos measure: every statement is
# listed, none is settled without its numbers, and a wrong number settles none.
# shellcheck disable=SC2154 # run sets stderr and stderr_lines

load helpers

setup_file()
{
	open_copies
	install -m 755 "$COW_BUILD/libcowalloc.so" "$COPIES"
	install -m 755 "$COW_BUILD/tests/fixtures/bad_alloc" "$COPIES/tests/fixtures"
	export MYTHS=$COPIES/cow/tools/myths
}

teardown_file()
{
	close_copies
}

# All statements are there and came out as they should, in JSON on standard
# input; skipped are those at most that need a page of zeros (M9), frame numbers
# and huge pages (S57).
all_settled()
{
	jq -s -e '
		def ids($letter; $n): [range(1; $n + 1) | "\($letter)\(.)"];
		(.[:-1] | map(.id)) as $ids |
		((ids("M"; 20) + ids("N"; 8) + ids("S"; 62)) - $ids == []) and
		($ids | length == 90) and
		(.[:-1] | all(.verdict == .expected or
			(.verdict == "skipped" and .why != "" and (.id == "M9" or .id == "S57")))) and
		(.[:-1] | all(.evidence | length > 0 and all(.measured == .predicted))) and
		(.[:-1] | all(.expected != "busted" or .truth != null)) and
		(last | .unexpected == 0 and .["not shown"] == 0)'
}

@test "all statements are settled, as root, and as anyone without perf" {
	"$MYTHS" --json | all_settled
	nobody_without_perf "$MYTHS" --json | all_settled
}

# Some of each letter, whose demos take no time.
few="M1 M2 M5 M6 M15 N1 N8 S9 S25 S26 S34 S45 S48 S53 S60"

@test "another variant settles the same" {
	# shellcheck disable=SC2086 # words
	run "$MYTHS" --seed 11 $few
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *"9 confirmed, 6 busted, 0 skipped, 0 not shown."* ]]
}

# shellcheck disable=SC2086 # words
@test "text and TAP say the same as JSON" {
	"$MYTHS" --json $few >"$BATS_TEST_TMPDIR/json"
	"$MYTHS" $few >"$BATS_TEST_TMPDIR/text"
	"$MYTHS" --tap $few >"$BATS_TEST_TMPDIR/tap"
	run ! grep -E '.{81}' "$BATS_TEST_TMPDIR/text"
	[ "$(grep -c '^ok ' "$BATS_TEST_TMPDIR/tap")" = 15 ]
	[ "$(sed -n 2p "$BATS_TEST_TMPDIR/tap")" = 1..15 ]
	diff <(jq -r 'select(.id) | "\(.id) \(.verdict | ascii_upcase)"' "$BATS_TEST_TMPDIR/json") \
		<(sed -nE 's/^([MNS][0-9]+) +([A-Z]+) .*/\1 \2/p' "$BATS_TEST_TMPDIR/text")
}

# A demo in place of another one, in a folder of copies of its own.
in_place_of()
{
	local demo=$1

	cp -r "$COPIES" "$BATS_TEST_TMPDIR/copies"
	cat >"$BATS_TEST_TMPDIR/copies/$demo"
	MYTHS=$BATS_TEST_TMPDIR/copies/cow/tools/myths
}

@test "a prediction that fails settles nothing" {
	in_place_of cow/fork_reuse < <(cat <<-'END'
		#!/bin/sh
		set -e
		"${0%/*}/fork_reuse.real" "$@" | sed '/"step":2,/s/"verdict":"ok"/"verdict":"differs"/'
		exit 1
	END
	)
	cp "$COPIES/cow/fork_reuse" "$BATS_TEST_TMPDIR/copies/cow/fork_reuse.real"
	run "$MYTHS" M5 S49 S56 N6
	echo "$output"
	[ "$status" = 1 ]
	[ "$(grep -c '^[MNS][0-9 ]*NOT SHOWN' <<<"$output")" = 3 ]
	[[ $output == *"step 2 differs from its prediction"* ]]
	[[ $output == *"S49  CONFIRMED"*"1 confirmed, 0 busted"*"3 OTHERWISE THAN EXPECTED"* ]]
}

@test "another number settles it the other way, and that is noticed" {
	in_place_of sbrkdemo/grow < <(cat <<-'END'
		#!/bin/sh
		"${0%/*}/grow.real" "$@" | sed 's/"predicted":0,"measured":0,"ok":true}/"predicted":64,"measured":64,"ok":true}/g'
	END
	)
	cp "$COPIES/sbrkdemo/grow" "$BATS_TEST_TMPDIR/copies/sbrkdemo/grow.real"
	run "$MYTHS" S26
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"S26  CONFIRMED"*"otherwise than expected"* ]]
}

@test "what is skipped, crashes or is missing confirms nothing" {
	in_place_of cow/fork_cow < <(printf '#!/bin/sh\nkill -SEGV $$\n')
	run "$MYTHS" S45
	[ "$status" = 1 ]
	[[ $output == *"S45  NOT SHOWN"*"no step 'Shared: after...'"* ]]
	rm "$BATS_TEST_TMPDIR/copies/cow/fork_cow"
	run "$MYTHS" S45
	[ "$status" = 1 ]
	[[ $output == *"S45  NOT SHOWN"*"it is not here"* ]]
	printf '%s\n' '#!/bin/sh' "echo '{\"statement\":\"Shared: after\",\"step\":2,\"verdict\":\"skipped\",\"why\":\"no fork here\"}'" \
		"echo '{\"pages\":64}'" 'exit 4' >"$BATS_TEST_TMPDIR/copies/cow/fork_cow"
	chmod +x "$BATS_TEST_TMPDIR/copies/cow/fork_cow"
	run "$MYTHS" S45
	echo "$output"
	[ "$status" = 4 ]
	[[ $output == *"S45  SKIPPED"*"no fork here"* ]]
}

@test "installed programs find each other" {
	make --no-print-directory NO_INSTALL=1 O="$COW_BUILD" DESTDIR="$BATS_TEST_TMPDIR" \
		${SAN:+SAN=$SAN} install
	run "$BATS_TEST_TMPDIR/usr/local/bin/cow-myths" M5 S26 S58 S61
	echo "$output"
	[ "$status" = 0 ]
	[[ $output == *"S58  CONFIRMED"*"S61  SKIPPED"*"1 confirmed, 2 busted, 1 skipped"* ]]
}

@test "usage" {
	run --separate-stderr "$MYTHS" --help
	[ "$status" = 0 ]
	[ -z "$stderr" ]
	local bad
	for bad in --what S63 X1 --seed=0 --seed=x '--json --tap'; do
		# shellcheck disable=SC2086 # two options are two words
		run --separate-stderr "$MYTHS" $bad
		[ "$status" = 2 ]
		[ -z "$output" ]
		[[ ${stderr_lines[1]} == Try*--help* ]]
	done
	run --separate-stderr bash -c "$MYTHS S26 >/dev/full"
	[ "$status" = 1 ]
	[[ $stderr == *"No space left"* ]]
}
