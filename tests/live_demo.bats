#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Each demo's predictions hold, at several sizes, for every kind of user, with
# and without perf; and perf stat counts the same from outside.

load helpers

setup_file()
{
	open_copies
	# Are tracepoints there for us? Then a sample of each fault can be taken.
	[ "$(uname -m)" != x86_64 ] || [ "$(id -u)" != 0 ] ||
		! scripts/perf/classify.sh -- true >/dev/null ||
		export TRACEPOINTS=yes
}

teardown_file()
{
	close_copies
}

# All demos' variants of the seeds $1 have to hold, run by the given command.
variants_hold()
{
	local seeds=$1 seed demo

	shift
	for seed in $seeds; do
		for demo in $COW_DEMOS; do
			"$@" "$COPIES/$demo" --seed "$seed" --json \
				>"$BATS_TEST_TMPDIR/${demo##*/}.$seed" || [ $? = 4 ] || {
				echo "$* $demo --seed $seed"
				cat "$BATS_TEST_TMPDIR/${demo##*/}.$seed"
				return 1
			}
		done
		all_held '' "$BATS_TEST_TMPDIR"/*."$seed"
	done
}

@test "no demo is left out" {
	[ -z "$COW_LEFT_OUT" ] || skip "a sanitizer disturbs $COW_LEFT_OUT"
}

@test "demos hold as the user who runs the tests" {
	demos_hold '' '1 7 64 1000'
}

@test "demos hold as an unprivileged user" {
	demos_hold '' 64 as_nobody
}

@test "demos hold where perf_event_open is refused" {
	demos_hold getrusage 64 without_perf
}

@test "demos hold for an unprivileged user, perf refused" {
	demos_hold getrusage 64 nobody_without_perf
}

@test "demos hold where move_pages is refused, too" {
	demos_hold getrusage 64 nobody_without_perf --no-drain
}

# bats test_tags=long
@test "demos hold for each kind of user at 7 and 1000 pages" {
	demos_hold '' '7 1000' as_nobody
	demos_hold getrusage '7 1000' without_perf
	demos_hold getrusage '7 1000' nobody_without_perf
	demos_hold getrusage 7 nobody_without_perf --no-drain
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
	COW_DEMOS=$(others) \
		demos_hold getrusage 64 nobody_without_perf --no-scan
}

# bats test_tags=long
@test "demos hold where the pagemap can't be scanned, with root, and without move_pages" {
	demos_hold getrusage 7 without_perf --no-scan
	COW_DEMOS=$(others) \
		demos_hold getrusage 7 nobody_without_perf --no-scan
	# Nothing tells zero pages from others there if a mapping holds both.
	COW_DEMOS=$(others cow/zero_page) \
		demos_hold getrusage "7 64" nobody_without_perf --no-scan --no-drain
}

@test "demos hold in other variants" {
	variants_hold '1 2' env
	# What two students are asked is not the same.
	cd "$BATS_TEST_TMPDIR" || return
	run jq -nr '[inputs | {demo: input_filename[:-2], seed: input_filename[-1:],
			asked: [.predicted, (.checks // [])[].predicted]}] |
		group_by(.demo)[] | .[0].demo as $demo | group_by(.seed) |
		map(map(.asked)) | select(.[0] == .[1]) | $demo' -- *.[12]
	echo "the same twice: $output"
	[ "$status" = 0 ]
	[ -z "$output" ]
}

# bats test_tags=long
@test "demos hold in further variants, also for an unprivileged user" {
	variants_hold '3 4' env
	variants_hold '5 6' as_nobody
}

# By what the demo $1 says in JSON, as run by the other arguments: who labelled.
labels_of()
{
	local demo=$1

	shift
	"$@" "$COPIES/$demo" --json | tail -n 1 | jq -r .labels
}

@test "each fault's kind is known by tracepoint, or by page states, and it is said" {
	local demo how line
	for demo in cow/fork_cow cow/kernel_write mmapdemo/shared_vs_private; do
		[ -z "${TRACEPOINTS-}" ] || [ "$(labels_of $demo env)" = "by tracepoint" ]
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
	[ -n "${TRACEPOINTS-}" ] || skip "no tracepoints here"
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

@test "demos hold at 4096 pages" {
	[ -z "$SAN" ] || skip "sanitized programs are slow; 4096 pages are not for them"
	COW_DEMOS=$(others) demos_hold '' 4096
}

# bats test_tags=long
@test "demos hold again and again at 4096 pages (TIMES=10: ten times)" {
	[ -z "$SAN" ] || skip "sanitized programs are slow; 4096 pages are not for them"
	demos_hold '' 4096
	# Those about time once, the others as often as asked for.
	for _ in $(seq 2 "${COW_TIMES:-3}"); do
		COW_DEMOS=$(others) demos_hold '' 4096
	done
}

# perf stat counts what each of the demos $1 does at the sizes $2, run by the
# given command.
perf_agrees()
{
	local demos=$1 sizes=$2 demo pages

	shift 2
	perf stat -e page-faults true || skip "perf can't count here"
	install -m 755 scripts/perf/stat.sh scripts/perf/lib.sh "$COPIES"
	cd "$COPIES" || return
	for demo in $demos; do
		for pages in $(sizes_of "$demo" "$sizes"); do
			"$@" ./stat.sh "$COPIES/$demo" --pages "$pages"
		done
	done
}

@test "perf stat agrees with each demo" {
	perf_agrees "$COW_DEMOS" 64 env
}

@test "perf stat agrees with demos of each folder, for an unprivileged user" {
	perf_agrees "sbrkdemo/grow mmapdemo/anon cow/fork_cow cow/kernel_write" 64 as_nobody
}

# bats test_tags=long
@test "perf stat agrees with each demo, also at 7 and 1000 pages" {
	perf_agrees "$COW_DEMOS" '7 1000' env
}

# bats test_tags=long
@test "perf stat agrees with each demo, for an unprivileged user" {
	perf_agrees "$COW_DEMOS" 64 as_nobody
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
