# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A picture of medians: a group of columns a workload, a column an allocator, as
# the two that source this have them in common.

command -v gnuplot >/dev/null || {
	echo "SKIP the picture: gnuplot is not installed" >&2
	exit 0
}

# An allocator has one colour in all pictures.
colour()
{
	case $1 in
	glibc) echo '#bab0ac' ;;
	jemalloc) echo '#9c755f' ;;
	mimalloc) echo '#f28e2b' ;;
	tcmalloc) echo '#76b7b2' ;;
	spans) echo '#4e79a7' ;;
	*) echo '#a0cbe8' ;;
	esac
}

# Lines "WORKLOAD ALLOCATOR VALUE" as a table, a row a workload; into $table.
# There is nothing to draw where it is empty.
tabulate()
{
	table=$(mktemp)
	trap 'rm -f "$table"' EXIT
	awk '{
		if (!($1 in row)) { row[$1]; order[++rows] = $1 }
		if (!($2 in column)) { column[$2]; name[++columns] = $2 }
		value[$1, $2] = $3
	} END {
		printf "workload"
		for (c = 1; c <= columns; c++) printf " %s", name[c]
		print ""
		for (r = 1; r <= rows; r++) {
			printf "%s", order[r]
			for (c = 1; c <= columns; c++)
				printf " %s", ((order[r], name[c]) in value) ? value[order[r], name[c]] : "-"
			print ""
		}
	}' >"$table"
	[ "$(wc -l <"$table")" -gt 1 ] || exit 0
}

# draw OUT.svg TITLE MORE: gnuplot's MORE commands set what is special; $also is
# drawn beside the columns.
draw()
{
	local i=0 name

	{
		cat <<-END
			set terminal svg size 1200,480 font 'sans,13' background 'white' noenhanced
			set output '$1'
			set title '$2'
			set style data histogram
			set style histogram clustered gap 1
			set style fill solid 0.9 noborder
			set grid ytics lc rgb '#dddddd'
			set xtics scale 0
			set key outside right top
			set datafile missing '-'
			$3
		END
		for name in $(head -n 1 "$table"); do
			[ "$i" = 0 ] || echo "set linetype $i lc rgb '$(colour "$name")'"
			i=$((i + 1))
		done
		echo "plot for [i = 2:$i] '$table' using i:xtic(1) title columnheader(i)${also:+, $also}"
	} | gnuplot
	echo "picture: $1"
}
