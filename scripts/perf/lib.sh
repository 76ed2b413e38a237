# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the recipes share that work on any command: options, what is missing,
# and one run of perf record that loses nothing. Source it, say what the recipe
# is for, and call recipe_options "$@", need_..., start_work, perf_records EVENTS,
# perf_says FIELDS FILTER.

recipe=${0##*/}
here=$(dirname "$0")
# The recipe's own: what it is for, what its options do, which take a value.
summary='' options='' flags='' values=''
words='COMMAND [ARGUMENT...]'
ring_help='  --ring SIZE   memory for perf'\''s samples, a CPU, such as 64M
'
ends="the command's own, as a shell has it (126, 127: it could not be
run); 1 also if samples were lost, or no window was seen; 2 bad usage; 4
skipped, with the reason."
# Set by what stands below.
ring='' output='' choices=() command=() events=() work='' listener='' status=0

say_usage()
{
	cat <<END
Usage: $recipe [OPTION...] [--] $words
$summary

$options$ring_help  -o FILE       write the report there: standard output is the command's alone
  --help        this text

Exit status: $ends
END
}

bad_usage()
{
	echo "$recipe: $1; try --help" >&2
	exit 2
}

# It stands where the report would, if that is not a file.
skip()
{
	if [ -n "$output" ]; then
		echo "SKIP $recipe: $1" >&2
	else
		echo "SKIP $recipe: $1"
	fi
	exit 4
}

fail()
{
	echo "$recipe: $1" >&2
	exit 1
}

# Take the options that the recipe names in $flags and $values, each with a
# space on both sides; what was given is then in $choices, the command behind.
recipe_options()
{
	while [ $# != 0 ]; do
		case $1 in
		--help)
			say_usage
			exit 0
			;;
		--)
			shift
			break
			;;
		--ring)
			[ -n "$ring_help" ] || bad_usage "unknown option $1"
			[[ ${2-} =~ ^[1-9][0-9]*[KMG]?$ ]] ||
				bad_usage "--ring wants a size such as 64M"
			ring=$2
			shift 2
			;;
		-o)
			[ -n "${2-}" ] || bad_usage "-o wants a file"
			output=$2
			shift 2
			;;
		-*)
			if [[ $flags == *" $1 "* ]]; then
				choices+=("$1")
				shift
			elif [[ $values == *" $1 "* ]]; then
				[ $# -ge 2 ] || bad_usage "$1 wants a value"
				choices+=("$1=$2")
				shift 2
			else
				bad_usage "unknown option $1"
			fi
			;;
		*) break ;;
		esac
	done
	[ $# != 0 ] || bad_usage "no command given"
	command=("$@")
}

chosen()
{
	[[ " ${choices[*]-} " == *" $1 "* ]]
}

# Can the command be run at all? What perf says of one that can't is no help.
need_command()
{
	local path

	if ! path=$(type -P -- "${command[0]}"); then
		if [ -e "${command[0]}" ]; then
			echo "$recipe: running ${command[0]}: Permission denied" >&2
			exit 126
		fi
		echo "$recipe: running ${command[0]}: No such file or directory" >&2
		exit 127
	fi
	command[0]=$path
}

# Tracepoints are found in tracefs. Where nobody has mounted it perf would, for
# all to see and for good: do it in a mount namespace of our own.
need_tracefs()
{
	local at=/sys/kernel/tracing

	if [ -r $at/events/header_page ] || [ -r /sys/kernel/debug/tracing/events/header_page ]; then
		return
	fi
	[ "$(id -u)" = 0 ] || skip "needs root: tracepoints are in $at, which is not for us"
	if [ -z "${COW_PERF_INSIDE-}" ]; then
		unshare -m true 2>/dev/null ||
			skip "needs tracefs on $at, and may not mount it (unshare)"
		COW_PERF_INSIDE=1 exec unshare -m "$0" "$@"
	fi
	unset COW_PERF_INSIDE
	mount -t tracefs none $at 2>/dev/null ||
		skip "needs tracefs on $at, and may not mount it"
}

# perf looks for tracefs whatever is asked of it. Who is not root need not care.
need_tracefs_quiet()
{
	if [ "$(id -u)" = 0 ] && unshare -m true 2>/dev/null; then
		need_tracefs "$@"
	fi
}

# fault_events CALLERS: what tells the kinds of faults apart, into $events. The
# pages of processes are movable (migratetype 1); page tables and the kernel's
# own are not. Deep enough to see the exception beneath what a fault allocates.
fault_events()
{
	local deep=call-graph=fp,max-stack=24

	# shellcheck disable=SC2034 # the recipe's to use
	events=(
		-e "exceptions:page_fault_user/$1/"
		-e "exceptions:page_fault_kernel/$1/" --filter 'address < 0x800000000000'
		-e "kmem:mm_page_alloc/$deep/" --filter 'migratetype == 1'
		-e "kmem:mm_page_free/$deep/"
		-e signal:signal_generate --filter 'sig == 11 || sig == 7'
	)
}

# need_tool PROGRAM PACKAGE: skip without it.
need_tool()
{
	command -v "$1" >/dev/null || skip "$1 is missing (Debian: $2)"
}

# The first line that says something, of what perf says.
perf_reason()
{
	sed 's/^Error:[[:space:]]*//' | grep -m 1 .
}

# May perf count these events here? The reason why not is perf's own. To record
# takes some rights more, and much longer to try: perf_records sees to those.
need_perf()
{
	local why

	need_tool perf linux-perf
	if ! why=$(perf stat "$@" -- true 2>&1 >/dev/null); then
		skip "perf can't record here: $(perf_reason <<<"$why")"
	fi
}

# perf record, without what we don't want: build ids, which it takes from each
# file, and BPF programs, for which a thread of it waits for up to a second.
record=(perf record -q -B -N --no-bpf-event)

# What a ring of 2^n bytes is within a limit, less a page for its head.
ring_within()
{
	local bytes

	for ((bytes = 64 << 10; bytes * 2 <= $1 - 4096; bytes *= 2)); do :; done
	echo "$((bytes >> 10))K"
}

# A quarter of a gigabyte for all CPUs together, as root. Else what a user may
# lock: perf_event_mlock_kb a CPU, of which other runs of the user may have some,
# and beyond that each process RLIMIT_MEMLOCK. A stack takes 8 KiB, and while
# others run 500 may be there before perf is: half a megabyte loses some.
ring_size()
{
	local cpus all own ring

	cpus=$(getconf _NPROCESSORS_CONF)
	all=$(((256 << 20) / cpus + 4096))
	all=$((all < 65 << 20 ? all : 65 << 20))
	if [ "$(id -u)" != 0 ]; then
		own=$(ulimit -l)
		[ "$own" != unlimited ] || own=$((1 << 20))
		ring=$(($(cat /proc/sys/kernel/perf_event_mlock_kb) << 10))
		own=$((ring + (own << 10) / cpus))
		all=$((own < all ? own : all))
		"${record[@]}" -m "$(ring_within "$all")" -e page-faults -o /dev/null true \
			>/dev/null 2>&1 || all=$ring
	fi
	ring_within "$all"
}

# Ends unless more can be written into $work: what stops at a full disk, perf
# among it, says so in words of its own, or not at all.
need_room()
{
	if ! head -c 64K /dev/zero 2>/dev/null >"$work/room"; then
		fail "no room left in ${TMPDIR:-/tmp} (TMPDIR= names another folder)"
	fi
	rm "$work/room"
}

# A folder for one run, and nothing of it left behind; and a file for the report.
start_work()
{
	local why

	work=$(mktemp -d 2>/dev/null) ||
		fail "can't make a folder in ${TMPDIR:-/tmp} (TMPDIR= names another)"
	trap 'rm -rf "$work"; [ -z "$listener" ] || kill "$listener"' EXIT
	need_room
	if [ -n "$output" ]; then
		why=$({ : >"$output"; } 2>&1) || fail "writing $output: ${why##*: }"
	fi
}

# perf_records ARGUMENT...: run the command under perf record into $work/data,
# with its exit status in $status. Nothing of perf is said but an error.
perf_records()
{
	local why

	# bash tells of a program that a signal ended; that is for us to say. It has
	# perf's standard error to itself here, so that must be no function.
	{
		"${record[@]}" -k CLOCK_MONOTONIC -o "$work/data" \
			-m "${ring:-$(ring_size)}" "$@" -- "${command[@]}" \
			2>&3 3>&- || status=$?
	} 3>&2 2>/dev/null
	need_room
	[ -s "$work/data" ] || {
		why=$("${record[@]}" -o /dev/null "$@" -- true 2>&1 >/dev/null) ||
			skip "perf can't record here: $(perf_reason <<<"$why")"
		fail "perf record ended with status $status and wrote nothing"
	}
}

# report COMMAND...: what it writes is the report, and ends all if it fails. The
# file of -o was made before.
report()
{
	if [ -z "$output" ]; then
		"$@" || exit 1
	elif ! "$@" >"$output"; then
		[ ! -f "$output" ] || grep '^LOST ' "$output" >&2 || :
		exit 1
	fi
}

# perf_says FIELDS PERL-FILE ARGUMENT...: what was recorded goes through a
# filter of ours; it fails if samples were lost, and then tells nothing else.
perf_says()
{
	local fields=$1 filter=$2
	shift 2

	perf script -i "$work/data" --ns --show-mmap-events --show-task-events \
		--show-lost-events -F "$fields" 2>"$work/said" |
		report perl -I"$here" "$here/$filter" --status "$status" "$@" || exit 1
	exit "$status"
}

# A demo here tells perf where its measured windows are, and waits for the ack;
# take perf's part, and note when each began and ended in $work/windows.
demo_windows()
{
	local control ack

	mkfifo "$work/control" "$work/ack"
	# Open for reading and writing, so that neither side waits for the other.
	exec {control}<>"$work/control" {ack}<>"$work/ack"
	export PERF_CTL_FD=$control PERF_ACK_FD=$ack
	perl "$here/windows.pl" "$ack" <&"$control" >"$work/windows" &
	listener=$!
}
