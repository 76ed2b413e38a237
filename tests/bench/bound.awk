# SPDX-License-Identifier: MIT
# Is what fork_heap prints within the bound that the README states: 8 copies, and
# one for each 512 inherited pages?
{
	bound = 8 + $9 / 512
	print
	print "bound: " bound " copies"
	good = NF == 9 && $9 >= 1000 && $4 >= $5 && $5 <= bound
}
END { exit !good || NR != 1 }
