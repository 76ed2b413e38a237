#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What does a redis-server's background save cost while 50,000 SETs come in?
# A million keys with 100 bytes each, called by a printf format (key:%d); the save
# is slowed down (rdb-key-save-delay), so that all SETs fall into it. Read while
# the child lives: the parent's private dirty memory (smaps_rollup) and its page
# faults, as they grew since the fork.
#
# usage: fork_redis.sh PRELOAD COWALLOC [FORMAT]   ("" for none: its own jemalloc)
# Prints: MB-PRIVATE FAULTS
set -euo pipefail

port=$((10000 + $$ % 20000)) # below those the kernel gives to clients
keys=1000000
format=${3:-key:%d}
folder=$(mktemp -d)
pid=
finish()
{
	[ -z "$pid" ] || kill "$pid" 2>/dev/null || :
	wait 2>/dev/null || :
	rm -rf "$folder"
}
trap finish EXIT

ask()
{
	redis-cli -p "$port" "$@"
}

field()
{
	ask info "$1" | tr -d '\r' | awk -F: -v name="$2" '$1 == name { print $2 }'
}

# "PRIVATE-KB FAULTS" of the server, by now.
usage()
{
	echo "$(awk '/^Private_Dirty/ { print $2 }' "/proc/$pid/smaps_rollup")" \
		"$(awk '{ print $10 }' "/proc/$pid/stat")"
}

awk -v keys="$keys" -v format="$format" 'BEGIN {
	srand(1)
	value = sprintf("%100s", "")
	gsub(" ", "w", value)
	for (i = 0; i < 50000; i++)
		printf "SET " format " %s\n", int(rand() * keys), value
}' >"$folder/sets"
env ${1:+LD_PRELOAD="$1"} ${2:+COWALLOC="$2"} redis-server --port "$port" \
	--bind 127.0.0.1 --save '' --dir "$folder" \
	--rdb-key-save-delay 2000 >"$folder/log" 2>&1 &
pid=$!
for ((i = 0; i < 100; i++)); do
	[ "$(ask ping 2>&1)" = PONG ] && break
	sleep 0.1
done
ask eval 'for i = 0, tonumber(ARGV[1]) - 1 do
	redis.call("set", string.format(ARGV[2], i), string.rep("v", 100))
	end' 0 "$keys" "$format" >/dev/null
ask bgsave >/dev/null
[ "$(field persistence rdb_bgsave_in_progress)" = 1 ]
read -r kb faults < <(usage)
ask --pipe <"$folder/sets" >/dev/null
read -r kb_after faults_after < <(usage)
[ "$(field persistence rdb_bgsave_in_progress)" = 1 ] || {
	echo "the save ended before the SETs did" >&2
	exit 1
}
awk -v kb=$((kb_after - kb)) -v faults=$((faults_after - faults)) \
	'BEGIN { printf "%.1f %d\n", kb / 1000, faults }'
