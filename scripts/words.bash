# SPDX-License-Identifier: MIT
# What is given by make's variables, and may be mistyped. Sourced.
# shellcheck shell=bash

# number NAME VALUE: ends unless VALUE is a number from 1 on.
number()
{
	[[ $2 =~ ^[1-9][0-9]{0,8}$ ]] || {
		echo "$1=$2: expected a number from 1 on" >&2
		exit 2
	}
}

# known NAME "WORDS" KNOWN...: ends unless each of WORDS is one that is known,
# or the end of one, as fork_cow is of cow/fork_cow.
known()
{
	local name=$1 word given

	read -ra given <<<"$2"
	shift 2
	for word in "${given[@]}"; do
		[[ " $* " == *[\ /]"$word "* ]] || {
			echo "$name: no '$word'; there is: $*" | fold -sw 79 |
				sed 's/ $//' >&2
			exit 2
		}
	done
}
