#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the real programs work on, made once: a C file to compile, a repository
# to look through, a trace of a program's requests to replay.
#
# usage: prepare.sh FOLDER
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=scripts/bench/allocators.bash
. "$here/allocators.bash"
root=$(cd "$here/../.." && pwd)
build=$(realpath "$build")
folder=$1
mkdir -p "$folder"
cd "$folder"

make_source()
{
	awk 'BEGIN {
		for (i = 0; i < 160; i++) {
			printf "struct s%d { int a[%d]; struct s%d *next; long n; };\n", i, i % 7 + 1, i
			printf "static long f%d(struct s%d *s, long x)\n{\n\tlong sum = x;\n\n", i, i
			printf "\tfor (; s; s = s->next) {\n"
			for (j = 0; j < 6; j++)
				printf "\t\tif (s->n %% %d == %d)\n\t\t\tsum += s->a[%d] * x;\n", j + 2, j, j % (i % 7 + 1)
			printf "\t\tswitch (sum & 7) {\n"
			for (j = 0; j < 8; j++)
				printf "\t\tcase %d:\n\t\t\tsum ^= s->n << %d;\n\t\t\tbreak;\n", j, j
			printf "\t\t}\n\t}\n\treturn sum;\n}\n\n"
			printf "long g%d(struct s%d *s)\n{\n\treturn f%d(s, %d) + f%d(s->next, s->n);\n}\n\n", i, i, i, i, i
		}
	}' >big.c
}

make_repository()
{
	local i

	rm -rf repository
	git init -q -b main repository
	git -C repository config user.name bench
	git -C repository config user.email bench@localhost
	for i in $(seq 40); do
		for n in $(seq 25); do
			seq "$((i * n))" "$((n % 7 + 1))" "$((i * n + 4000))" \
				>"repository/$n"
		done
		git -C repository add .
		git -C repository commit -q -m "numbers $i" --date "@$i"
	done
}

make_trace()
{
	"$build/cow/tools/record" -o python -- \
		"$(python)" -c 'import json
text = json.dumps([{"a": i, "b": [str(i)] * 5} for i in range(3000)])
print(len(json.loads(text)))' >record.log 2>&1
	mv "$(find . -maxdepth 1 -name 'python.*.rep' -size +100k | head -n 1)" trace.rep
	rm -f python.*.rep
}

[ -s big.c ] || make_source
if command -v git >/dev/null && [ ! -s repository.done ]; then
	make_repository
	echo made >repository.done
fi
if command -v python3 >/dev/null && [ ! -s trace.rep ]; then
	PYTHONMALLOC=malloc make_trace
fi
cp -u "$root"/tests/bench/real/* .
