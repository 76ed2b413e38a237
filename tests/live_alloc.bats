#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# Real programs on the allocator, by preload: their output is what it is
# without; misuse is caught; forks among threads don't hang; C++ goes on when
# memory ends.
# shellcheck disable=SC2030,SC2031 # run sets status and output, anew each time

load helpers

setup_file()
{
	# Sanitizers bring an allocator of their own.
	export PRELOAD=$COW_BUILD/libcowalloc.so
	export FIXTURES=$COW_BUILD/tests/fixtures
}

setup()
{
	[ -z "$SAN" ] || skip "a sanitized program can't be preloaded"
	cd "$BATS_TEST_TMPDIR" || return
}

few='engine=spans policy=first backend=mmap,policy=best'
all='engine=spans policy=first policy=best policy=next policy=worst
	backend=mmap,policy=best backend=brk,order=lifo'

# The output of a command, which must be the same under each configuration $1.
same_output()
{
	local configs=$1 config

	shift
	"$@" >expected 2>&1
	for config in $configs; do
		COWALLOC=$config LD_PRELOAD=$PRELOAD "$@" >got 2>&1 || {
			echo "$config: status $?"
			cat got
			return 1
		}
		diff expected got || {
			echo "$config: differs"
			return 1
		}
	done
}

work_python()
{
	python3 -c '
import hashlib, json, subprocess, threading, zlib
text = json.dumps({i: str(i) * 10 for i in range(50000)})
print(hashlib.md5(text.encode()).hexdigest(), len(json.loads(text)))
print(len(zlib.compress(text.encode())))
threads = [threading.Thread(target=lambda: [bytearray(i * 100)
           for i in range(1000)]) for _ in range(4)]
[t.start() for t in threads]
[t.join() for t in threads]
print(subprocess.run(["echo", "child"], capture_output=True).stdout)'
}

work_gcc()
{
	gcc -O2 -std=gnu11 -D_GNU_SOURCE -I "$COW_ROOT/cow" -S -o - \
		"$COW_ROOT/cow/alloc/index.c" "$COW_ROOT/cow/alloc/classic.c" \
		2>&1 || gcc -O2 -std=gnu11 -D_GNU_SOURCE -I "$COW_ROOT/cow" \
		-S -o - "$COW_ROOT/cow/alloc/classic.c"
}

work_perl()
{
	perl -e 'my %h; for my $i (1..50000) { $h{$i} = "x" x ($i % 100) }
		for my $i (1..25000) { delete $h{$i * 2} }
		print scalar(keys %h), "\n";
		print join(",", sort { $a <=> $b } keys %h), "\n";'
}

work_git()
{
	rm -rf repository
	git init -q -b main repository
	seq 20000 >repository/numbers
	git -C repository add numbers
	git -C repository -c user.name=a -c user.email=a@b \
		commit -q -m numbers --date @1
	seq 2 3 20000 >repository/numbers
	git -C repository diff --stat
	git -C repository diff | md5sum
	git -C repository fsck --full
	git -C repository gc -q
	git -C repository show HEAD:numbers | md5sum
}

work_sqlite()
{
	sqlite3 :memory: "create table t(a integer primary key, b text);
		with recursive c(x) as (select 1 union all
			select x + 1 from c where x < 50000)
		insert into t select x, hex(x * 7919) from c;
		create index i on t(b);
		select count(*), sum(length(b)), max(b) from t;
		delete from t where a % 3 = 0; vacuum;
		select substr(b, 1, 3) k, count(*) from t
			group by k order by 2 desc, 1 limit 9;"
}

need()
{
	command -v "$1" >/dev/null || skip "$1 is not installed"
}

@test "python3 has the same output" {
	need python3
	same_output "$few" work_python
}

@test "gcc makes the same code" {
	need gcc
	same_output "$few" work_gcc
}

@test "perl has the same output" {
	need perl
	same_output "$few" work_perl
}

@test "git has the same output" {
	need git
	same_output "$few" work_git
}

@test "sqlite3 has the same output" {
	need sqlite3
	same_output "$few" work_sqlite
}

# A server on a socket of its own; what it answers at the end.
redis_answers()
{
	local socket=$BATS_TEST_TMPDIR/socket pid i

	redis-server --port 0 --unixsocket "$socket" --save "" \
		--dir "$BATS_TEST_TMPDIR" >redis.log 2>&1 3>&- &
	pid=$!
	for ((i = 0; i < 100; i++)); do
		[ "$(redis-cli -s "$socket" ping 2>&1)" = PONG ] && break
		sleep 0.1
	done
	redis-cli -s "$socket" eval 'for i = 1, 20000 do
		redis.call("set", "k" .. i, string.rep("v", i % 300))
		redis.call("rpush", "list" .. i % 10, i)
		redis.call("zadd", "zset", i * 7919 % 10007, i) end' 0
	redis-cli -s "$socket" save
	redis-cli -s "$socket" eval 'for i = 1, 20000, 2 do
		redis.call("del", "k" .. i) end
		return redis.call("zrange", "zset", 0, 9)' 0
	redis-cli -s "$socket" dbsize
	redis-cli -s "$socket" debug-no-such 2>&1 | head -c 3
	redis-cli -s "$socket" shutdown nosave
	wait "$pid"
}

@test "redis-server gives the same answers" {
	need redis-server
	same_output "$few" redis_answers
}

# bats test_tags=long
@test "each of them has the same output under each policy and back end" {
	local work program
	for work in python:python3 gcc perl git sqlite:sqlite3; do
		program=${work#*:}
		command -v "$program" >/dev/null || {
			left+=" $program"
			continue
		}
		same_output "$all" "work_${work%:*}"
	done
	[ -z "${left-}" ] || skip "not installed:$left"
}

# bats test_tags=long
@test "redis-server gives the same answers under each policy and back end" {
	need redis-server
	same_output "$all" redis_answers
}

@test "a bad configuration is a clear error" {
	run -2 env COWALLOC=policy=fist LD_PRELOAD="$PRELOAD" true
	[[ $output == *COWALLOC*"'policy=fist'" ]]
	run -2 env COWALLOC=policy=first,grow=12X LD_PRELOAD="$PRELOAD" true
	[[ $output == *"'grow=12X'" ]]
	run -2 env COWALLOC=policy=first,seal=off LD_PRELOAD="$PRELOAD" true
	[[ $output == *"another engine's key: 'seal=off'" ]]
}

# ls closes its standard error before it ends; its status is its own.
@test "what the heap did is told at the end, and changes no status" {
	local config

	for config in engine=spans engine=classic; do
		run -0 env COWALLOC=$config,stats=exit \
			LD_PRELOAD="$PRELOAD" ls /dev/null
		[[ $output == *"MiB in "*" blocks"* ]]
	done
	[[ $output != *forks* ]]
	run -0 bash -c 'exec 2>/dev/full; "$@"' - env \
		COWALLOC=stats=exit LD_PRELOAD="$PRELOAD" ls /dev/null
	run -0 bash -c 'exec 2>&-; "$@"' - env \
		COWALLOC=stats=exit LD_PRELOAD="$PRELOAD" ls /dev/null
}

# What an engine finds: nothing of the spans engine's lies beside a block, so
# there is nothing that writing over its end could break.
misuses_of()
{
	"$FIXTURES/free_wrong" | if [ "$1" = spans ]; then
		grep -vE '^(over|under)run$'
	else
		cat
	fi
}

@test "every misuse is reported in one line, then aborts" {
	local engine act
	for engine in spans classic; do
		for act in $(misuses_of $engine); do
			run -134 bash -c 'ulimit -c 0; "$@"' bash \
				env COWALLOC=engine=$engine LD_PRELOAD="$PRELOAD" \
				"$FIXTURES/free_wrong" "$act"
			echo "$engine, $act: $output"
			[[ ${lines[0]} =~ ^heap:\ (free|realloc)\(0x[0-9a-f]+\):\ .+ ]]
			[[ $output != *"went on"* ]]
		done
	done
}

@test "misuse can be reported and passed over" {
	local engine act
	for engine in spans classic; do
		for act in $(misuses_of $engine); do
			COWALLOC=engine=$engine,misuse=report LD_PRELOAD=$PRELOAD \
				run -0 "$FIXTURES/free_wrong" "$act"
			echo "$engine, $act: $output"
			[ "${#lines[@]}" = 2 ]
			[ "${lines[1]}" = "went on" ]
		done
	done
}

@test "writing over a block's end leaves the spans engine as it was" {
	COWALLOC=engine=spans LD_PRELOAD=$PRELOAD \
		run -0 "$FIXTURES/free_wrong" overrun
	[ "$output" = "went on" ]
}

# With so many forks under each configuration.
forks_among_threads()
{
	local config
	for config in engine=spans policy=first backend=mmap,policy=best; do
		COWALLOC=$config LD_PRELOAD=$PRELOAD \
			run -0 "$FIXTURES/fork_threads" "$1"
		[ "$output" = "$1 forks, 0 failed in a handler" ]
	done
}

@test "forks among four allocating threads don't hang" {
	forks_among_threads 60
}

# bats test_tags=long
@test "many forks among four allocating threads don't hang" {
	forks_among_threads 300
}

@test "a signal handler may fork inside malloc" {
	LD_PRELOAD=$PRELOAD run -0 "$FIXTURES/fork_handler" 300
	[ "$output" = "300 forks, 0 failed" ]
}

@test "malloc keeps its promises at the edges: no memory, cancelled, in a fork" {
	local edge
	for edge in refused kept parked sealed between large remote cancel \
		errno cacheless handlers; do
		echo "$edge"
		LD_PRELOAD=$PRELOAD run -0 timeout 60 "$FIXTURES/alloc_edges" "$edge"
		[ -z "$output" ]
	done
}

@test "C++ catches std::bad_alloc and goes on" {
	local limit config
	for limit in as data; do
		for config in engine=spans policy=first policy=best,backend=mmap \
			backend=brk; do
			COWALLOC=$config LD_PRELOAD=$PRELOAD \
				run -0 "$FIXTURES/bad_alloc" "$limit"
			echo "$limit $config: $output"
			[ "${lines[1]}" = "caught: std::bad_alloc" ]
			[ "${lines[3]}" = "goes on: yes" ]
		done
	done
}

@test "the family alone is exported, and libc's malloc is not called" {
	local names
	names=$(nm -D --defined-only "$PRELOAD" | cut -d' ' -f3 | sort | xargs)
	[ "$names" = "aligned_alloc calloc free mallinfo2 malloc malloc_trim malloc_usable_size memalign posix_memalign pvalloc realloc reallocarray valloc" ]
	# shellcheck disable=SC2016 # the inner shell's argument
	run -1 bash -c 'nm -D --undefined-only "$1" |
		grep -wE "malloc|calloc|realloc|free|strdup|printf|fopen"' \
		bash "$PRELOAD"
}
