#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What the spans engine promises of a fork, by counts that repeat: how many
# inherited pages the first work after it may copy.

load helpers

setup_file()
{
	export BENCH=$COW_BUILD/tests/bench
}

setup()
{
	[ -z "$SAN" ] || skip "a sanitized program can't be preloaded"
}

# on CONFIG PROGRAM ARGUMENTS...
on()
{
	COWALLOC=$1 LD_PRELOAD=$COW_BUILD/libcowalloc.so "${@:2}"
}

within_bound()
{
	awk -f "$COW_ROOT/tests/bench/bound.awk"
}

@test "the first work after a fork copies no more than the bound" {
	local work actor

	for work in fresh free_all realloc lifo replace free_1pc; do
		for actor in child parent both; do
			on engine=spans "$BENCH/fork_heap" "$work" "$actor" \
				1 16 >"$BATS_TEST_TMPDIR/out"
			within_bound <"$BATS_TEST_TMPDIR/out"
		done
	done
}

# 10,000 objects live at a time, 590 pages of bytes; seed by seed the same.
@test "short-lived objects in a child take at most a quarter more pages than bytes" {
	local seed

	for seed in 1 2 3; do
		on engine=spans "$BENCH/fork_heap" fresh child $seed 16 |
			awk '{ print } $4 < 590 || $4 > 590 * 1.25 { bad = 1 }
				END { exit bad || NR != 1 }'
	done
}

@test "new objects up to the budget copy no more than the bound" {
	on engine=spans "$BENCH/fork_heap" grow child 1 128 \
		>"$BATS_TEST_TMPDIR/out"
	within_bound <"$BATS_TEST_TMPDIR/out"
}

@test "an ordinary user, who sees no frame numbers, counts within it, too" {
	local folder=/tmp/cowkit-fork-heap.$$

	install -m 755 "$BENCH/fork_heap" "$COW_BUILD/libcowalloc.so" -Dt "$folder"
	as_nobody env COWALLOC=engine=spans \
		LD_PRELOAD="$folder/libcowalloc.so" \
		"$folder/fork_heap" replace child 1 16 >"$BATS_TEST_TMPDIR/out"
	rm -rf "$folder"
	within_bound <"$BATS_TEST_TMPDIR/out"
}

@test "an engine that writes into free blocks is far beyond the bound" {
	on engine=classic "$BENCH/fork_heap" replace child 1 16 \
		>"$BATS_TEST_TMPDIR/out"
	run ! within_bound <"$BATS_TEST_TMPDIR/out"
}

# Fields: pages before, pages after, growth in percent.
grows_little()
{
	awk '{ print "grew by " $3 " %" }
		NF != 3 || $1 < 1000 || $3 > 2 { bad = 1 }
		END { exit bad || NR != 1 }'
}

@test "a parent that works while its many children live stays as large" {
	on engine=spans "$BENCH/fork_often" 100 16 >"$BATS_TEST_TMPDIR/out"
	grows_little <"$BATS_TEST_TMPDIR/out"
	on engine=spans,seal=always "$BENCH/fork_often" 10 16 \
		>"$BATS_TEST_TMPDIR/out"
	run ! grows_little <"$BATS_TEST_TMPDIR/out"
}
