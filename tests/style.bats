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
	local file
	while read -r file; do
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' || {
			echo "$file: no SPDX line"
			return 1
		}
		sed -n 2,4p "$file" | grep -qE '^(/\*|#|\.\\")' || {
			echo "$file: no purpose"
			return 1
		}
	done < <(files '*.c' '*.h' '*.bats' '*.bash' 'scripts/*' '.ci/*')
}

@test "files stay short: 400 lines, a demo 150 of code" {
	local file n
	while read -r file; do
		n=$(wc -l <"$file")
		[ "$n" -le 400 ] || {
			echo "$file has $n lines"
			return 1
		}
	done < <(files '*.c' '*.h' '*.bats' '*.bash' 'scripts/*')
	for file in $COW_DEMOS; do
		# Neither blank nor comment.
		n=$(grep -cvE '^$|^//|^ ?/?\*|^/\*' "$file.c")
		[ "$n" -le 150 ] && [ "$(wc -l <"$file.c")" -ge 60 ] || {
			echo "$file.c has $n lines of code"
			return 1
		}
	done
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
	for target in all demo demo-NAME perf test lint format install clean help; do
		grep -qE "^  $target " <<<"$output"
	done
}
