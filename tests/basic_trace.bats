#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Traces: generated, recorded, read however odd, and replayed under every
# policy and back end.
# shellcheck disable=SC2030,SC2031 # run sets status and output, anew each time

load helpers

setup()
{
	export PATH=$COW_BUILD/cow/tools:$PATH
	cd "$BATS_TEST_TMPDIR" || return
}

shapes="random binary staircase lifo fifo exponential"

@test "every shape is valid under every policy and back end" {
	local shape backend
	for shape in $shapes; do
		tracegen "$shape" --ops 3000 >"$shape.rep"
		for backend in auto brk mmap; do
			replay --backend "$backend" --json "$shape.rep" >out
			jq -s -e 'length == 5 and all(.valid)' out
			replay --config "backend=$backend,order=lifo" --json \
				"$shape.rep" | jq -s -e 'all(.valid)'
		done
	done
}

@test "a generated trace depends on the seed alone, and says what it has" {
	local shape
	for shape in $shapes; do
		tracegen "$shape" --seed 7 >first
		tracegen "$shape" --seed 7 >again
		cmp first again
		replay --json --policy libc first 2>warnings >out
		[ ! -s warnings ]
		[ "$(jq .operations out)" = "$(sed -n 3p first)" ]
		[ "$(grep -c '^a' first)" = "$(sed -n 2p first)" ]
	done
	tracegen random --seed 8 >other
	run ! cmp -s first other
}

@test "300,000 operations take first fit a second or two" {
	[ -z "$SAN" ] || skip "sanitized programs are slow"
	local shape
	for shape in random exponential fifo; do
		tracegen "$shape" --ops 300000 >large.rep
		replay --json --policy first large.rep >out
		jq -e '.valid and .operations / .kops < 2000' out
	done
}

@test "best fit alone keeps a trace in less memory, and not always" {
	tracegen random --ops 20000 >random.rep
	tracegen staircase >stairs.rep
	replay --json random.rep stairs.rep >out
	jq -s -e '
		(map({key: (.trace + .allocator), value: .peak_heap}) |
			from_entries) as $heap |
		$heap["random.repbest"] < $heap["random.repworst"] and
		$heap["stairs.repbest"] > $heap["stairs.repfirst"]' out
}

# The last run ended with status $1 and said one line on standard error, with $2.
# shellcheck disable=SC2154 # run sets it
said()
{
	echo "status $status: $stderr"
	[ "$status" = "$1" ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == *"$2"* ]]
}

# What comes of the trace on standard input: its JSON line, its warnings.
read_odd()
{
	replay --json --policy first - 2>warnings >out || {
		cat out warnings
		return 1
	}
}

@test "both vintages of the header are understood" {
	printf '20000\n2\n4\n3\na 0 100\na 1 200\nf 0\nf 1\n' | read_odd
	[ ! -s warnings ]
	[ "$(jq .weight out)" = 3 ]
	printf '1\n2\n4\n200\na 0 100\na 1 200\nf 0\nf 1\n' | read_odd
	[ ! -s warnings ]
	[ "$(jq .weight out)" = 1 ]
}

@test "odd traces are taken, with a warning for each oddity" {
	printf '1\n1\n9\n100\na 0 100\nf 0\n' | read_odd
	grep "says 9 operations, there are 2" warnings
	printf '1\n1\n3\n100\na 0 100\nf -1\nf 0\n' | read_odd
	[ ! -s warnings ]
	printf '1\n1\n2\n100\nr 0 100\nf 0\n' | read_odd
	grep "resized but not live" warnings
	printf '1\n1\n3\n9\na 0 9\na 0 8\nf 0\n' | read_odd
	grep "allocated again while live" warnings
	printf '1\n1\n2\n9\na 0 9\nf 5\n' | read_odd
	grep "freed but not live" warnings
	grep "9 bytes are never freed" warnings
	printf '1\n1\n4\n9\na 0 9\nr 0 0\nr 0 5\nf 0\n' | read_odd
	[ "$(jq .operations out)" = 4 ]
	printf '1\r\n1\r\n2\r\n9\r\n\r\n a 0  9\r\nf 0\r\n' | read_odd
	[ ! -s warnings ]
	printf '1\n1\n1\n1\na 0 1\n' >one
	[ "$(replay --policy libc one 2>&1 | head -n 2)" = "one:5: 1 byte is never freed
one: 1 operation, 1 id, at most 1 byte live" ]
	printf 'a 0 9\nf 0' | read_odd
	grep "header has 0 lines" warnings
}

@test "50 MB blocks are taken and kept whole" {
	printf '1\n1\n4\n104857600\na 0 52428800\nr 0 104857600\nr 0 100\nf 0\n' \
		>large.rep
	replay --json large.rep >out
	jq -s -e 'length == 5 and all(.valid)' out
}

@test "garbage never crashes it" {
	for _ in {1..20}; do
		head -c 20000 /dev/urandom >garbage
		run -1 --separate-stderr replay --policy first garbage
		said 1 "reading the trace garbage: not a trace"
	done
	printf 'a 0 99999999999999999999\na -5 3\na 99999999999999 3\nf\na 1\na 2 -7\nx 1 2\nr\n\0\0\n%s' \
		"$(yes 'f -1' | head -n 5)" | read_odd
	tr '\0-\377' 'arf0-9 \n\0-\377' </dev/urandom | head -c 100000 >garbage
	run -1 replay garbage
}

@test "what is no trace is an error, in one line, and no row is valid" {
	: >empty
	printf '1\n2\n3\n4\n' >header
	printf 'a 0 9\nf 0\n' >short
	(cat short && cat /etc/passwd) >mixed
	local file
	for file in /etc/passwd empty header mixed; do
		run --separate-stderr replay "$file"
		said 1 "reading the trace $file: not a trace: "
		[ "$output" = "" ]
	done
	run -1 --separate-stderr replay --json /etc/passwd short
	[ "${#lines[@]}" = 5 ]
	# A half of a trace is one, too.
	tracegen random | head -c 30000 >half
	replay --policy first half
}

@test "an engine without policies has one row" {
	tracegen random --ops 3000 >t.rep
	local config
	for config in engine=spans seal=off budget=10; do
		replay --json --config "$config" t.rep >out
		jq -s -e 'map(.allocator) == ["spans", "libc"] and
			all(.valid and .backend == "-")' out
	done
	run --separate-stderr replay --config engine=spans --policy first t.rep
	[ "$status" = 2 ]
	[[ $stderr == *"settings of two engines: 'engine=spans,policy=first'"* ]]
	run -2 replay --backend brk --config engine=spans t.rep
}

@test "memory that ends is said, with the operation" {
	printf '1\n1\n2\n9\na 0 9\nf 0\n' >small.rep
	run -1 replay --policy first --config backend=brk,refuse=1 small.rep
	[[ $output == *"NO"*"operation 0: no memory for 9 bytes"* ]]
}

@test "what can't be read or understood is an error" {
	run -1 --separate-stderr replay nowhere.rep
	# shellcheck disable=SC2154 # run sets it
	[[ $stderr == *"nowhere.rep"*"No such file"* ]]
	run -2 replay
	run -2 replay --policy fist x
	run -2 replay --backend fixed x
	run -2 tracegen
	run -2 tracegen no-such-shape
	run -2 tracegen random --ops 0
	run -2 tracegen random --seed x
	run -2 record
}

@test "CSV has a head and a line for each" {
	tracegen lifo --ops 100 >a.rep
	replay --csv a.rep a.rep >out
	[ "$(wc -l <out)" = 11 ]
	[ "$(cut -d, -f12 out | sort -u | xargs)" = "valid verdict" ]
	[ "$(awk -F, '{ print NF }' out | sort -u)" = 12 ]
}

@test "a real program is recorded, one file a process, and replayed" {
	[ -z "$SAN" ] || skip "a sanitized program can't be preloaded"
	run -3 record -o t sh -c 'sort --version >/dev/null; (exit 0); exit 3'
	echo "$output"
	set -- t.*.rep
	[ "$#" -ge 2 ]
	replay --json "$@" >out 2>warnings
	jq -s -e 'length >= 10 and all(.valid)' out
	run ! grep -v "never freed" warnings
}

@test "what a killed program did is there as well" {
	[ -z "$SAN" ] || skip "a sanitized program can't be preloaded"
	# shellcheck disable=SC2016 # the inner shell's own process
	run -137 record -o t sh -c 'kill -KILL $$'
	replay --policy libc t.*.rep
}

@test "a forked child's file begins with what it inherited" {
	[ -z "$SAN" ] || skip "a sanitized program can't be preloaded"
	need_perl=$(command -v perl) || skip "perl is not installed"
	# shellcheck disable=SC2016 # perl's variables
	record -o t "$need_perl" -e 'my @a = map { "x" x $_ } 1..1000;
		if (!fork) { @a = (); exit } wait;'
	[ "$(find . -name 't.*.rep' | wc -l)" = 2 ]
	replay --json --policy best t.*.rep >out 2>warnings
	run ! grep "not live" warnings
	jq -s -e 'all(.valid and .operations > 1000)' out
}

# A program that allocates 20,000 blocks in 1 MiB of trace, and ends with 5.
many()
{
	# shellcheck disable=SC2016 # perl's variables
	record -o "$1" perl -e 'my @a = map { "x" x $_ } 1..20000; exit 5'
}

# A trace that ended early: it is said once, and what there is can be replayed.
ended_early()
{
	run -5 --separate-stderr many "$1"
	echo "$stderr"
	[ "$(grep -c "libcowrecord: the trace $1.*.rep ends early: $2" <<<"$stderr")" = 1 ]
	replay --json --policy libc "$1".*.rep >out 2>warnings
	jq -e '.valid and .operations > 1000' out
	run ! grep -v "never freed" warnings
}

@test "a trace that there is no room for ends early; its program runs on" {
	[ -z "$SAN" ] || skip "a sanitized program can't be preloaded"
	command -v perl || skip "perl is not installed"
	(ulimit -f 64 && ended_early "$PWD/limited" "File too large")
	# shellcheck disable=SC2016 # the inner shell's own
	run -5 --separate-stderr bash -c 'ulimit -f 1; exec record -o none sh -c "exit 5"'
	[[ $stderr == *"can't write the trace $PWD/none."*": File too large"*"no trace was written"* ]]
	[ "$(find . -name 'none.*')" = "" ]
	[ "$(id -u)" = 0 ] || return 0
	mkdir small
	mount -t tmpfs -o size=64k none small || skip "no mounts here"
	(ended_early "$PWD/small/t" "No space left on device") || {
		umount small
		return 1
	}
	umount small
}

@test "what can't be recorded is said before the command runs" {
	run --separate-stderr record -o /no/such/x touch ran
	said 1 "writing traces as /no/such/x: No such file or directory"
	run --separate-stderr record -l /no/lib touch ran
	said 1 "using the library /no/lib: No such file or directory"
	mkdir -m 555 closed
	local -a plain=()
	[ "$(id -u)" != 0 ] || plain=(setpriv --bounding-set=-dac_override)
	run --separate-stderr "${plain[@]}" record -o closed/x touch ran
	said 1 "closed/x: Permission denied"
	[ ! -e ran ]
	run -127 --separate-stderr record ./no-such-command
	said 127 "running ./no-such-command: No such file or directory"
	run --separate-stderr record /etc/passwd
	said 126 "running /etc/passwd: Permission denied"
}

@test "a command that ends with 127 of itself is recorded" {
	[ -z "$SAN" ] || skip "a sanitized program can't be preloaded"
	run -127 record -o t sh -c 'exit 127'
	replay --policy libc t.*.rep
}

@test "no room on standard output" {
	local format
	tracegen lifo --ops 100 >l.rep
	for format in '' --json --csv; do
		run --separate-stderr bash -c "replay $format l.rep >/dev/full"
		said 1 "write to standard output: No space left"
		run --separate-stderr bash -c "replay $format l.rep >&-"
		said 1 "write to standard output: Bad file descriptor"
	done
}
