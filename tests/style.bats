#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The house rules that a program can check: who includes whom, what stands at
# the top, how long things are, and what no file may say.

load helpers

setup()
{
	cd "$COW_ROOT" || return
}

# The files of the project; a tarball has no git, and no rubbish either.
files()
{
	if git rev-parse --git-dir >/dev/null 2>&1; then
		git ls-files --cached --others --exclude-standard -- "$@"
	else
		find . -path ./build -prune -o -type f -print | sed 's,^\./,,' |
			grep -E "$(printf '%s\n' "$@" | sed 's,\*,.*,g' | paste -sd'|')"
	fi
}

# "folder library" for each include of one of our headers.
includes()
{
	files '*.c' '*.h' | xargs grep -HoE '#include "[a-z]+/' |
		sed -E 's,^(.*)/[^/:]*:#include "([a-z]+)/,\1 \2,' | sort -u
}

@test "the top level is what the design names" {
	run ! grep -vxE 'cow|mmapdemo|sbrkdemo|tests|scripts|Makefile|README\.md|LICENSE|\..*' \
		<(files '*' | cut -d/ -f1 | sort -u)
}

@test "arrows between the rooms run one way" {
	local from to bad=''
	while read -r from to; do
		case $from:$to in
		cow/observe:* | cow/model:* | cow/alloc:* | cow/guard:*)
			[ "$from" = "cow/$to" ] || bad+=" $from->$to" ;;
		cow/report:observe | cow/report:model | cow/report:report) ;;
		cow/report:*) bad+=" $from->$to" ;;
		sbrkdemo*:model | sbrkdemo*:guard | mmapdemo*:model | mmapdemo*:guard)
			bad+=" $from->$to" ;;
		esac
	done < <(includes)
	echo "wrong arrows:$bad"
	[ -z "$bad" ]
}

@test "programs include a library's public header only" {
	files 'cow/*.c' 'mmapdemo/*.c' 'sbrkdemo/*.c' |
		xargs grep -hoE '#include "[a-z]+/[a-z_]+\.h"' | sort -u \
		>"$BATS_TEST_TMPDIR/included"
	[ -s "$BATS_TEST_TMPDIR/included" ]
	run ! grep -vE '"([a-z]+)/\1\.h"' "$BATS_TEST_TMPDIR/included"
}

@test "each source file names its licence first and its purpose next" {
	# shellcheck disable=SC2046 # no name has a space
	awk '
		function done() {
			if (file && !licence)
				print file ": no SPDX line"
			else if (file && !purpose)
				print file ": no purpose"
		}
		FNR == 1 { done(); file = FILENAME; licence = purpose = 0 }
		FNR <= 2 && /SPDX-License-Identifier: MIT/ { licence = 1 }
		FNR >= 2 && FNR <= 4 && /^(\/\*|#|\.\\")/ { purpose = 1 }
		END { done() }' \
		$(files '*.c' '*.h' '*.bats' '*.bash' 'scripts/*' '.ci/*') \
		>"$BATS_TEST_TMPDIR/bad"
	cat "$BATS_TEST_TMPDIR/bad"
	[ ! -s "$BATS_TEST_TMPDIR/bad" ]
}

@test "files stay short: 400 lines, a demo 150 of code" {
	# shellcheck disable=SC2046,SC2086 # no name has a space
	awk '
		FNR == 1 { lines[FILENAME] = 0 }
		{ lines[FILENAME]++ }
		END { for (f in lines) if (lines[f] > 400) print f " has " lines[f] " lines" }' \
		$(files '*.c' '*.h' '*.bats' '*.bash' 'scripts/*') \
		>"$BATS_TEST_TMPDIR/long"
	# Of a demo neither blank lines nor comments count.
	# shellcheck disable=SC2086 # no name has a space
	awk '
		!/^$|^\/\/|^ ?\/?\*|^\/\*/ { code[FILENAME]++ }
		{ lines[FILENAME]++ }
		END {
			for (f in lines)
				if (code[f] > 150 || lines[f] < 60)
					print f " has " code[f] " lines of code"
		}' ${COW_DEMOS// /.c }.c >>"$BATS_TEST_TMPDIR/long"
	cat "$BATS_TEST_TMPDIR/long"
	[ ! -s "$BATS_TEST_TMPDIR/long" ]
}

@test "functions stay short: half of them below 20 lines, none above 100" {
	files '*.c' | xargs awk '
		FNR == 1 { inside = 0 }
		/^\{/ { inside = FNR }
		/^}/ && inside { print FNR - inside - 1; inside = 0 }' |
		sort -n >"$BATS_TEST_TMPDIR/lengths"
	local n
	n=$(wc -l <"$BATS_TEST_TMPDIR/lengths")
	[ "$n" -gt 50 ]
	[ "$(sed -n "$((n / 2))p" "$BATS_TEST_TMPDIR/lengths")" -lt 20 ]
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/lengths")" -le 100 ]
}

@test "no page size is written as a number" {
	run ! xargs grep -nwE '4096|0x1000' < <(files '*.c' '*.h' | grep -v '^tests/')
}

@test "bits of kernel interfaces are defined once" {
	run ! xargs grep -nE 'define +(PM_|KPF_|PAGE_IS_|MADV_)' \
		< <(files '*.c' '*.h' | grep -v '^cow/observe/uapi.h$')
}

@test "no test forgives" {
	run ! xargs grep -nE '[|][|] *true( |;|$)' < <(files 'tests/*' '.ci/*')
}

@test "make help lists every target" {
	local target
	run make --no-print-directory help
	[ "$status" = 0 ]
	for target in all demo demo-NAME perf test test-long lint format install clean help; do
		grep -qE "^  $target " <<<"$output"
	done
}
