#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The tables of what a fork costs: medians over the seeds, and for our spans
# each goal and whether it is reached. The medians go to MEDIANS.csv.
#
# usage: fork_table.sh FAULTS.csv OTHERS.csv MEDIANS.csv
set -euo pipefail

awk -F, -v medians="$3" '
function median(list,   v, n, i, j, t) {
	n = split(list, v, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
			t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
		}
	return v[int((n + 1) / 2)]
}
function header(title,   i) {
	printf "\n%-17s", title
	for (i = 1; i <= names; i++)
		printf "%9s", name[i]
	print ""
}
function row(label, a, b, m,   i, k) {
	printf "%-17s", label
	for (i = 1; i <= names; i++) {
		k = name[i] SUBSEP a SUBSEP b SUBSEP m
		printf "%9s", (k in value) ? value[k] : "-"
	}
	print ""
}
function goal(what, got, limit) {
	if (got == "")
		return
	printf "%-48s %9s  <= %8s  %s\n", what, got, limit,
		(got != "-" && got + 0 <= limit + 0 ? "reached" : "short")
}
function heap_goals(a,   i, j, k) {
	for (i = 1; i <= 3; i++)
		for (j = 1; j <= 7; j++) {
			k = a SUBSEP work[j] SUBSEP actor[i] SUBSEP "faults"
			if (k in value)
				goal("faults: " work[j] ", " actor[i], value[k], limit[work[j]])
		}
}
# By the ratio to another allocator.
function ratio_goal(what, label, a, other, limit) {
	if (value[a, what] > 0 && value[other, what] > 0)
		goal(label " / " other, sprintf("%.3f", value[a, what] / value[other, what]), limit)
}
function goals(a) {
	printf "\nGoals of %s:\n", a
	heap_goals(a)
	goal("a parent that forks 300 times: growth, %", value[a, "often_growth_pc"], 2)
	ratio_goal("many_pss_mb", "twenty workers, total PSS", a, "glibc", 0.333)
	ratio_goal("redis_mb", "redis BGSAVE, new memory, short keys", a, "jemalloc", 0.25)
	ratio_goal("redis_long_mb", "redis BGSAVE, new memory, long keys", a, "jemalloc", 0.25)
}
function see(a) {
	if (!(a in seen)) { seen[a]; name[++names] = a }
}
BEGIN {
	split("fresh free_all realloc lifo replace free_1pc grow", work, " ")
	split("child parent both", actor, " ")
	split("733 88 4483 32 5150 74 6487", most, " ")
	for (i = 1; i <= 7; i++)
		limit[work[i]] = most[i]
	split("_ _ _ _ faults copy zero rest fork_ms rss", column, " ")
}
FNR == 1 { file++; next }
file == 1 {
	see($1)
	for (i = 5; i <= 10; i++)
		list[$1, $2, $3, column[i]] = list[$1, $2, $3, column[i]] " " $i
	if ($5 != "-") heaps++
}
file == 2 { see($1); value[$1, $2] = $3 }
END {
	for (k in list)
		value[k] = median(list[k])
	print "work,actor,allocator,faults,copy,zero,rest,fork_ms" >medians
	for (i = 1; i <= 3 && heaps; i++) {
		header("faults, " actor[i])
		for (j = 1; j <= 7; j++)
			row("  " work[j], work[j], actor[i], "faults")
		header("copies, " actor[i])
		for (j = 1; j <= 7; j++)
			row("  " work[j], work[j], actor[i], "copy")
		for (j = 1; j <= 7; j++)
			for (n = 1; n <= names; n++) {
				k = name[n] SUBSEP work[j] SUBSEP actor[i] SUBSEP
				printf "%s,%s,%s,%s,%s,%s,%s,%s\n", work[j], actor[i], name[n],
					value[k "faults"], value[k "copy"], value[k "zero"],
					value[k "rest"], value[k "fork_ms"] >medians
			}
	}
	header("others")
	if (heaps) {
		row("fork, ms", "fresh", "child", "fork_ms")
		row("pages before", "fresh", "child", "rss")
	}
	split("often_growth_pc many_pss_mb many_faults many_copies redis_mb redis_faults redis_long_mb redis_long_faults", what, " ")
	for (j = 1; j <= 8; j++) {
		printf "%-17s", what[j]
		for (i = 1; i <= names; i++)
			printf "%9s", ((name[i], what[j]) in value) ? value[name[i], what[j]] : "-"
		print ""
	}
	for (i = 1; i <= names; i++)
		if (name[i] == "spans" || name[i] == "thp")
			goals(name[i])
}' "$1" "$2"
