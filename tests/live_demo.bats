#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Each demo's predictions hold, at several sizes, for every kind of user, with
# and without perf; and perf stat counts the same from outside.

load helpers

sizes='1 7 64 1000'
some='7 1000' # where only the source of the counts is another one

setup_file()
{
	open_copies
}

teardown_file()
{
	close_copies
}

# All demos' variants of a seed have to hold, run by the given command.
variants_hold()
{
	local seed=$1 demo

	shift
	for demo in $COW_DEMOS; do
		echo "$* $demo --seed $seed"
		"$@" "$COPIES/$demo" --seed "$seed" --json \
			>"$BATS_TEST_TMPDIR/out" || [ $? = 4 ]
		all_held "$demo" '' <"$BATS_TEST_TMPDIR/out" || {
			cat "$BATS_TEST_TMPDIR/out"
			return 1
		}
		jq -c '.predicted, (.checks // [])[].predicted' \
			"$BATS_TEST_TMPDIR/out" >"$BATS_TEST_TMPDIR/${demo##*/}.$seed"
	done
}

@test "demos hold as the user who runs the tests" {
	demos_hold '' "$sizes"
}

@test "demos hold as an unprivileged user" {
	demos_hold '' "$some" as_nobody
}

@test "demos hold where perf_event_open is refused" {
	demos_hold getrusage "$some" without_perf
}

@test "demos hold for an unprivileged user, perf refused" {
	demos_hold getrusage "$some" nobody_without_perf
}

@test "demos hold where move_pages is refused, too" {
	demos_hold getrusage "7 64" nobody_without_perf --no-drain
}

# All demos but those about time, which take long, and but those named.
others()
{
	local demo others=" $COW_DEMOS "
	for demo in $COW_TIMED "$@"; do
		others=${others/ $demo / }
	done
	echo "$others"
}

@test "demos hold where the pagemap can't be scanned, as before Linux 6.7" {
	demos_hold getrusage 7 without_perf --no-scan
	COW_DEMOS=$(others) \
		demos_hold getrusage "7 64" nobody_without_perf --no-scan
	# Nothing tells zero pages from others there if a mapping holds both.
	COW_DEMOS=$(others cow/zero_page) \
		demos_hold getrusage "7 64" nobody_without_perf --no-scan --no-drain
}

@test "demos hold in other variants" {
	local seed demo
	for seed in 1 2; do
		variants_hold $seed
	done
	variants_hold 3 as_nobody
	# What two students are asked is not the same.
	for demo in $COW_DEMOS; do
		run ! cmp -s "$BATS_TEST_TMPDIR/${demo##*/}".[12]
	done
}

# By what the demo $1 says in JSON, as run by the other arguments: who labelled.
labels_of()
{
	local demo=$1

	shift
	"$@" "$COPIES/$demo" --json | tail -n 1 | jq -r .labels
}

# Are tracepoints there for us? Then a sample of each fault can be taken.
tracepoints()
{
	[ "$(uname -m)" = x86_64 ] && [ "$(id -u)" = 0 ] &&
		scripts/perf/classify.sh -- true >/dev/null
}

@test "each fault's kind is known by tracepoint, or by page states, and it is said" {
	local demo how line
	for demo in cow/fork_cow cow/kernel_write mmapdemo/shared_vs_private; do
		! tracepoints || [ "$(labels_of $demo env)" = "by tracepoint" ]
		for how in as_nobody without_perf nobody_without_perf; do
			[ "$(labels_of $demo $how)" = "by page states" ]
		done
	done
	# Who is timed is not traced.
	[ "$(labels_of cow/fault_cost env)" = "by page states" ]
	# In each step with a fault, and once in the text.
	line="Each fault's kind is known $(labels_of cow/fork_cow env)."
	"$COPIES/cow/fork_cow" >"$BATS_TEST_TMPDIR/out"
	[ "$(grep -cxF "$line" "$BATS_TEST_TMPDIR/out")" = 1 ]
	[ "$(grep -c 'tracepoint\|page states' "$BATS_TEST_TMPDIR/out")" = 1 ]
	"$COPIES/cow/fork_cow" --json | head -n -1 | jq -e \
		'(has("kinds") | not) or (.labels | startswith("by "))' >/dev/null
	"$COPIES/cow/fork_cow" --tap | grep -qE '^# .* faults, all copy, by [a-z ]+$'
}

@test "tracepoints and page states that disagree fail the demo, and it is said" {
	tracepoints || skip "no tracepoints here"
	local odd="page 0: zero-fill by tracepoint, copy by page states"
	run "$COPIES/tests/fixtures/forged"
	echo "$output"
	[ "$status" = 1 ]
	grep -qE "^ +labels +$odd +DIFFERS$" <<<"$output"
	run "$COPIES/tests/fixtures/forged" --quiet
	[ "$status" = 1 ]
	[[ $output == *", and $odd: "* ]]
	run "$COPIES/tests/fixtures/forged" --json
	[ "$status" = 1 ]
	[ "$(head -n 1 <<<"$output" | jq -r '.verdict, .disagree')" = $'differs\n'"$odd" ]
	run "$COPIES/tests/fixtures/forged" --tap
	[ "$status" = 1 ]
	[[ $output == *"by tracepoint, but $odd"* ]]
}

@test "demos hold again and again at 4096 pages (TIMES=10: ten times)" {
	[ -z "$SAN" ] || skip "sanitized programs are slow; 4096 pages are not for them"
	demos_hold '' 4096
	# Those about time once, the others as often as asked for.
	for _ in $(seq 2 "${COW_TIMES:-3}"); do
		COW_DEMOS=$(others) demos_hold '' 4096
	done
}

@test "perf stat agrees with each demo" {
	local demo pages
	perf stat -e page-faults true || skip "perf can't count here"
	for demo in $COW_DEMOS; do
		for pages in $(sizes_of "$demo" "$some"); do
			scripts/perf/stat.sh "$COPIES/$demo" --pages "$pages"
		done
	done
}

@test "perf stat agrees with each demo, for an unprivileged user" {
	local demo
	as_nobody perf stat -e page-faults true || skip "perf can't count here"
	install -m 755 scripts/perf/stat.sh "$COPIES/stat.sh"
	for demo in $COW_DEMOS; do
		(cd "$COPIES" && as_nobody ./stat.sh "$COPIES/$demo" --pages 64)
	done
}

@test "stat.sh says so and skips where perf is refused" {
	run without_perf scripts/perf/stat.sh "$COPIES/cow/fork_cow"
	echo "$output"
	[ "$status" = 4 ]
	[[ $output == SKIP* ]]
}

# Compile a demo with one of its predictions changed.
make_wrong()
{
	local source=$1 from=$2 to=$3

	sed "s/$from/$to/" "$source" >"$WRONG.c"
	run ! cmp -s "$source" "$WRONG.c"
	# shellcheck disable=SC2046 # pkg-config's words
	cc -std=gnu11 -D_GNU_SOURCE ${SAN:+-fsanitize=$SAN} -Icow -pthread \
		-o "$WRONG" "$WRONG.c" \
		"$COW_BUILD/libreport.a" "$COW_BUILD/libobserve.a" \
		$(pkg-config --libs jansson)
}

# A perf that counts one fault more than there was.
# shellcheck disable=SC2016 # the script's own variables
@test "stat.sh fails where perf stat counts something else" {
	local real
	perf stat -e page-faults true || skip "perf can't count here"
	real=$(command -v perf)
	printf '%s\n' '#!/bin/bash' "$real \"\$@\"" 's=$?' \
		'while [ $# != 0 ] && [ "$1" != -o ]; do shift; done' \
		'[ -z "${2-}" ] || sed -i "s/^3,,page-faults/4,,page-faults/" "$2"' \
		'exit $s' >"$BATS_TEST_TMPDIR/perf"
	chmod +x "$BATS_TEST_TMPDIR/perf"
	PATH=$BATS_TEST_TMPDIR:$PATH run scripts/perf/stat.sh "$COPIES/cow/fork_cow" --pages 1
	echo "$output"
	[ "$status" = 1 ]
	[[ $output == *"predicted 3, own count 3, perf stat 4: DIFFERS"* ]]
}

@test "stat.sh refuses a program that is no demo" {
	perf stat -e page-faults true || skip "perf can't count here"
	run scripts/perf/stat.sh /bin/echo
	[ "$status" = 1 ]
	[[ $output == *"no demo?"* ]]
}

@test "a wrong prediction makes demo and perf recipe fail" {
	WRONG=$BATS_TEST_TMPDIR/wrong
	make_wrong cow/fork_cow.c 'faults(r, n, OBS_KIND_ZERO)' \
		'faults(r, n + 1, OBS_KIND_ZERO)'
	run "$WRONG"
	[ "$status" = 1 ]
	[[ $output == *"DIFFERS"* ]]
	run "$WRONG" --tap
	[ "$status" = 1 ]
	[[ $output == *"not ok 1 "* ]]
	run "$WRONG" --json
	[ "$status" = 1 ]
	[ "$(tail -n 1 <<<"$output" | jq .differs)" = 1 ]
	run "$WRONG" --quiet
	[ "$status" = 1 ]
	[ "${#lines[@]}" = 1 ]
	if perf stat -e page-faults true; then
		run scripts/perf/stat.sh "$WRONG"
		[ "$status" = 1 ]
		[[ $output == *"DIFFERS"* ]]
	fi
}

@test "a kind that differs is noticed though the count is right" {
	WRONG=$BATS_TEST_TMPDIR/wrong
	make_wrong cow/fork_reuse.c OBS_KIND_REUSE OBS_KIND_COPY
	run "$WRONG"
	[ "$status" = 1 ]
	[[ $output == *"DIFFERS"* ]]
}
