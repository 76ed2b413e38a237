#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# The folded stacks of flame.sh, or its list: outermost caller first.
use strict;
use warnings;
use Getopt::Long;
use faults;
use kinds;

my ($status, $copies, $top) = (0, 0, 0);
GetOptions('status=i' => \$status, 'copies' => \$copies, 'top' => \$top) or exit 2;

my (%folded, %by_code, $all);

sub count
{
	my ($command, @stack) = @_;

	# What the kernel did about the fault is the same each time.
	my ($entry) = grep { $stack[$_] eq 'asm_exc_page_fault' } 0 .. $#stack;
	splice @stack, 0, $entry + 1 if defined $entry;
	@stack = ('[unknown]') if !@stack;
	s/;/:/g for @stack;
	$folded{ join ';', $command, reverse @stack }++;
	$by_code{"$stack[0]\t$command"}++;
	$all++;
}

my $kinds = kinds->new(sub {
	my ($fault) = @_;

	count($fault->{image}{command}, @{ $fault->{stack} })
		if $fault->{kind} eq 'copy';
});

faults::read_all(\*STDIN, sub {
	my ($sample) = @_;

	return $kinds->sample($sample) if $copies;
	my $process = faults::process(@$sample{qw(pid command)});

	count($process->{image}{command}, @{ $sample->{stack} });
});
$kinds->finish_all;
faults::stop_if_lost('flame.sh');

if ($top) {
	my @first = sort { $by_code{$b} <=> $by_code{$a} || $a cmp $b } keys %by_code;

	printf "%8s %7s  %-40s %s\n", $copies ? 'copies' : 'faults', 'share', 'code', 'command';
	for (@first[0 .. ($#first < 19 ? $#first : 19)]) {
		my ($code, $command) = split /\t/;

		printf "%8d %6.2f%%  %-40s %s\n", $by_code{$_},
			100 * $by_code{$_} / $all, substr($code, 0, 40), $command;
	}
	printf "%8d %7s  in all\n", $all // 0, '';
	print "The command ", faults::ended($status), ".\n" if $status;
} else {
	print "$_ $folded{$_}\n" for sort keys %folded;
}
