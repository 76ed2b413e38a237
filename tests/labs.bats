#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The labs: is the grader right about right, unfinished and wrong solutions; is
# what students get complete, and nothing of a solution in it; and is a class
# graded without harm?

load helpers

setup()
{
	[ -z "${SAN-}" ] || skip "a sanitizer needs what the sandbox refuses"
	cd "$COW_ROOT" || return
	labs=$(cd "$COW_BUILD/labs" && ls)
	lab=$COW_ROOT/scripts/lab/cow-lab
}

# A lab's source as its author would hand it in.
solution()
{
	"$COW_ROOT/scripts/lab/skeleton" --solution "$1"
}

# With $1 wrong solutions a lab, and of each of the labs at least $2 solutions.
graders_are_right()
{
	local wrong=$1 least=$2 name
	# shellcheck disable=SC2086 # several folders
	run scripts/lab/try --wrong "$wrong" $COW_LABS
	echo "$output"
	[ "$status" = 0 ]
	for name in $labs; do
		[ "$(grep -c "^ok $name " <<<"$output")" -ge "$least" ]
	done
}

@test "references score full, skeletons their floor, a wrong solution less" {
	graders_are_right 1 3
}

# bats test_tags=long
@test "references score full, skeletons their floor, wrong solutions less" {
	# Reference, skeleton, and at least ten.
	graders_are_right 12 12
}

@test "a lab is listed, handed out, and builds by itself without a warning" {
	local name
	for name in $labs; do
		"$lab" list | grep -q "^$name .*[0-9] minutes$"
		run -0 "$lab" give "$name" "$BATS_TEST_TMPDIR/$name"
		run -0 env CFLAGS= make -C "$BATS_TEST_TMPDIR/$name"
		[[ $output != *warning* ]]
		# Not over what somebody has written.
		run -2 "$lab" give "$name" "$BATS_TEST_TMPDIR/$name"
		[[ $output == *"is not empty"* ]]
	done
}

@test "every handout has its parts, and minutes that add up" {
	local name text sum
	for name in $labs; do
		text=$COW_BUILD/labs/$name/give/handout.md
		grep -q '^## How it is graded$' "$text"
		grep -q '^## How to find a fault$' "$text"
		grep -q '^## Further$' "$text"
		grep -q '| predicted' "$text" || grep -q 'predicted |' "$text"
		sum=$(($(sed -n 's/^## Part .*(\([0-9]*\) minutes)$/\1/p' "$text" |
			paste -sd+)))
		[ "$(sed -n 's/^Time: \([0-9]*\) minutes$/\1/p' "$text")" = "$sum" ]
		[ "$sum" -ge 60 ] && [ "$sum" -le 120 ]
	done
}

@test "the release has no solution, no wrong solution and no examiner" {
	local release=$BATS_TEST_TMPDIR/r.tar.gz file
	run -0 "$lab" release "$release"
	mkdir "$BATS_TEST_TMPDIR/out"
	tar -xzf "$release" -C "$BATS_TEST_TMPDIR/out"
	cd "$BATS_TEST_TMPDIR/out/cowkit-labs"
	[ "$(ls)" = "$labs" ]
	run ! grep -rlE 'SOLUTION|Loses:|exam_|mutant' .
	[ -z "$(find . -name 'exam*' -o -name mutants -o -name '*.o' -o -name 'wrong_*')" ]
	# Each line of code that only the solution has.
	for file in "$COW_ROOT"/*/labs/*/*.c; do
		solution "$file" |
			grep -vxFf <("$COW_ROOT/scripts/lab/skeleton" "$file") |
			grep -E '.{24}' >"$BATS_TEST_TMPDIR/lines" || continue
		run ! grep -rhFf "$BATS_TEST_TMPDIR/lines" .
	done
	# The same labs are the same bytes.
	"$lab" release "$release.2"
	cmp "$release" "$release.2"
}

@test "a wrong prediction is told the rule that decided its own scene" {
	local dir=$BATS_TEST_TMPDIR/p seed expected look all=
	for seed in ann bob; do
		SEED=$seed "$lab" give 04_predict "$dir/$seed"
		run -1 "$lab" check --json 04_predict "$dir/$seed"
		all+=$output$'\n'
	done
	while IFS=$'\t' read -r expected look; do
		echo "$expected: $look"
		[[ $expected != *copy* ]] || [[ $look == *"copy"* ]]
		[[ $expected != *reuse* ]] || [[ $look == *"-> wp_page_reuse"* ]]
		[[ $expected != *segv* ]] || [[ $look == *"-> SIGSEGV"* ]]
		[[ $expected != *zeropage* ]] || [[ $look == *"-> the zero page"* ]]
	done < <(jq -r 'select(.test) | "\(.expected)\t\(.look)"' <<<"$all")
	[ "$(jq -r 'select(.test).look' <<<"$all" | sort -u | wc -l)" -ge 4 ]
	# Of a line that needs several rules, each.
	cow/labs/04_predict/grader/solve "$COW_BUILD/cow/tools/litmus" \
		<"$dir/ann/answers.txt" >"$dir/right"
	sed -E 's/^(1b .*=).*/\1 none/' "$dir/right" >"$dir/ann/answers.txt"
	run -1 "$lab" check --json 04_predict "$dir/ann"
	look=$(jq -r 'select(.points < .of and .test == "fresh").look' <<<"$output")
	[[ $look == *"; do_anonymous_page: write"* ]]
}

@test "to ask for too much memory is no offence" {
	local dir=$BATS_TEST_TMPDIR/s
	mkdir "$dir"
	# It leaves it to the kernel to find a gigantic pool too large.
	sed 's/(size_t)1 << 45/(size_t)1 << 62/' \
		<(solution cow/labs/06_pool/pool.c) >"$dir/pool.c"
	grep -q '<< 62' "$dir/pool.c"
	run -0 "$lab" check --only exhaust 06_pool "$dir"
	[[ $output == *"10 of 10 points" ]]
}

@test "text, TAP and JSON say the same points" {
	local dir=$BATS_TEST_TMPDIR/s json
	mkdir "$dir"
	sed 's/round_up(next, align);/round_up(next, 8);/' \
		<(solution sbrkdemo/labs/01_bump/bump.c) >"$dir/bump.c"
	run -1 "$lab" check 01_bump "$dir"
	[[ $output == *"0/10  align"*"expected"*"seen"*"look at"* ]]
	text=$(tail -n 1 <<<"$output" | grep -o '[0-9]* of 100')
	run -1 "$lab" check --json 01_bump "$dir"
	json=$output
	[ "$(jq -rs 'last | "\(.points) of \(.of)"' <<<"$json")" = "$text" ]
	[ "$(jq -s 'map(select(.test).points) | add' <<<"$json")" = "${text%% *}" ]
	run -1 "$lab" check --tap 01_bump "$dir"
	[[ $output == *"# 01_bump: $text points"* ]]
	[ "$(grep -cE '^(not )?ok ' <<<"$output")" = 12 ]
	# Ten of ten the same: three of them here.
	for _ in 1 2 3; do
		"$lab" check --csv row 01_bump "$dir" || [ $? = 1 ]
	done | sort -u | wc -l | grep -qx 1
}

@test "a class is graded by one command, whatever is handed in" {
	local class=$BATS_TEST_TMPDIR/class
	mkdir -p "$class"/{ada,bob,cyd,dan,eve,'Flo, "B"'}
	solution sbrkdemo/labs/01_bump/bump.c >"$class/ada/bump.c"
	cp "$COW_BUILD/labs/01_bump/give/bump.c" "$class/bob"
	echo 'this is no C' >"$class/cyd/bump.c"
	ln -s /etc/shadow "$class/dan/bump.c"
	printf '#include "/etc/shadow"\n' >"$class/eve/bump.c"
	echo 'neither is this' >"$class/Flo, \"B\"/bump.c"
	run -0 --separate-stderr "$lab" class 01_bump "$class"
	[ "${lines[0]}" = "student,total,builds,align,invalid,apart,tight,grow,enomem,overflow,release,badmark,foreign,busy" ]
	[ "${lines[1]}" = '"Flo, ""B""",0,0,0,0,0,0,0,0,0,0,0,0,0' ]
	[ "${lines[2]}" = "ada,100,5,10,5,15,10,10,10,5,10,5,10,5" ]
	[ "${lines[3]}" = "bob,5,5,0,0,0,0,0,0,0,0,0,0,0" ]
	[ "${lines[4]}" = "cyd,0,0,0,0,0,0,0,0,0,0,0,0,0" ]
	[ "${lines[5]}" = "dan,not graded,,,,,,,,,,,," ]
	[ "${lines[6]}" = "eve,0,0,0,0,0,0,0,0,0,0,0,0,0" ]
	# As many fields a line: but for the name that has a comma of its own.
	[ "$(printf '%s\n' "${lines[@]}" | sed 's/"[^,]*, /"/' |
		tr -dc ',\n' | sort -u | wc -l)" = 1 ]
}

@test "as nobody and without perf, the same points" {
	local tree check
	tree=$(mktemp -d /tmp/cowkit-test.XXXXXX)
	mkdir -p "$tree/scripts" "$tree/build/cow/tools" "$tree/s"
	cp -r scripts/lab "$tree/scripts"
	cp -r "$COW_BUILD/labs" "$tree/build"
	cp "$COW_BUILD/cow/tools/sandbox" "$tree/build/cow/tools"
	cp "$COW_BUILD/tests/fixtures/noperf" "$tree"
	solution sbrkdemo/labs/01_bump/bump.c >"$tree/s/bump.c"
	solution cow/labs/07_cow_kernel/kernel.c >"$tree/s/kernel.c"
	chmod -R a+rX "$tree"
	cd /
	unset COW_BUILD
	check=("$tree/scripts/lab/cow-lab" check)
	{
		as_nobody "$tree/noperf" "${check[@]}" 01_bump "$tree/s"
		as_nobody "$tree/noperf" "${check[@]}" 07_cow_kernel "$tree/s"
	} >"$BATS_TEST_TMPDIR/all" 2>&1
	# What can't be had is skipped aloud, and costs nothing.
	check+=(--only uffd)
	{
		as_nobody "$tree/noperf" --no-uffd "${check[@]}" 07_cow_kernel "$tree/s"
		as_nobody "$tree/noperf" --no-uffd "${check[@]}" --tap 07_cow_kernel \
			"$tree/s"
	} >"$BATS_TEST_TMPDIR/skipped" 2>&1
	rm -rf "$tree"
	cat "$BATS_TEST_TMPDIR"/{all,skipped}
	[ "$(grep -c '100 of 100 points' "$BATS_TEST_TMPDIR/all")" = 2 ]
	grep -q 'SKIPPED .*: Operation not$' "$BATS_TEST_TMPDIR/skipped"
	grep -q '5 of 5 points' "$BATS_TEST_TMPDIR/skipped"
	grep -q '^ok 1 - uffd: .* # SKIP ' "$BATS_TEST_TMPDIR/skipped"
}

@test "bad usage is one line and exit 2" {
	run -2 "$lab" check 99_none .
	[[ $output == "cow-lab: no such lab: '99_none'"* ]]
	run -2 "$lab" give '' /nowhere
	[[ $output == "cow-lab: no lab is named: LAB= is one of 01_bump"* ]]
	SEED='a b' run -2 "$lab" give 04_predict "$BATS_TEST_TMPDIR/none"
	[ ! -e "$BATS_TEST_TMPDIR/none" ]
	# As make calls it where nobody says DIR=.
	for name in give check class; do
		run -2 "$lab" "$name" 01_bump ''
		[ "$output" = "cow-lab: no folder is named: DIR= is missing" ]
	done
	run -2 "$lab" check 01_bump /nowhere
	[[ $output == *"/nowhere is no folder" ]]
	mkdir "$BATS_TEST_TMPDIR/empty"
	run -2 "$lab" check 01_bump "$BATS_TEST_TMPDIR/empty"
	[[ $output == *"no file bump.c to grade" ]]
	run -2 "$lab"
	[[ $output == *"try --help" ]]
	run -0 "$lab" --help
}
