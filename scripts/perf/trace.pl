#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# The list of trace.sh: reads what perf trace says of faults, a line each.
use strict;
use warnings;
no warnings "portable"; # hex() of an address
use Getopt::Long;
use faults;

my ($status, $page, $own) = (0, 0, '');
GetOptions('status=i' => \$status, 'page=i' => \$page, 'own=s' => \$own) or exit 2;

my ($run, $start, $all, $lines, $major) = (undef, undef, 0, 0, 0);
my @lines;

sub put
{
	return if !$run;
	my ($code, $what) = @$run{qw(code what)};

	# A file by its own name, and where in it; other memory by its address.
	$what =~ s{.*/}{};
	$what =~ s/ \(deleted\)$//;
	my $room = 26 - length($run->{at});

	substr($what, 0, length($what) - $room + 2) = '..' if length($what) > $room;
	push @lines, sprintf "%9.3f %-16s %5d %s %-18s %s\n", $run->{time},
		substr($run->{who}, -16), $run->{pages}, $run->{major} ? 'M' : ' ',
		substr($code, 0, 18), $what . $run->{at};
	$run = undef;
}

while (<STDIN>) {
	if (/LOST (\d+) events/) {
		$faults::lost += $1;
		next;
	}
	my ($time, $who, $kind, $code, $what) =
		m{^\s*([\d.]+) \([^)]*\): (.*/\d+) (maj|min)fault \[(.*?)\] => (.*) \(..\)$}
		or next;
	next if $who =~ m{^\Q$own\E/};
	my ($name, $at) = $what =~ /^(.*)@(0x[0-9a-f]+)$/ ? ($1, $2) : ('', $what);
	my $number = int(hex($at) / $page);

	$code =~ s/\+0x[0-9a-f]+$//;
	$name = '[anonymous]' if $name eq '//anon';
	$name =~ s{^/tmp/perf-vdso\.so-.*}{[vdso]};
	$start //= $time;
	$all++;
	$major++ if $kind eq 'maj';
	if ($run && $run->{who} eq $who && $run->{code} eq $code &&
	    $run->{what} eq $name && $run->{next} == $number &&
	    $run->{major} == ($kind eq 'maj')) {
		$run->{pages}++;
		$run->{next}++;
		next;
	}
	put();
	$run = { time => $time - $start, who => $who, code => $code, what => $name,
		 at => sprintf('%s%#x', $name =~ /^\[/ ? ' ' : $name ? '+' : '', $number * $page), pages => 1,
		 next => $number + 1, major => $kind eq 'maj' };
}
put();
faults::stop_if_lost('trace.sh');

printf "%9s %-16s %5s %s %-18s %s\n", 'ms', 'command/task', 'pages', ' ', 'code', 'touched';
print @lines;
print "\n", faults::count($all, 'fault'), ", $major of them major (M: read from the disk)\n";
print "The command ", faults::ended($status), ".\n" if $status;
