#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The perf recipes that take any command: exact counts of known programs, their
# kinds against what the demos say themselves, and what is said where perf,
# tracefs or root is missing, samples are lost, or the command is odd.
# shellcheck disable=SC2030,SC2031 # run sets status and output, anew each time

load helpers

setup_file()
{
	open_copies
	cp -r "$COW_ROOT/scripts/perf" "$COPIES/perf"
	install -m 755 "$COW_BUILD/tests/fixtures/faulter" "$COPIES/faulter"
	chmod -R a+rX "$COPIES"
	export WHY
	WHY=$("$COPIES/perf/classify.sh" -- true 2>&1) && WHY='' ||
		WHY="no tracepoints here: $WHY"
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
	[ -z "$WHY" ] || skip "$WHY"
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
		for words in '' '--nosuch true' '--ring' '--ring 3x true' '-o'; do
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
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -sf /bin/* /usr/bin/* "$BATS_TEST_TMPDIR/bin/"
	rm "$BATS_TEST_TMPDIR/bin/perf"
	for recipe in $recipes; do
		run without_perf "$recipe" -- true
		echo "$output"
		[ "$status" = 4 ]
		[[ $output == "SKIP $recipe: "* ]]
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

@test "tracepoints tell the same kinds as a demo, by another way" {
	need_tracepoints
	# make perf does so with all of them.
	classify.sh --windows --json -- cow/fork_cow --pages 1000 --json >out
	echo "$(claimed <out) $(tail -n 1 out)"
	[ "$(claimed <out)" = "$(tail -n 1 out | jq -Sc .kinds)" ]
}

# One recording of all: each kind has a process of its own.
@test "classify.sh is exact for each kind, in children and threads" {
	need_tracepoints
	local kind
	# shellcheck disable=SC2016 # the inner shell's variable
	classify.sh --windows --json -- bash -c \
		'for kind in kernel thread copy reuse; do ./faulter $kind 257; done' >out
	cat out
	for kind in '1.1 zero' '1.2 zero' '1.3.1 copy' '1.4 reuse'; do
		grep -xF '{"process": "'"${kind% *}"'", "command": "faulter", "faults": 257, "kinds": {"'"${kind#* }"'": 257}}' out
	done
	[ "$(tail -n 1 out)" = '{"faults": 1028, "kinds": {"zero": 514, "copy": 257, "reuse": 257}, "status": 0}' ]
	classify.sh -- ./faulter copy 7 >out
	grep -q '^1.1 *faulter ' out
}

# Each of the recipes $2... says that the ring was too small for $1 faults.
lost_by()
{
	local faults=$1 recipe

	for recipe in "${@:2}"; do
		# shellcheck disable=SC2086 # words
		run $recipe --ring 4K -- ./faulter zero "$faults"
		echo "$output"
		[ "$status" = 1 ]
		[[ $output == "LOST ${recipe%% *}: "* ]]
	done
}

@test "5,000 faults: none is lost, or it is said" {
	need_tracepoints
	run classify.sh --windows --json -- ./faulter zero 5000
	[ "$status" = 0 ]
	[ "${lines[-1]}" = '{"faults": 5000, "kinds": {"zero": 5000}, "status": 0}' ]
	lost_by 20000 classify.sh
}

@test "an unprivileged user is told, too, how many samples were lost" {
	need_perf
	as_nobody perf record -q -e page-faults -o /dev/null true ||
		skip "not for an unprivileged user"
	run as_nobody perf/flame.sh --ring 64K -- ./faulter zero 5000
	echo "$output"
	[ "$status" = 1 ]
	[[ ${lines[-1]} =~ ^LOST\ flame.sh:\ [1-9][0-9]*\ samples ]]
}

# bats test_tags=long
@test "100,000 faults: none is lost, or each recipe says it" {
	need_tracepoints
	run classify.sh --windows --json -- ./faulter zero 100000
	[ "$status" = 0 ]
	[ "${lines[-1]}" = '{"faults": 100000, "kinds": {"zero": 100000}, "status": 0}' ]
	lost_by 60000 classify.sh record.sh trace.sh 'flame.sh --fp'
}

@test "record.sh draws a mapping of terabytes by what was touched" {
	local source=$BATS_TEST_TMPDIR/vast.c

	need_perf
	[ -z "$SAN" ] || skip "a sanitizer has that address space itself"
	cat >"$source" <<-END
		#include <sys/mman.h>
		int main(void)
		{
			char *p = mmap(0, 1UL << 44, PROT_READ | PROT_WRITE,
				       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
			return p == MAP_FAILED || !++p[0] || !++p[1UL << 43];
		}
	END
	cc -o "$BATS_TEST_TMPDIR/vast" "$source"
	timeout 60 record.sh -- "$BATS_TEST_TMPDIR/vast" >out
	cat out
	# Read, and then written to.
	grep -qE '^ {9}2\.{31}2\.{31}  x[0-9]+$' out
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
	flame.sh -- ./faulter copy 300 >folded 2>said || {
		head -n 5 folded said
		false
	}
	[ "$(awk '/;write_all[; ]/ { n += $NF } END { print n }' folded)" = 600 ]
	# As flame graph programs want it: frames, a blank, a count.
	run ! grep -vE '^[^;]+(;[^;]+)* [1-9][0-9]*$' folded
	need_tracepoints
	# What is merely permitted is no copy.
	flame.sh --copies -- sh -c './faulter copy 300; ./faulter reuse 300' >folded
	[ "$(awk '/;write_all[; ]/ { n += $NF } END { print n }' folded)" = 300 ]
	flame.sh --copies --top -- ./faulter copy 300 >out
	awk 'NR == 2 { exit !($1 >= 300) }' out
}

@test "a command keeps its words and its end, and nothing is left behind" {
	need_tracepoints
	local recipe
	findmnt -nt tracefs,debugfs >before || [ $? = 1 ]
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
		# Nor does a shell of ours say whom it saw killed.
		[[ $output != *Killed* && $output != *"line "* ]]
	done
	# Each program that one process executes is told for itself.
	classify.sh --json -- env sh -c 'exec cat /dev/null' >out
	[ "$(jq -r 'select(.process) | "\(.process) \(.command)"' out | paste -sd,)" = \
		'1 env,1 sh,1 cat' ]
	# Nothing is left behind.
	findmnt -nt tracefs,debugfs | cmp - before
	run ls -A "$BATS_TEST_TMPDIR/empty"
	[ -z "$output" ]
}

@test "with -o the report is in the file, the rest is the command's alone" {
	need_perf
	local recipe words=''
	[ -n "$WHY" ] || words='classify.sh trace.sh'
	for recipe in $words record.sh flame.sh; do
		run --separate-stderr "$recipe" -o report -- echo mine
		[ "$status" = 0 ]
		[ "$output" = mine ]
		# shellcheck disable=SC2154 # bats sets it
		[ -z "$stderr" ]
		grep -q echo report
		run -1 "$recipe" -o /nowhere/report -- true
		[ "$output" = "$recipe: writing /nowhere/report: No such file or directory" ]
		for to in '' '-o /dev/full'; do
			run -1 bash -c "$recipe $to -- true >/dev/full"
			[ "$output" = "$recipe: writing the report: No space left on device" ]
		done
	done
	run -0 stat.sh -o report -- cow/fork_cow --pages 7
	[ -z "$output" ]
	[ "$(cat report)" = "cow/fork_cow --pages 7: predicted 21, own count 21, perf stat 21: ok" ]
	run -1 bash -c 'stat.sh cow/fork_cow >/dev/full'
	[ "$output" = "stat.sh: writing the report: No space left on device" ]
	run -1 stat.sh /bin/ls
	[[ $output != *"Events disabled"* ]]
}

@test "no window, or no room for perf: one line, and no table of zeros" {
	need_tracepoints
	run -1 --separate-stderr classify.sh --windows -- true
	[ -z "$output" ]
	[ "$stderr" = "classify.sh: no window was seen: only demos tell when they measure" ]
	unshare -m true || skip "may not mount"
	local full=$BATS_TEST_TMPDIR/full recipe size
	mkdir "$full"
	# Too little from the first; or for what a recipe records.
	for size in 16 72; do
		for recipe in $recipes 'stat.sh cow/fork_cow'; do
			[[ $size$recipe != 72stat* ]] || continue
			run unshare -m sh -c "mount -t tmpfs -o size=${size}k none $full &&
				TMPDIR=$full exec $recipe cow/fork_cow"
			echo "$output"
			[ "$status" = 1 ]
			[ "${lines[-1]}" = "${recipe%% *}: no room left in $full (TMPDIR= names another folder)" ]
		done
	done
	TMPDIR=/nowhere run -1 stat.sh cow/fork_cow
	[ "$output" = "stat.sh: can't make a folder in /nowhere (TMPDIR= names another)" ]
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
