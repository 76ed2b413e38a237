# SPDX-License-Identifier: MIT
# What the suites share. The Makefile sets COW_BUILD, COW_DEMOS, COW_PROGRAMS.
bats_require_minimum_version 1.5.0

# A folder that anyone may read, with the programs in it: the build folder may
# lie below a home that only its owner can enter.
open_copies()
{
	COPIES=$(mktemp -d /tmp/cowkit-test.XXXXXX)
	chmod 755 "$COPIES"
	local program

	for program in $COW_PROGRAMS tests/fixtures/noperf \
		tests/fixtures/all_skipped tests/fixtures/forged; do
		install -D -m 755 "$COW_BUILD/$program" "$COPIES/$program"
	done
	export COPIES
}

close_copies()
{
	rm -rf "$COPIES"
}

# What the test starts from here on is known by a mark in its environment, and
# makes its temporary files below $1: others may run the same programs meanwhile.
own_everything()
{
	export COW_TEST_MARK=$1 TMPDIR=$1/tmp
	install -d -m 1777 "$TMPDIR"
}

# The processes with that mark, whatever became of their names; no zombies, which
# may wait for a slow init.
own_processes()
{
	env -u COW_TEST_MARK grep -lsxz "COW_TEST_MARK=$COW_TEST_MARK" \
		/proc/[0-9]*/environ | tr -dc '0-9\n'
}

# No process of ours runs, and no temporary file is left.
nothing_left()
{
	local end=$((SECONDS + 5))

	while [ "$SECONDS" -lt "$end" ]; do
		[ -n "$(own_processes; ls -A "$TMPDIR")" ] || return 0
		sleep 0.05
	done
	own_processes | xargs -r ps -f
	ls -l "$TMPDIR"
	return 1
}

# await TEXT : until a process of ours runs whose command line begins so
await()
{
	local _ pid line

	for _ in $(seq 100); do
		for pid in $(own_processes); do
			line=$(tr '\0' ' ' 2> /dev/null < "/proc/$pid/cmdline") &&
				[[ $line == "$1"* ]] && return 0
		done
		sleep 0.05
	done
	return 1
}

# Run as a user without any rights; as ourselves if we are one already.
as_nobody()
{
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

without_perf()
{
	"$COPIES/tests/fixtures/noperf" "$@"
}

nobody_without_perf()
{
	as_nobody "$COPIES/tests/fixtures/noperf" "$@"
}

# Is $1 one of the demos that need what not everyone has? They may skip steps,
# if they say why.
may_skip()
{
	[[ " $COW_SOME " == *" $1 "* ]]
}

# The sizes to run a demo at: those about time take a while, and have a least
# size anyway.
sizes_of()
{
	if [[ " $COW_TIMED " == *" $1 "* ]]; then
		echo "${2%% *}"
	else
		echo "$2"
	fi
}

# each_holds FILTER FILE... : a filter of jq holds for the array of all objects in
# each file, of which none is empty. All files at once: jq takes longer to start
# than a demo. Those for which it does not hold are shown.
each_holds()
{
	local filter=$1 file

	shift
	jq -nr "[inputs | {file: input_filename, it: .}] | group_by(.file)[] |
		.[0].file as \$file | map(.it) | select($filter) | \$file" \
		"$@" >"$BATS_TEST_TMPDIR/held"
	printf '%s\n' "$@" | grep -vxFf "$BATS_TEST_TMPDIR/held" >"$BATS_TEST_TMPDIR/bad" ||
		[ $? = 1 ] || return
	[ -s "$BATS_TEST_TMPDIR/bad" ] || return 0
	while read -r file; do
		echo "does not hold for $file:"
		cat "$file"
	done <"$BATS_TEST_TMPDIR/bad"
	return 1
}

# all_held SOURCE FILE... : what demos said in JSON, one run a file; in each every
# prediction held, and was counted by the source (any if empty).
all_held()
{
	local source=$1

	shift
	# shellcheck disable=SC2016 # jq's variables
	SOURCE=$source each_holds '
		last as $sum | .[:-1] as $steps |
		(env.COW_SOME | split(" ") | index($sum.program) != null) as $may |
		$sum.differs == 0 and ($may or $sum.skipped == 0) and
		$sum.predicted == $sum.measured and
		$sum.ok + $sum.skipped == ($steps | length) and
		($steps | length > 0) and
		all($steps[] | select(.verdict == "skipped"); .why != "") and
		(env.SOURCE == "" or $sum.source == env.SOURCE)' "$@"
}

# All demos at the given sizes, run by the given command, have to hold.
demos_hold()
{
	local source=$1 sizes=$2 out demo pages

	shift 2
	out=$(mktemp -d "$BATS_TEST_TMPDIR/demos.XXXXXX")
	for demo in $COW_DEMOS; do
		for pages in $(sizes_of "$demo" "$sizes"); do
			"$@" "$COPIES/$demo" --pages "$pages" --json \
				>"$out/${demo##*/}.$pages" || {
				echo "$* $demo --pages $pages: status $?"
				cat "$out/${demo##*/}.$pages"
				return 1
			}
		done
	done
	all_held "$source" "$out"/*
}
