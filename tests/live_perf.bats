#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The perf recipes that take any command: exact counts of known programs, their
# kinds against what the demos say themselves, and what is said where perf,
# tracefs or root is missing, samples are lost, or the command is odd.

load helpers

setup_file()
{
	open_copies
	cp -r "$COW_ROOT/scripts/perf" "$COPIES/perf"
	install -m 755 "$COW_BUILD/tests/fixtures/faulter" "$COPIES/faulter"
	chmod -R a+rX "$COPIES"
}

teardown_file()
{
	close_copies
}

setup()
{
	cd "$COPIES" || return
	PATH=$COPIES/perf:$PATH
}

recipes='classify.sh record.sh trace.sh flame.sh'

need_tracepoints()
{
	[ "$(id -u)" = 0 ] || skip "tracepoints are root's"
	"$COPIES/perf/classify.sh" -- true >"$BATS_TEST_TMPDIR/out" ||
		skip "no tracepoints here: $(cat "$BATS_TEST_TMPDIR/out")"
}

need_perf()
{
	perf record -q -e page-faults -o /dev/null true || skip "perf can't record here"
}

@test "help is help, and bad usage says what is wrong" {
	local recipe
	for recipe in $recipes; do
		run "$recipe" --help
		[ "$status" = 0 ]
		[[ $output == "Usage: $recipe"* ]]
		run ! grep -E '.{81}' <<<"$output"
		for words in '' '--nosuch true' '--ring' '--ring 3x true'; do
			# shellcheck disable=SC2086 # words
			run "$recipe" $words
			[ "$status" = 2 ]
			[[ $output == "$recipe: "*"try --help" ]]
			[ "${#lines[@]}" = 1 ]
		done
		run -127 "$recipe" -- "$BATS_TEST_TMPDIR/no such command"
		[[ $output == *"no such command: No such file or directory" ]]
		run "$recipe" -- /etc/passwd
		[ "$status" = 126 ]
	done
}

@test "where perf is refused or missing, each says so and skips" {
	local recipe
	for recipe in $recipes; do
		run without_perf "$recipe" -- true
		echo "$output"
		[ "$status" = 4 ]
		[[ $output == "SKIP $recipe: "* ]]
		mkdir -p "$BATS_TEST_TMPDIR/bin"
		ln -sf /bin/* /usr/bin/* "$BATS_TEST_TMPDIR/bin/"
		rm "$BATS_TEST_TMPDIR/bin/perf"
		PATH=$BATS_TEST_TMPDIR/bin run "perf/$recipe" -- true
		[ "$status" = 4 ]
		[[ $output == "SKIP $recipe: perf is missing"* ]]
	done
}

@test "for an unprivileged user, what needs tracepoints skips" {
	local words
	if as_nobody perf trace -F all --no-syscalls -o /dev/null true; then
		skip "everyone may use tracepoints here"
	fi
	for words in classify.sh trace.sh 'flame.sh --copies'; do
		# shellcheck disable=SC2086 # words
		run as_nobody $words -- true
		echo "$output"
		[ "$status" = 4 ]
		[[ $output == "SKIP ${words%% *}: "* ]]
		[[ $output != *": " ]]
	done
}

# The sum of the kinds of all steps, by what a demo says in JSON.
claimed()
{
	jq -sSc '[.[] | select(.step and .kinds).kinds | to_entries[]] |
		group_by(.key) | map({key: .[0].key, value: (map(.value) | add)}) |
		from_entries'
}

@test "tracepoints tell the same kinds as the demos, by another way" {
	need_tracepoints
	local demo
	# make perf does so with all of them.
	for demo in cow/fork_cow:1000 mmapdemo/shared_vs_private:64; do
		classify.sh --windows --json -- "${demo%:*}" \
			--pages "${demo#*:}" --json >out
		echo "$demo: $(claimed <out) $(tail -n 1 out)"
		[ "$(claimed <out)" = "$(tail -n 1 out | jq -Sc .kinds)" ]
	done
}

@test "classify.sh is exact for each kind, in children and threads" {
	need_tracepoints
	local kind
	for kind in kernel:zero thread:zero copy:copy reuse:reuse; do
		run classify.sh --windows --json -- ./faulter "${kind%:*}" 257
		echo "$output"
		[ "$status" = 0 ]
		[ "${lines[-1]}" = '{"faults": 257, "kinds": {"'"${kind#*:}"'": 257}, "status": 0}' ]
	done
	classify.sh -- ./faulter copy 257 >out
	grep -q '^1.1 *faulter ' out
}

@test "100,000 faults: none is lost, or it is said" {
	need_tracepoints
	run classify.sh --windows --json -- ./faulter zero 100000
	[ "$status" = 0 ]
	[ "${lines[-1]}" = '{"faults": 100000, "kinds": {"zero": 100000}, "status": 0}' ]
	for recipe in 'classify.sh --ring 4K' 'record.sh --ring 4K' \
		'trace.sh --ring 4K' 'flame.sh --fp --ring 4K'; do
		# shellcheck disable=SC2086 # words
		run $recipe -- ./faulter zero 60000
		echo "$output"
		[ "$status" = 1 ]
		[[ $output == "LOST ${recipe%% *}: "* ]]
	done
}

@test "record.sh shows which page of which mapping faulted, to anyone" {
	need_perf
	record.sh -- ./faulter copy 64 >out
	cat out
	# In the parent, and again in its child.
	[ "$(grep -cE '^ *64 +64  \[anonymous\]$' out)" = 2 ]
	[ "$(grep -cxE ' {9}1{64}' out)" = 2 ]
	grep -q '^process 1.1: faulter, ' out
	run ! grep -E '.{81}' out
	as_nobody perf record -q -e page-faults -o /dev/null true ||
		skip "not for an unprivileged user"
	as_nobody perf/record.sh -- ./faulter zero 64 >out
	cat out
	grep -qE '^ *64 +64  \[anonymous\]$' out
	grep -q 'user mode only' out
}

@test "trace.sh tells runs of pages, in 80 columns" {
	need_tracepoints
	trace.sh -- ./faulter zero 500 >out
	cat out
	[ "$(awk '/ write_all / && /anonymous/ { sum += $3 } END { print sum }' out)" = 500 ]
	run ! grep -E '.{81}' out
	[ "$(tail -n 1 out | cut -d' ' -f1)" = \
		"$(awk '$2 ~ "/" && NR > 1 { sum += $3 } END { print sum }' out)" ]
	# Ours is the shell that starts the command, and the command all of its own.
	run ! grep -q cow-trace-sh out
}

@test "flame.sh counts by code, and copies alone" {
	need_perf
	flame.sh -- ./faulter copy 300 >folded 2>said
	[ "$(awk '/;write_all[; ]/ { n += $NF } END { print n }' folded)" = 600 ]
	# As flame graph programs want it: frames, a blank, a count.
	run ! grep -vE '^[^;]+(;[^;]+)* [1-9][0-9]*$' folded
	need_tracepoints
	flame.sh --copies -- ./faulter copy 300 >folded
	[ "$(awk '/;write_all[; ]/ { n += $NF } END { print n }' folded)" = 300 ]
	flame.sh --copies --top -- ./faulter copy 300 >out
	awk 'NR == 2 { exit !($1 >= 300) }' out
	# What is merely permitted is no copy.
	flame.sh --copies -- ./faulter reuse 300 >folded
	run ! grep ';write_all' folded
}

@test "a command keeps its words and its end, and nothing is left behind" {
	need_tracepoints
	local recipe
	mount >before
	mkdir "$BATS_TEST_TMPDIR/empty"
	for recipe in $recipes; do
		# shellcheck disable=SC2016 # the command's own
		TMPDIR=$BATS_TEST_TMPDIR/empty run "$recipe" -- sh -c 'printf "<%s>" "$@"; exit 7' sh 'a b' '' "c'd"
		[ "$status" = 7 ]
		[[ $output == *"<a b><><c'd>"* ]]
	done
	for recipe in classify.sh trace.sh; do
		# shellcheck disable=SC2016 # the command's own
		run "$recipe" -- sh -c 'kill -9 $$'
		[ "$status" = 137 ]
		[[ $output == *"was ended by signal 9"* ]]
	done
	# Each program that one process executes is told for itself.
	classify.sh --json -- env sh -c 'exec cat /dev/null' >out
	[ "$(jq -r 'select(.process) | "\(.process) \(.command)"' out | paste -sd,)" = \
		'1 env,1 sh,1 cat' ]
	# Nothing is left behind.
	mount | cmp - before
	run ls -A "$BATS_TEST_TMPDIR/empty"
	[ -z "$output" ]
}

# An example begins with two comment lines: the licence, and the command.
@test "each recipe has an example, and classify.sh says its to the letter" {
	local recipe words
	cd "$COW_ROOT" || return
	for recipe in $recipes; do
		words=$(sed -n '2s/^# \$ //p' "scripts/perf/${recipe%.sh}.txt")
		[[ $words == "scripts/perf/$recipe "*"-- build/cow/"* ]]
		run ! grep -E '.{81}' "scripts/perf/${recipe%.sh}.txt"
	done
	need_tracepoints
	cd "$COW_ROOT" || return
	tail -n +3 scripts/perf/classify.txt >"$BATS_TEST_TMPDIR/claimed"
	scripts/perf/classify.sh --windows -- "$COW_BUILD/cow/fork_cow" --quiet \
		>"$BATS_TEST_TMPDIR/out"
	cmp "$BATS_TEST_TMPDIR/claimed" "$BATS_TEST_TMPDIR/out"
}
