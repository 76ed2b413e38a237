#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# perf's side of its control protocol, for a demo that tells when it measures:
# answers each word on standard input with an ack on descriptor ARG, and prints
# the word with the time on the clock that perf's samples have.
use strict;
use warnings;

# The tracepoints of page faults are x86's, and so is this number.
use constant { SYS_CLOCK_GETTIME => 228, CLOCK_MONOTONIC => 1 };

open my $ack, '>&=', $ARGV[0] or die "open descriptor $ARGV[0]: $!\n";
$| = 1;
while (my $word = <STDIN>) {
	my $now = pack 'qq', 0, 0;

	chomp $word;
	syscall(SYS_CLOCK_GETTIME, CLOCK_MONOTONIC, $now) == 0
		or die "clock_gettime: $!\n";
	printf "%s %d%09d\n", $word, unpack 'qq', $now;
	syswrite $ack, "ack\n";
}
