# SPDX-License-Identifier: MIT
# The allocators that benchmarks compare, all by preload: ours and the peers
# that are installed. Sourced.
# shellcheck shell=bash

build=${COW_BUILD:-build}

# The path of a shared library, or nothing.
library()
{
	PATH=$PATH:/sbin ldconfig -p |
		awk -v name="$1" '$1 == name && !seen++ { print $NF }'
}

# "NAME PRELOAD COWALLOC" a line, "-" for nothing. The C library is preloaded
# as well: a program may be linked to another allocator (redis-server is).
allocators()
{
	local name lib path ours

	ours=$(realpath "$build/libcowalloc.so")
	while read -r name lib; do
		path=$(library "$lib")
		if [ -n "$path" ]; then
			echo "$name $path -"
		else
			echo "SKIP $name: $lib is not installed" >&2
		fi
	done <<-END
		glibc libc.so.6
		jemalloc libjemalloc.so.2
		mimalloc libmimalloc.so.2
		tcmalloc libtcmalloc_minimal.so.4
	END
	while read -r name path; do
		if COWALLOC=$path LD_PRELOAD=$ours env true 2>/dev/null; then
			echo "$name $ours $path"
		else
			echo "SKIP $name: COWALLOC=$path is not understood" >&2
		fi
	done <<-END
		classic engine=classic
		spans engine=spans
		thp engine=spans,thp=on
	END
}

# need PROGRAM...: are they all there? Says which is not.
need()
{
	local program

	for program; do
		command -v "$program" >/dev/null || {
			echo "SKIP what needs $program: it is not installed" >&2
			return 1
		}
	done
}

# The interpreter itself: what is called python3 may be a script that looks for
# it, and would be measured as well.
python()
{
	python3 -c 'import sys; print(sys.executable)'
}
