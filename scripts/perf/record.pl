#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# The picture of record.sh: for each process and each of its mappings a strip, in
# which a character is a page, or several pages of a large mapping.
use strict;
use warnings;
no warnings "portable"; # hex() of an address
use Getopt::Long;
use faults;

use constant WIDTH => 64;

my ($status, $page) = (0, 0);
GetOptions('status=i' => \$status, 'page=i' => \$page) or exit 2;

my ($all, $user_only) = (0, 0);

faults::read_all(\*STDIN, sub {
	my ($sample) = @_;
	my ($address) = $sample->{text} =~ /^\s*([0-9a-f]+)/
		or die "no address: $sample->{text}\n";
	my $process = faults::process(@$sample{qw(pid command)});
	my $map = faults::map_at($process, hex $address);
	my $name = $map ? $map->{name} : '(no mapping that perf was told of)';

	$user_only = 1 if $sample->{event} =~ /:u$/;
	$process->{image}{heat}{$name}{ int(hex($address) / $page) }++;
	$process->{image}{faults}++;
	$all++;
});
faults::stop_if_lost('record.sh');

# A file's parts lie side by side, and what grew was seen more than once.
sub areas
{
	my ($image) = @_;
	my %heat = %{ $image->{heat} };
	my @parts = sort { $a->{start} <=> $b->{start} } map {
		{ name => $_->{name}, start => $_->{start} / $page, end => $_->{end} / $page }
	} grep { $heat{ $_->{name} } } @{ $image->{seen} };
	my (@areas, %last);

	for my $name (keys %heat) {
		push @parts, map { { name => $name, start => $_, end => $_ + 1 } }
			sort { $a <=> $b } keys %{ $heat{$name} };
	}
	for my $part (sort { $a->{start} <=> $b->{start} } @parts) {
		my $area = $last{ $part->{name} };

		if ($area && $part->{start} <= $area->{end}) {
			$area->{end} = $part->{end} if $part->{end} > $area->{end};
		} else {
			push @areas, $last{ $part->{name} } = $part;
		}
	}
	return @areas;
}

sub show
{
	my ($image, $area) = @_;
	my $heat = $image->{heat}{ $area->{name} };
	my $pages = $area->{end} - $area->{start};
	my ($each, $sum, $touched) = (1, 0, 0);
	my @most;

	# By what was touched: there are mappings of terabytes.
	$each *= 2 while $each * WIDTH < $pages;
	for my $at (grep { $_ >= $area->{start} && $_ < $area->{end} } keys %$heat) {
		my $place = int(($at - $area->{start}) / $each);
		my $faults = $heat->{$at};

		$sum += $faults;
		$touched++;
		$most[$place] = $faults if $faults > ($most[$place] // 0);
	}
	return if !$sum;
	my $strip = join '', map { $_ ? $_ > 9 ? '+' : $_ : '.' }
		map { $most[$_] } 0 .. int(($pages - 1) / $each);
	my $name = $area->{name};

	substr($name, 0, length($name) - 57) = '...' if length($name) > 60;
	printf "%8d %8d%s %s\n         %s%s\n", $pages, $sum,
		$sum == $touched ? ' ' : '*', $name, $strip,
		$each == 1 ? '' : "  x$each";
}

for my $image (grep { $_->{faults} } @faults::images) {
	printf "process %s: %s, %s\n", $image->{name}, $image->{command},
		faults::count($image->{faults}, 'fault');
	printf "%8s %8s  %s\n", qw(pages faults mapping);
	show($image, $_) for areas($image);
	print "\n";
}
print "key  . no fault   1-9 so many on a page   + more   * more than one on some page\n";
print "     xN a character is N pages: what the most faulted of them had\n";
printf "all  %s%s\n", faults::count($all, 'fault'), $user_only ?
	', user mode only: those in system calls are not for us to see' : '';
print "The command ", faults::ended($status), ".\n" if $status;
