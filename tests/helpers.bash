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
		tests/fixtures/all_skipped; do
		install -D -m 755 "$COW_BUILD/$program" "$COPIES/$program"
	done
	export COPIES
}

close_copies()
{
	rm -rf "$COPIES"
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

# Every prediction held, by what a demo says in JSON on standard input, and it
# counted by $1 (any source if empty).
all_held()
{
	jq -s -e --arg source "$1" '
		(last | .differs == 0 and .skipped == 0 and
			.predicted == .measured) and
		(last.ok == (length - 1)) and (length > 1) and
		($source == "" or last.source == $source)' >/dev/null
}

# All demos at the given sizes, run by the given command, have to hold.
demos_hold()
{
	local source=$1 sizes=$2 demo pages

	shift 2
	for demo in $COW_DEMOS; do
		for pages in $sizes; do
			"$@" "$COPIES/$demo" --pages "$pages" --json \
				>"$BATS_TEST_TMPDIR/out" || {
				echo "$* $demo --pages $pages: status $?"
				cat "$BATS_TEST_TMPDIR/out"
				return 1
			}
			all_held "$source" <"$BATS_TEST_TMPDIR/out" || {
				echo "$* $demo --pages $pages did not hold"
				cat "$BATS_TEST_TMPDIR/out"
				return 1
			}
		done
	done
}
