#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Usage, options, what a demo prints: the same for all of them.
# shellcheck disable=SC2154,SC2030,SC2031 # run sets stderr and stderr_lines, and anew each time

load helpers

# Each demo once as JSON and once as text; several tests look at the same runs.
setup_file()
{
	local demo

	open_copies
	for demo in $COW_DEMOS; do
		mkdir -p "$COPIES/said/$demo"
		"$COPIES/$demo" --json >"$COPIES/said/$demo/json" &&
			"$COPIES/$demo" >"$COPIES/said/$demo/text" ||
			echo "$demo: status $?" >>"$COPIES/said/failed"
	done
}

teardown_file()
{
	close_copies
}

@test "--help is on standard output, with exit status 0" {
	local demo
	for demo in $COW_DEMOS; do
		run --separate-stderr "$COPIES/$demo" --help
		[ "$status" = 0 ]
		[ -z "$stderr" ]
		for option in --pages --size --tap --json --color --ask --quiet --seed --pause; do
			[[ $output == *"$option"* ]]
		done
	done
}

@test "the README shows what fork_cow prints" {
	[ "$(id -u)" = 0 ] || skip "others see no frame numbers"
	sed -n '/^    2\/6/,/^Every prediction/s/^    //p' "$COW_ROOT/README.md" \
		>"$BATS_TEST_TMPDIR/told"
	"$COPIES/cow/fork_cow" --pages 16 |
		sed -n '/^2\/6/,/^5\/6/{ /^$/d; /^5\/6/d; p }' >"$BATS_TEST_TMPDIR/seen"
	[ -s "$BATS_TEST_TMPDIR/seen" ]
	diff "$BATS_TEST_TMPDIR/told" "$BATS_TEST_TMPDIR/seen"
}

@test "make uninstall removes what make install installed" {
	local root=$BATS_TEST_TMPDIR/root

	[ -w "$COW_BUILD" ] || skip "make would write to the build folder"
	make -C "$COW_ROOT" -s O="$COW_BUILD" SAN="$SAN" NO_INSTALL=1 DESTDIR="$root" install
	"$root/usr/local/bin/cow-demo-anon" --quiet
	[ -d "$root/usr/local/share/cowkit/labs" ]
	make -C "$COW_ROOT" -s O="$COW_BUILD" SAN="$SAN" DESTDIR="$root" uninstall
	[ -z "$(find "$root" -type f)" ]
}

# The demo $1 refuses each of the further words.
refuses()
{
	local demo=$1 bad

	shift
	for bad; do
		# shellcheck disable=SC2086 # two options are two words
		run --separate-stderr "$COPIES/$demo" $bad
		echo "$demo $bad: $status $stderr"
		[ "$status" = 2 ]
		[ -z "$output" ]
		[[ ${stderr_lines[1]} == Try*--help* ]]
	done
}

# One parser serves them all: it sees every bad usage in a demo of each folder.
@test "bad usage is on standard error, with exit status 2" {
	local demo
	for demo in $COW_DEMOS; do
		refuses "$demo" --pages=0
	done
	for demo in sbrkdemo/grow mmapdemo/anon cow/fork_cow; do
		refuses "$demo" --pages=-1 --pages=abc --pages= --pages=1k \
			--pages=99999999999999999999 --pages=1.5 --size=0 --size=1X --size=-4K \
			--size=99999999999G --color=maybe --what extra \
			--seed=0 --seed=x \
			'--pages=1 --size=1M' '--tap --json' '--ask --json' '--ask --quiet' '--pause --tap'
	done
}

# Those of each demo's lines that sed picks by $1.
try_lines()
{
	local demo try
	for demo in $COW_DEMOS; do
		cd "$COPIES/$(dirname "$demo")" || return
		while read -r try; do
			echo "$demo: $try"
			PATH=.:$PATH bash -c "$try"
		done < <(sed -n 's/^ \* Try: //p' "$COW_ROOT/$demo.c" | sed -n "$1")
	done
}

@test "each source has Try lines, and the second works" {
	local demo
	cd "$COW_ROOT" || return
	for demo in $COW_DEMOS; do
		[ "$(grep -c '^ \* Try: ' "$demo.c")" -ge 2 ]
	done
	try_lines 2p
}

# bats test_tags=long
@test "all Try lines in each source work" {
	try_lines p
}

@test "--tap has its plan first and as many results" {
	local demo n
	for demo in $COW_DEMOS; do
		run "$COPIES/$demo" --tap
		[ "$status" = 0 ]
		[ "${lines[0]}" = "TAP version 13" ]
		n=${lines[1]#1..}
		[ "$(grep -c '^ok ' <<<"$output")" = "$n" ]
	done
}

@test "--json has an object a step, and one that sums up" {
	run ! cat "$COPIES/said/failed"
	cd "$COPIES/said" || return
	all_held '' ./*/*/json
	# shellcheck disable=SC2016 # jq's variables
	each_holds 'all(.program == ($file | sub("^\\./"; "") | sub("/json$"; ""))) and
		length > 3 and
		(.[:-1] | map(select(.verdict != "skipped")) | all(has("step") and has("statement") and
			has("reason") and has("predicted") and
			has("measured") and has("settles") and
			.reason != "" and .verdict == "ok" and
			(has("unit") or (has("kinds") and has("source") and
				.measured == ([.kinds[]] | add // 0)))))' ./*/*/json
}

@test "every step settles a statement of the course or none" {
	each_holds '[.[:-1][].settles[]] | length > 0 and
		all(test("^S([1-9]|[1-5][0-9]|6[0-2])$"))' "$COPIES"/said/*/*/json
}

# No demo's text at the usual size and at those of $1 has a long line or a colour,
# or several of one thing.
plain_text()
{
	local demo pages
	for demo in $COW_DEMOS; do
		cp "$COPIES/said/$demo/text" "$BATS_TEST_TMPDIR/out"
		for pages in $(sizes_of "$demo" "$1"); do
			"$COPIES/$demo" --pages "$pages" >>"$BATS_TEST_TMPDIR/out"
		done
		run ! grep -E '.{81}' "$BATS_TEST_TMPDIR/out"
		run ! grep -q $'\033' "$BATS_TEST_TMPDIR/out"
		run ! grep -E '(^|[^0-9.,])1 (pages|runs|faults|blocks|entries|copies)\b' \
			"$BATS_TEST_TMPDIR/out"
	done
}

@test "no line is longer than 80 columns, and no colour is in a pipe" {
	plain_text '500 1'
}

# bats test_tags=long
@test "nor with many pages" {
	plain_text 5000
}

@test "colour on demand, on a terminal, and never with NO_COLOR" {
	local demo=$COPIES/cow/fork_cow
	script -qec true /dev/null || skip "no pseudo-terminals here"
	"$demo" --color=always | grep -q $'\033'
	script -qec "$demo" /dev/null | grep -q $'\033'
	run ! grep -q $'\033' <(NO_COLOR=1 script -qec "$demo" /dev/null)
	run ! grep -q $'\033' <(script -qec "$demo --color=never" /dev/null)
}

@test "--quiet says nothing when all is as predicted" {
	local demo
	for demo in $COW_DEMOS; do
		run "$COPIES/$demo" --quiet
		[ "$status" = 0 ]
		if may_skip "$demo"; then
			run ! grep -vE ' skipped: |^$' <<<"$output"
		else
			[ -z "$output" ]
		fi
	done
}

@test "exit status 4 when all is skipped" {
	local demo=$COPIES/tests/fixtures/all_skipped
	run "$demo"
	[ "$status" = 4 ]
	[ "$(grep -c 'SKIPPED  there is nothing to see' <<<"$output")" = 2 ]
	run "$demo" --tap
	[ "$status" = 4 ]
	[[ $output == *"ok 1 - Nothing. # SKIP there is nothing to see"* ]]
	run "$demo" --json
	[ "$status" = 4 ]
	[ "$(tail -n 1 <<<"$output" | jq .skipped)" = 2 ]
}

@test "--size is --pages in bytes, rounded up" {
	local page_size
	page_size=$(getconf PAGESIZE)
	for size in 1 "$page_size" $((page_size + 1)) 1M; do
		"$COPIES/sbrkdemo/grow" --size "$size" --json | tail -n 1 |
			jq .pages
	done >"$BATS_TEST_TMPDIR/out"
	[ "$(xargs <"$BATS_TEST_TMPDIR/out")" = "1 1 2 $((1048576 / page_size))" ]
}

@test "--ask compares what is said with what is measured" {
	run "$COPIES/sbrkdemo/grow" --pages 3 --ask <<<$'0\nx\n-1\n3\n0\n9\n3\n3\n0\n0\n3\n0'
	echo "$output"
	[ "$status" = 0 ]
	[ "$(grep -c 'A whole number, please' <<<"$output")" = 2 ]
	[ "$(grep -c ' right$' <<<"$output")" = 9 ]
	[ "$(grep -c 'said 9, 9 too many .* wrong$' <<<"$output")" = 1 ]
	[[ $output == *"You were right 9 times out of 10."* ]]
}

@test "--ask asks for each prediction of each demo, and only then tells" {
	local demo claims
	jq -n 'reduce inputs as $step ({}; if $step.step and $step.predicted then
		.[$step.program] += 1 + ($step.checks // [] | length) else . end)' \
		"$COPIES"/said/*/*/json >"$BATS_TEST_TMPDIR/claims"
	for demo in $COW_DEMOS; do
		claims=$(sed -n "s,^  \"$demo\": \([0-9]*\).*,\1,p" "$BATS_TEST_TMPDIR/claims")
		yes 0 | "$COPIES/$demo" --ask >"$BATS_TEST_TMPDIR/out"
		echo "$demo: $(tail -n 1 "$BATS_TEST_TMPDIR/out")"
		grep -q "^You were right .* out of $claims\.$" \
			"$BATS_TEST_TMPDIR/out"
		# No answer stands between a step's headline and its last question.
		awk '/^[0-9]+\/[0-9]/ { asking = 1 }
			/^     (shown|predict)/ { asking = 0 }
			/^     (because|measure)/ && asking { bad = 1 }
			/ How many / && !asking { bad = 1 }
			END { exit bad }' "$BATS_TEST_TMPDIR/out"
		run ! grep -E '.{81}' "$BATS_TEST_TMPDIR/out"
	done
}

@test "--ask keeps a headline that would tell until all is answered" {
	yes 64 | "$COPIES/cow/fork_cow" --ask >"$BATS_TEST_TMPDIR/out"
	grep -q '^2/6  fork(); the child reads all pages\.$' "$BATS_TEST_TMPDIR/out"
	grep -q '^     shown    Shared: after fork() both have the same pages' "$BATS_TEST_TMPDIR/out"
	run ! grep -q 'Shared: after' <("$COPIES/cow/fork_cow" --ask < <(printf '1\n1\n'))
}

@test "--ask keeps the score when there is no more input" {
	run --separate-stderr "$COPIES/sbrkdemo/grow" --pages 3 --ask <<<$'0\n3\n0\n7\n3'
	[ "$status" = 1 ]
	[[ $output == *"You were right 3 times out of 4."* ]]
	[[ $stderr == *"read your prediction"* ]]
}

@test "--ask tells what a variant has chosen, before it asks" {
	local part
	part=$("$COPIES/cow/child_size" --seed 1 --json | jq 'select(.step == 3).predicted')
	yes 1 | "$COPIES/cow/child_size" --seed 1 --ask >"$BATS_TEST_TMPDIR/asked"
	grep -A1 "^     given    it writes $part of the " "$BATS_TEST_TMPDIR/asked" |
		grep '^     you      How many faults?'
	run "$COPIES/cow/child_size" --seed 1
	[[ $output != *"     given "* ]]
}

@test "--seed makes variants, the same ones each time" {
	local seed
	for seed in 1 2 3 4 5 6 7 8 9; do
		"$COPIES/cow/fork_cow" --seed $seed --json >"$BATS_TEST_TMPDIR/$seed"
		"$COPIES/cow/fork_cow" --seed $seed --json | cmp - "$BATS_TEST_TMPDIR/$seed"
		tail -n 1 "$BATS_TEST_TMPDIR/$seed" | jq -e ".seed == $seed"
	done
	[ "$(cat "$BATS_TEST_TMPDIR"/? | jq 'select(.pages).pages' | sort -u | wc -l)" -ge 7 ]
	"$COPIES/cow/fork_cow" --seed 1 --pages 5 --json | tail -n 1 | jq -e '.pages == 5'
}

@test "--pause waits for a line where no terminal is, and q leaves" {
	local demo=$COPIES/sbrkdemo/grow
	run "$demo" --pause <<<$'\nand on\nq'
	[ "$status" = 130 ]
	[[ $output == *"4 steps: 2 ok, 2 not run;"* ]]
	run "$demo" --pause </dev/null
	[ "$status" = 0 ]
	cmp <("$demo" </dev/null | grep -v 0x) <(yes '' | "$demo" --pause | grep -v 0x)
	# What is left of the input is the next program's.
	run bash -c "('$demo' --pause >/dev/null; cat) <<<\$'\n\n\n\nrest'"
	[ "$output" = rest ]
}

@test "--pause takes single keys of a terminal, and leaves it as it was" {
	script -qec true /dev/null || skip "no pseudo-terminals here"
	local demo=$COPIES/sbrkdemo/grow
	run script -qec "stty -a >$BATS_TEST_TMPDIR/was; $demo --pause; echo left \$?
		stty -a | cmp - $BATS_TEST_TMPDIR/was && echo the same" /dev/null \
		< <(sleep 1; printf x; sleep 1; printf q; sleep 1)
	echo "$output"
	[[ $output == *"1/4"*"any key goes on, q leaves"*"left 130"*"the same"* ]]
}

@test "what is measured stands below 'measure'" {
	local demo
	for demo in $COW_DEMOS; do
		# The first result after the reason carries the label.
		awk '
			/^     because / { reason = 1 }
			/^     measure / { reason = 0 }
			/ ok$/ && reason { print; bad = 1 }
			END { exit bad }' "$COPIES/said/$demo/text"
	done
}

@test "many pages are summed up in runs" {
	run "$COPIES/sbrkdemo/grow" --pages 100000
	[ "$status" = 0 ]
	[[ $output == *"P x 100000"* ]]
	[ "${#output}" -lt 5000 ]
}

@test "each character of a strip is explained where it is first seen" {
	run "$COPIES/mmapdemo/shared_vs_private"
	[ "$(grep -c '     key ' <<<"$output")" = 2 ]
	[[ $output == *"F shared file or memory"* ]]
	[[ $output == *"D private mapping, dirty copy"* ]]
}

@test "the tour says where one is, goes on after a failure, and sums up" {
	cd "$COW_ROOT"
	SANDBOX='' run scripts/tour "$COPIES" sbrkdemo/grow tests/fixtures/all_skipped \
		tests/fixtures/noperf cow/spaces -- --pages 3
	echo "$output"
	[ "$status" = 1 ]
	[ "$(grep -c '^---- [1-4]/4  ' <<<"$output")" = 4 ]
	[[ $output == *"4 programs in "*" second"*": 2 went as predicted"* ]]
	[[ $output != *" 1 seconds"* ]]
	[[ $output == *"skipped, all or in part (each says why): tests/fixtures/all_skipped"* ]]
	[[ $output == *"NOT AS PREDICTED: tests/fixtures/noperf"* ]]
	SANDBOX='' run scripts/tour "$COPIES" sbrkdemo/grow cow/spaces -- --pause \
		< <(printf '\n\n\n\nq\n')
	[ "$status" = 130 ]
	[[ $output == *"left at cow/spaces (2/2)"* ]]
	SANDBOX='' run scripts/tour "$COPIES" cow/spaces
	[[ $output == *"---- 1 program in "* ]]
}

@test "what one thing does is told in the singular" {
	local demo
	for demo in cow/pool mmapdemo/remap mmapdemo/bounds; do
		"$COPIES/$demo" --pages 1 >"$BATS_TEST_TMPDIR/out"
		run ! grep -E '^ +([a-z]+ +)?1 [a-z]+ that (are|fail|read|show|were) ' "$BATS_TEST_TMPDIR/out"
		grep -qE ' 1 [a-z]+ that (is|fails|reads) ' "$BATS_TEST_TMPDIR/out"
	done
}
