#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A redis-server on an allocator, and redis-benchmark's requests over loopback.
# What is measured is the server; it is linked to jemalloc, and what is
# preloaded comes before that.
#
# usage: redis.sh RESULT PRELOAD COWALLOC   (as tests/bench/measure)
set -euo pipefail

build=${COW_BUILD:-build}
port=$((10000 + $$ % 20000)) # below those the kernel gives to clients
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

"${MEASURE:-$build/tests/bench/measure}" "$1" "$2" "$3" redis-server --port "$port" \
	--bind 127.0.0.1 --save '' --dir "$folder" >"$folder/log" 2>&1 &
pid=$!
tries=0
until [ "$(redis-cli -p "$port" ping 2>&1)" = PONG ]; do
	tries=$((tries + 1))
	if [ "$tries" -gt 100 ] || ! kill -0 "$pid" 2>/dev/null; then
		cat "$folder/log" >&2
		exit 1
	fi
	sleep 0.1
done
redis-benchmark -p "$port" -t set,get,lpush,hset,zadd,lpop -n 60000 -P 16 \
	-r 50000 -d 120 -q >/dev/null
redis-cli -p "$port" shutdown nosave
wait "$pid"
