# SPDX-License-Identifier: MIT
# What `perf script` prints, read back: processes with names that are the same
# in every run, their mappings at each moment, and samples with their stacks.
package faults;
use strict;
use warnings;
no warnings "portable"; # hex() of an address

# The processes in order of appearance; each image that one executes is a row.
our @images;
our $lost = 0;
my (%process, %lost);

sub new_image
{
	my ($process, $command) = @_;
	my $image = {
		name => $process->{name}, command => $command,
		seen => [ grep { !$_->{none} } @{ $process->{maps} } ],
	};

	push @images, $image;
	$process->{image} = $image;
}

# "1" is the command, "1.2" what its second fork made.
sub process
{
	my ($pid, $command) = @_;

	if (!$process{$pid}) {
		$process{$pid} = { name => '1', maps => [], forks => 0 };
		new_image($process{$pid}, $command);
	}
	return $process{$pid};
}

sub forked
{
	my ($pid, $parent) = @_;

	return if $pid == $parent;
	my $from = process($parent, '?');

	$process{$pid} = {
		name => $from->{name} . '.' . ++$from->{forks},
		maps => $from->{maps},
		shared => 1,
		forks => 0,
	};
	$from->{shared} = 1;
	new_image($process{$pid}, $from->{image}{command});
	$process{$pid}{image}{program} = $from->{image}{program};
}

# The index of the first mapping that ends above an address.
sub above
{
	my ($maps, $address) = @_;
	my ($low, $high) = (0, scalar @$maps);

	while ($low < $high) {
		my $middle = ($low + $high) >> 1;

		if ($maps->[$middle]{end} > $address) {
			$high = $middle;
		} else {
			$low = $middle + 1;
		}
	}
	return $low;
}

# perf knows the program break by its name only once it has moved again, and
# the memory behind a program's own data not at all.
sub name_of
{
	my ($image, $start, $name, $inode) = @_;

	$image->{program} //= { name => $name } if $inode;
	my $program = $image->{program} or return $name;

	if ($name eq $program->{name}) {
		return $name;
	} elsif ($name eq '//anon' && $program->{end}) {
		my $gap = $start - $program->{end};

		return $program->{name} if $gap == 0;
		return '[heap]' if $gap > 0 && $gap <= 1 << 30;
	}
	return $name eq '//anon' ? '[anonymous]' : $name;
}

# A new mapping replaces what was in its way, in whole or in part.
sub mapped
{
	my ($process, $map) = @_;
	my ($start, $end) = @$map{qw(start end)};

	push @{ $process->{image}{seen} }, $map if !$map->{none};
	# fork() made two processes share one list.
	$process->{maps} = [ @{ $process->{maps} } ] if delete $process->{shared};
	my $maps = $process->{maps};
	my $from = above($maps, $start);
	my ($to, @kept) = ($from);

	for (; $to < @$maps && $maps->[$to]{start} < $end; $to++) {
		my $old = $maps->[$to];

		unshift @kept, { %$old, end => $start } if $old->{start} < $start;
		push @kept, { %$old, start => $end } if $old->{end} > $end;
	}
	my $at = @kept && $kept[0]{end} == $start ? 1 : 0;
	splice @kept, $at, 0, $map;
	splice @$maps, $from, $to - $from, @kept;
}

# The mapping at an address; one we know nothing of has no name.
sub map_at
{
	my ($process, $address) = @_;
	my $maps = $process->{maps};
	my $map = $maps->[above($maps, $address)];

	# The stack grows downwards as it is needed, and perf is not told.
	return $map if $map && ($map->{start} <= $address ||
		$map->{name} eq '[stack]' && $map->{start} - $address < 1 << 30);
	return undef;
}

sub record
{
	my ($event, $text, $command, $pid) = @_;

	if ($event eq 'MMAP2' && $text =~
	    m{^(\d+)/\d+: \[0x([0-9a-f]+)\(0x([0-9a-f]+)\) @ \S+ \S+ (\d+) \d+\]: (\S{4}) (.*)$}) {
		my ($pid, $start, $size, $inode, $prot, $name) =
			($1, hex $2, hex $3, $4, $5, $6);
		my $process = process($pid, $command);
		my $image = $process->{image};

		$name = name_of($image, $start, $name, $inode);
		$image->{program}{end} = $start + $size
			if $image->{program} && $name eq $image->{program}{name};
		mapped($process, {
			start => $start, end => $start + $size, inode => $inode,
			shared => substr($prot, 3) eq 's', name => $name,
			none => scalar($prot =~ /^---/),
		});
	} elsif ($event eq 'COMM' && $text =~ m{^ ?exec: (.*):(\d+)/\d+$}) {
		my $process = process($2, $1);

		$process->{maps} = [];
		delete $process->{shared};
		pop @images if !$process->{executed} && $process->{image} == $images[-1];
		new_image($process, $1);
		$process->{executed} = 1;
	} elsif ($event eq 'FORK' && $text =~ /^\((\d+):\d+\):\((\d+):\d+\)/) {
		forked($1, $2);
	} elsif ($event =~ /^LOST/ && $text =~ /lost (\d+)/) {
		$lost{$event} += $1;
	}
}

# Call &$sample with each sample: {time, command, pid, tid, event, text, stack}.
sub read_all
{
	my ($in, $sample) = @_;
	my $now;

	while (my $line = <$in>) {
		if ($line =~ /^\t\s*[0-9a-f]+ (.*?)(?: \((\S+)\))?$/) {
			push @{ $now->{stack} }, $1 eq '[unknown]' && $2 ?
				'[' . ($2 =~ s{.*/}{}r) . ']' : $1 if $now;
			next;
		}
		next if $line !~
		    m{^\s*(\S.*?)\s+(-?\d+)/(\d+)\s+(\d+\.\d+):\s+(?:PERF_RECORD_([A-Z0-9_]+)(.*)|(\S+):\s(.*))$};
		&$sample($now) if $now;
		$now = undef;
		if (defined $5) {
			my ($event, $text) = ($5, $6);

			$text =~ s/^:? //;
			record($event, $text, $1, $2);
		} else {
			$now = { command => $1, pid => $2, tid => $3, time => $4,
				 event => $7, text => $8, stack => [] };
			# Nanoseconds, too many for a floating point number.
			$now->{time} =~ s/\.//;
		}
	}
	&$sample($now) if $now;
	# Two ways to tell of the same: each sums up on its own.
	for (values %lost) {
		$lost = $_ if $_ > $lost;
	}
}

# Rather no number than a wrong one.
sub stop_if_lost
{
	my ($recipe) = @_;

	return if !$lost;
	print "LOST $recipe: ", count($lost, 'sample'), " did not fit into the ring: no count is given; try a larger --ring\n";
	exit 1;
}

# Which recipe's filter this is: classify.sh has classify.pl.
sub recipe
{
	return $0 =~ s{.*/}{}r =~ s/\.pl$/.sh/r;
}

# What is still to be written may find no room, after all went well.
END {
	if (!close STDOUT) {
		warn recipe(), ": writing the report: $!\n";
		$? = 1;
	}
}

# "1 fault", "2 faults".
sub count
{
	my ($n, $what) = @_;

	return "$n $what" . ($n == 1 ? '' : 's');
}

# What the shell says of an exit status.
sub ended
{
	my ($status) = @_;

	return $status > 128 ? sprintf('was ended by signal %d', $status - 128) :
			       "ended with status $status";
}

1;
