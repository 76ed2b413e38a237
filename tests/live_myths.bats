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
# input; skipped are those at most that a kernel without a page of zeros skips.
all_settled()
{
	jq -s -e '
		def ids($letter; $n): [range(1; $n + 1) | "\($letter)\(.)"];
		(.[:-1] | map(.id)) as $ids |
		((ids("M"; 20) + ids("N"; 8) + ids("S"; 62)) - $ids == ["S22", "S23"]) and
		($ids | length == 88) and
		(.[:-1] | all(.verdict == .expected or
			(.verdict == "skipped" and .why != "" and (.id == "M9")))) and
		(.[:-1] | all(.evidence | length > 0 and all(.measured == .predicted))) and
		(.[:-1] | all(.expected != "busted" or .truth != null)) and
		(last | .unexpected == 0 and .["not shown"] == 0)'
}

@test "all statements are settled, as root and as anyone, without perf as well" {
	"$MYTHS" --json | all_settled
	as_nobody "$MYTHS" --json | all_settled
	nobody_without_perf "$MYTHS" --json | all_settled
}

@test "another variant settles the same" {
	"$MYTHS" --seed 11 --json | all_settled
}

@test "text and TAP say the same as JSON" {
	"$MYTHS" --json >"$BATS_TEST_TMPDIR/json"
	"$MYTHS" >"$BATS_TEST_TMPDIR/text"
	"$MYTHS" --tap >"$BATS_TEST_TMPDIR/tap"
	run ! grep -E '.{81}' "$BATS_TEST_TMPDIR/text"
	[ "$(grep -cE '^[MNS][0-9]+ +(CONFIRMED|BUSTED|SKIPPED) ' "$BATS_TEST_TMPDIR/text")" = 88 ]
	[ "$(grep -c '^ok ' "$BATS_TEST_TMPDIR/tap")" = 88 ]
	[ "$(sed -n 2p "$BATS_TEST_TMPDIR/tap")" = 1..88 ]
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
