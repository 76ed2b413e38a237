#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Medians of a CSV of runs, as ratios to glibc: a table for each of CPU time,
# peak memory and page faults, geometric means of the groups, and the limits.
# The medians go to MEDIANS.csv, for charts. "counts": the runs were counted by
# count.sh, and the limits are none of theirs.
#
# usage: table.sh RUNS.csv MEDIANS.csv [counts]
set -euo pipefail

awk -F, -v medians="$2" -v counts="${3:-}" '
function median(list,   v, n, i, j, t) {
	n = split(list, v, " ")
	for (i = 2; i <= n; i++)
		for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
			t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
		}
	return n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2
}
# The ratio of a median to that of glibc; 0 when a run of either failed.
function ratio(m, w, a,   base) {
	base = med[m, w, "glibc"]
	return base > 0 && med[m, w, a] > 0 ? med[m, w, a] / base : 0
}
# The geometric mean over a group, of what did not fail; 0 for none.
function mean(m, g, a,   i, n, sum, r) {
	for (i = 1; i <= works; i++) {
		r = ratio(m, work[i], a)
		if (group[work[i]] == g && r > 0) { sum += log(r); n++ }
	}
	return n ? exp(sum / n) : 0
}
function is_peer(a) {
	return a != "classic" && a != "spans" && a != "thp"
}
# The name of the peer with the smallest mean; glibc is one.
function best(m, g,   i, a, b) {
	b = "glibc"
	for (i = 1; i <= names; i++)
		if (is_peer(name[i]) && mean(m, g, name[i]) > 0 &&
		    mean(m, g, name[i]) < mean(m, g, b))
			b = name[i]
	return b
}
# The best ratio of any peer, glibc among them.
function least(m, w,   i, r, b) {
	b = 1
	for (i = 1; i <= names; i++) {
		r = ratio(m, w, name[i])
		if (is_peer(name[i]) && r > 0 && r < b)
			b = r
	}
	return b
}
function width(a) {
	return length(a) < 6 ? 7 : length(a) + 1
}
function cell(r, a) {
	printf "%*s", width(a), (r > 0 ? sprintf("%.2f", r) : "FAILED")
}
function header(title, unit,   i) {
	printf "\n%s: glibc, and ratios to it (medians of %d; classic: 1 run)\n", title, rounds
	printf "%-13s%9s", "", "glibc" unit
	for (i = 1; i <= names; i++)
		if (name[i] != "glibc")
			printf "%*s", width(name[i]), name[i]
	print " sp/best"
}
function table(m, title, unit,   i, j, w, g, s) {
	header(title, unit)
	for (j = 1; j <= works; j++) {
		w = work[j]
		printf "%-13s%9s", w, sprintf((m == 1 ? "%.2f" : "%d"), med[m, w, "glibc"])
		for (i = 1; i <= names; i++)
			if (name[i] != "glibc")
				cell(ratio(m, w, name[i]), name[i])
		s = ratio(m, w, "spans")
		print (s ? sprintf("%8.2f", s / least(m, w)) : "")
		g = group[w]
		if (j < works && group[work[j + 1]] == g)
			continue
		printf "%-22s", "  mean of " g
		for (i = 1; i <= names; i++)
			if (name[i] != "glibc")
				cell(mean(m, g, name[i]), name[i])
		s = mean(m, g, "spans")
		print (s ? sprintf("%8.2f", s / mean(m, g, best(m, g))) : "")
	}
}
function goal(what, got, limit) {
	printf "%-55s %7.3f  <= %.2f  %s\n", what, got, limit,
		(got <= limit ? "reached" : "short")
}
# The largest ratio in a group ("" is any), and where.
function worst(m, g, a,   i, r, most) {
	where = "none"
	for (i = 1; i <= works; i++) {
		r = ratio(m, work[i], a)
		if ((g == "" || group[work[i]] == g) && r > most) {
			most = r; where = work[i]
		}
	}
	return most
}
function failures(a,   i, n) {
	for (i = 1; i <= works; i++)
		n += (work[i], a) in failed
	return n + 0
}
function goals(a,   b) {
	printf "\nGoals of %s:\n", a
	goal("workloads that failed", failures(a), 0)
	if (mean(1, "small", a)) {
		b = best(1, "small")
		goal("CPU, mean of small / best peer (" b ")",
		     mean(1, "small", a) / mean(1, "small", b), 1)
	}
	if (mean(1, "real", a)) {
		b = best(1, "real")
		goal("CPU, mean of real / best peer (" b ")",
		     mean(1, "real", a) / mean(1, "real", b), 1)
		goal("peak memory, mean of real / glibc", mean(2, "real", a), 1)
		most = worst(2, "real", a)
		goal("peak memory, worst real program / glibc (" where ")", most, 1.1)
	}
	most = worst(1, "", a)
	if (most)
		goal("CPU, worst workload / glibc (" where ")", most, 1.1)
}
NR == 1 { next }
{
	if (!($4 in seen)) { seen[$4]; name[++names] = $4 }
	if (!($3 in group)) { group[$3] = $2; work[++works] = $3 }
	for (m = 1; m <= 3; m++) {
		if ($(4 + m) == "-") failed[$3, $4]
		list[m, $3, $4] = list[m, $3, $4] " " $(4 + m)
	}
	rounds = $1 + 1
}
END {
	print "group,workload,allocator,seconds,kib,faults,cpu_ratio,rss_ratio,fault_ratio" >medians
	for (j = 1; j <= works; j++)
		for (i = 1; i <= names; i++)
			for (m = 1; m <= 3; m++)
				if (!((work[j], name[i]) in failed))
					med[m, work[j], name[i]] = \
						median(list[m, work[j], name[i]])
	for (j = 1; j <= works; j++)
		for (i = 1; i <= names; i++) {
			w = work[j]; a = name[i]
			printf "%s,%s,%s,%.4f,%d,%d,%.4f,%.4f,%.4f\n", group[w],
				w, a, med[1, w, a], med[2, w, a], med[3, w, a],
				ratio(1, w, a), ratio(2, w, a), ratio(3, w, a) >medians
		}
	table(1, counts ? "Instructions" : "CPU time", counts ? " M" : " s")
	table(2, counts ? "Misses of 32 KiB" : "Peak memory", " K")
	table(3, counts ? "Misses of 512 KiB" : "Page faults", counts ? " K" : "")
	for (i = 1; i <= names; i++)
		if (!counts && (name[i] == "spans" || name[i] == "thp"))
			goals(name[i])
}' "$1"
