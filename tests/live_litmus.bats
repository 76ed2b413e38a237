#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Litmus: all scenarios and a share of the random ones, for each kind of user.
# shellcheck disable=SC2154 # bats sets stderr

load helpers

setup_file()
{
	open_copies
	cp -r "$COW_ROOT/tests/litmus" "$COPIES/scenarios"
	chmod -R a+rX "$COPIES/scenarios"
	export LITMUS=$COPIES/cow/tools/litmus
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

# All scenarios hold, run by the given command and options.
scenarios_hold()
{
	run --separate-stderr "$@" --quiet "$COPIES"/scenarios/*.litmus
	echo "$output$stderr"
	[ "$status" = 0 ]
	[[ $output == *" 0 not, "* ]]
}

@test "there are many scenarios, each with a lesson of its own" {
	local file
	[ "$(find "$COPIES/scenarios" -name '*.litmus' | wc -l)" -ge 60 ]
	[ -z "$(cat "$COPIES"/scenarios/*.litmus | grep '^title' | sort | uniq -d)" ]
	for file in "$COPIES"/scenarios/*.litmus; do
		grep -q '=>' "$file"
	done
}

@test "all scenarios: model and kernel agree, and do as expected" {
	scenarios_hold "$LITMUS"
	scenarios_hold "$LITMUS" --unpinned
}

@test "all scenarios on the model alone, and on the kernel alone" {
	scenarios_hold "$LITMUS" --model
	scenarios_hold "$LITMUS" --kernel
}

@test "all scenarios without both root and perf" {
	scenarios_hold nobody_without_perf "$LITMUS"
}

# bats test_tags=long
@test "all scenarios without root, and without perf" {
	scenarios_hold as_nobody "$LITMUS"
	scenarios_hold without_perf "$LITMUS"
}

@test "TAP has a test for each file, JSON an object for each line" {
	"$LITMUS" --tap "$COPIES"/scenarios/fork-*.litmus >"$BATS_TEST_TMPDIR/tap"
	grep -qx "1..$(grep -c '^ok' "$BATS_TEST_TMPDIR/tap")" "$BATS_TEST_TMPDIR/tap"
	"$LITMUS" --json "$COPIES"/scenarios/fork-*.litmus |
		jq -s -e '(last | .differs == 0) and (last.ok == length - 1) and
			all(.[:-1][]; .predicted == .measured and .verdict == "ok")'
}

@test "the strips show who shares what, and the reasons why" {
	run "$LITMUS" --step --why "$COPIES/scenarios/three-sharers.litmus"
	[[ $output == *"P0 CCCC  P1 PPPP  P2 CCCC"* ]]
	[[ $output == *"do_wp_page: anonymous, not exclusive, 3 references -> wp_page_copy"* ]]
	[[ $output == *"do_wp_page: anonymous, the last reference -> wp_page_reuse"* ]]
	# One of a thing is no plural, whatever the scenario.
	[ "${lines[-1]}" = "1 file, 8 lines as they should be, 0 not, 0 files skipped" ]
	run ! grep -E '[^0-9.]1 (pages|entries|references|faults|files|lines)\b' \
		<("$LITMUS" --model --why "$COPIES"/scenarios/*.litmus | grep '^        ')
}

@test "--ask counts right predictions" {
	run "$LITMUS" --ask "$COPIES/scenarios/fork-read.litmus" < <(printf '8\n8\n0\n')
	[ "$status" = 0 ]
	[[ $output == *"2 of 3 predictions right"* ]]
	run "$LITMUS" --ask "$COPIES/scenarios/fork-read.litmus" </dev/null
	[ "$status" = 1 ]
	[[ $output == *"read your prediction: no more input"* ]]
}

@test "an expectation that is wrong fails, and is named" {
	printf 'map a anon private 4\nP0 write a => copy 4\n' >"$BATS_TEST_TMPDIR/wrong"
	run "$LITMUS" "$BATS_TEST_TMPDIR/wrong"
	[ "$status" = 1 ]
	[[ $output == *"DIFFERS"*"column 15: the model does not do so: 0 of this kind"* ]]
}

# So many random sequences as we are, $2 on any processor, and as nobody.
random_agree()
{
	[ -z "$SAN" ] || skip "too slow with sanitizers: make litmus-random"
	"$LITMUS" --random "$1" --seed 7000 --out "$BATS_TEST_TMPDIR"
	"$LITMUS" --random "$2" --seed 8000 --unpinned --out "$BATS_TEST_TMPDIR"
	cd "$BATS_TEST_TMPDIR" || return
	as_nobody "$LITMUS" --random "$2" --seed 9000
}

@test "random sequences: model and kernel agree" {
	random_agree 60 20
}

# bats test_tags=long
@test "more random sequences: model and kernel agree" {
	random_agree 250 60
}

@test "random sequences of huge pages: model and kernel agree" {
	[ -z "$SAN" ] || skip "too slow with sanitizers: make litmus-random"
	run "$LITMUS" --random 40 --seed 7000 --huge --out "$BATS_TEST_TMPDIR"
	echo "$output"
	[ "$status" != 4 ] || skip "the kernel found no huge page"
	[ "$status" = 0 ]
	run ! "$LITMUS" --random 100 --seed 1 --huge --drop huge-table --out "$BATS_TEST_TMPDIR"
}

# Each of these rules.
rules_are_needed()
{
	[ -z "$SAN" ] || skip "too slow with sanitizers: make litmus-rules"
	"$COW_ROOT/scripts/litmus-rules" "$LITMUS" "$BATS_TEST_TMPDIR" 1 "$@"
}

@test "random sequences notice what is left out of the model" {
	rules_are_needed lazy reuse before
}

# bats test_tags=long
@test "random sequences notice more that is left out of the model" {
	rules_are_needed around vma-end notify end merge upgrade
}

@test "a difference is shrunk to a scenario that shows it again" {
	local found
	run "$LITMUS" --random 100 --seed 1 --drop reuse --out "$BATS_TEST_TMPDIR"
	[ "$status" = 1 ]
	found=$(echo "$BATS_TEST_TMPDIR"/litmus-*.litmus)
	[ "$(grep -c '^P' "$found")" -le 8 ]
	run "$LITMUS" --drop reuse "$found"
	[ "$status" = 1 ]
	"$LITMUS" "$found"
}

# The files of that name that a process has open, by their paths below /proc.
files_of()
{
	local fd
	for fd in /proc/"$1"/fd/*; do
		[[ $(readlink "$fd") != "$2"* ]] || echo "$fd"
	done
}

@test "what wants memory back takes no page of a disk file that a scenario uses" {
	local go pid fd
	printf '%s\n' 'file f disk 64' 'map a f private 64' 'P0 read a 0 => file 1' \
		'P0 read a 16-31 => file 1' >"$BATS_TEST_TMPDIR/hold.litmus"
	mkfifo "$BATS_TEST_TMPDIR/go"
	"$LITMUS" --ask "$BATS_TEST_TMPDIR/hold.litmus" \
		<"$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/said" 3>&- &
	pid=$!
	exec {go}>"$BATS_TEST_TMPDIR/go"
	echo 1 >&"$go"
	timeout 20 sh -c "until grep -q 'read a 16-31' '$BATS_TEST_TMPDIR/said'; do sleep 0.05; done"
	fd=$(files_of "$pid" /var/tmp/ | head -n 1)
	[ -n "$fd" ] || skip "no disk file: /var/tmp is not on ext4"
	# The kernel is asked to drop one page that no process maps.
	dd if="$fd" of=/dev/null iflag=nocache bs=4096 skip=20 count=1 status=none
	echo 1 >&"$go"
	exec {go}>&-
	wait "$pid"
	grep -q '2 of 2 predictions right' "$BATS_TEST_TMPDIR/said"
}

@test "a sequence that differs once, by a cause outside, is told apart" {
	local pid fd said=$BATS_TEST_TMPDIR/said status=0 emptied=
	"$LITMUS" --random 200 --seed 1 --out "$BATS_TEST_TMPDIR" >"$said" 3>&- &
	pid=$!
	# Somebody empties its file, and then leaves it alone for the replays.
	while kill -0 "$pid" 2>"$BATS_TEST_TMPDIR/gone" && ! grep -q once "$said"; do
		for fd in $(files_of "$pid" /memfd:m); do
			! fallocate --punch-hole -o 0 -l 262144 "$fd" || emptied=1
		done
		sleep 0.3
	done
	wait "$pid" || status=$?
	cat "$said"
	[ "$emptied" ]
	[ "$status" = 1 ]
	grep -q '^seed [0-9]* differed once, and not in 2 replays: operation [0-9]*, P.*; meanwhile ' "$said"
	grep -qx '1 not repeatable: neither agreed nor a mistake of the model' "$said"
	grep -qx '199 of 200 sequences of 24 operations agree' "$said"
}
