#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What people type behind make: a wrong word is refused at once, in words, and
# what is said fits 80 columns.

load helpers

setup()
{
	cd "$COW_ROOT" || return
}

# refused "MESSAGE" COMMAND...: exit 2, and this is in what is said.
refused()
{
	run -2 "${@:2}"
	echo "$output"
	[[ $output == *"$1"* ]]
	run ! grep -E '.{80}' <<<"$output"
}

@test "a word that is mistyped is refused, and what there is, is named" {
	local out=$BATS_TEST_TMPDIR/out
	refused "ONLY: no 'nosuch'; there is: cow/fork_cow " \
		env ONLY=nosuch scripts/guard/sweep.sh cow/fork_cow '' ''
	# A test of the guards that no sweep can run is not there, either.
	refused "ONLY: no 'guard_test'; there is: " env ONLY=guard_test \
		scripts/guard/sweep.sh '' '' tests/unit/guard_test
	refused "ONLY: no 'nosuch'; there is: heap often many redis" \
		env ONLY='often nosuch' scripts/bench/fork.sh "$out" "$out"
	refused "ONLY: no 'nosuch'; there is: small large threads real tiny " \
		env ONLY='tiny nosuch' scripts/bench/cpu.sh "$out"
	refused "ONLY: no 'nosuch'; there is: random allocator" \
		env ONLY=nosuch O="$BATS_TEST_TMPDIR" scripts/vm/test-kernels
	[ ! -e "$out" ]
}

@test "what is no number is refused" {
	local bad out=$BATS_TEST_TMPDIR/out
	for bad in x 0 -1 1x 1.5; do
		refused "ROUNDS=$bad: expected a number from 1 on" \
			env ROUNDS="$bad" scripts/bench/cpu.sh "$out"
		refused "ROUNDS=$bad: " scripts/guard/kill.sh "$bad"
		refused "SEEDS=$bad: " env SEEDS="1 $bad" scripts/bench/fork.sh "$out" "$out"
		refused "TIMES=$bad: " env COW_TIMES="$bad" scripts/test long \
			tests/style.bats
		refused "MINUTES=$bad: " env MINUTES="$bad" O="$BATS_TEST_TMPDIR" \
			scripts/vm/test-kernels
	done
	[ ! -e "$out" ]
}

@test "make sweep runs what is named by its last part, and says nothing else" {
	[ -z "${SAN-}" ] || skip "as make runs it, without"
	run -0 env -u MAKEFLAGS -u MAKELEVEL NO_INSTALL=1 make \
		--no-print-directory O="$COW_BUILD" sweep ONLY=doctor
	echo "$output"
	[[ ${lines[0]} == cow/tools/doctor* ]]
}

@test "make help fits 80 columns" {
	run -0 env -u MAKEFLAGS make --no-print-directory help
	run ! grep -E '.{80}' <<<"$output"
}
