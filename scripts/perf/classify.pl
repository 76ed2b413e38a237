#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# The table of classify.sh: how many faults of each kind, in all and by process.
use strict;
use warnings;
use Getopt::Long;
use faults;
use kinds;

my ($status, $json, $windows) = (0, 0);
GetOptions('status=i' => \$status, 'json' => \$json, 'windows=s' => \$windows)
	or exit 2;

# When a demo measured: pairs of a beginning and an end, nanoseconds.
my (@windows, %by_kind, @odd);
if ($windows) {
	open my $in, '<', $windows or die "open $windows: $!\n";
	while (<$in>) {
		/^(enable|disable) (\d+)$/ or die "no window: $_";
		push @windows, [] if $1 eq 'enable';
		push @{ $windows[-1] }, $2;
	}
	die "classify.sh: no window was seen: only demos tell when they measure\n"
		if !@windows;
}

sub measured
{
	my ($time) = @_;

	return 1 if !$windows;
	shift @windows while @windows && $windows[0][1] < $time;
	return @windows && $windows[0][0] <= $time;
}

my $kinds = kinds->new(sub {
	my ($fault) = @_;
	my ($kind, $image) = @$fault{qw(kind image)};

	return if !$fault->{measured};
	$by_kind{$kind}{ $fault->{user} ? 'user' : 'kernel' }++;
	$image->{kinds}{$kind}++;
	push @odd, sprintf('%s %#x, code %#x, %s', $image->{command},
		$fault->{address}, $fault->{code},
		$fault->{map} ? $fault->{map}{name} : 'no known mapping')
		if $kind eq 'other';
});

faults::read_all(\*STDIN, sub {
	my ($sample) = @_;

	$sample->{measured} = measured($sample->{time});
	$kinds->sample($sample);
});
$kinds->finish_all;
faults::stop_if_lost('classify.sh');

sub sum
{
	my $sum = 0;

	$sum += $_ // 0 for @_;
	return $sum;
}

sub quoted
{
	my ($text) = @_;

	$text =~ s/(["\\])/\\$1/g;
	$text =~ s/([\x00-\x1f])/sprintf('\\u%04x', ord $1)/ge;
	return "\"$text\"";
}

sub in_json
{
	my (%of) = @_;

	return '{' . join(', ', map { "\"$_\": $of{$_}" }
		grep { $of{$_} } @kinds::order) . '}';
}

my %all = map { $_ => sum(values %{ $by_kind{$_} }) } @kinds::order;
my @images = grep { sum(values %{ $_->{kinds} }) } @faults::images;

if ($json) {
	for (@images) {
		printf qq({"process": "%s", "command": %s, "faults": %d, "kinds": %s}\n),
			$_->{name}, quoted($_->{command}),
			sum(values %{ $_->{kinds} }), in_json(%{ $_->{kinds} });
	}
	printf qq({"faults": %d, "kinds": %s, "status": %d}\n),
		sum(values %all), in_json(%all), $status;
	exit 0;
}

my $line = "%-16s %10s %10s %10s\n";
printf $line, 'kind', 'user', 'kernel', 'faults';
for (@kinds::order) {
	printf $line, $kinds::text{$_}, $by_kind{$_}{user} // 0,
		$by_kind{$_}{kernel} // 0, $all{$_} if $all{$_};
}
printf $line, 'all', (map {
	my $mode = $_;
	sum(map { $by_kind{$_}{$mode} } @kinds::order)
} qw(user kernel)), sum(values %all);

my $row = "%-9s %-16s %9s %9s %9s %9s %9s\n";
print "\n";
printf $row, 'process', 'command', 'zero-fill', 'zero page', 'copy', 'reuse', 'others';
for my $image (@images) {
	my @main = map { $image->{kinds}{$_} // 0 } qw(zero zeropage copy reuse);

	printf $row, $image->{name}, substr($image->{command}, 0, 16), @main,
		sum(values %{ $image->{kinds} }) - sum(@main);
}
print "\nThe command ", faults::ended($status), ".\n" if $status;
print "unexplained: $_\n" for @odd[0 .. ($#odd < 9 ? $#odd : 9)];
