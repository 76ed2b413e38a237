# SPDX-License-Identifier: MIT
# Which kind each fault was, from what the kernel did in it: the error code says
# what the processor wanted, the pages allocated beneath it what it got. The
# rules are those of mm/memory.c, do_anonymous_page() to wp_page_copy(), and the
# names those of cow/observe/kinds.c.
package kinds;
use strict;
use warnings;
no warnings "portable"; # hex() of an address
use faults;

use constant { PRESENT => 1, WRITE => 2 };

our @order = qw(zero zeropage copy reuse file remap notify huge segv retried other);
our %text = (
	zero => 'zero-fill', zeropage => 'zero page', copy => 'copy',
	reuse => 'reuse', file => 'file map', remap => 'shared re-map',
	notify => 'write-notify', huge => 'huge page', segv => 'refused',
	retried => 'retried', other => 'unexplained',
);

# Memory without a file: /dev/zero is what shared anonymous memory is called.
sub has_file
{
	my ($map) = @_;

	return $map && $map->{inode} && $map->{name} !~ m{^/dev/zero};
}

# A present page was written to, which its entry forbade.
sub written
{
	my ($fault) = @_;

	return $fault->{map} && $fault->{map}{shared} ? 'notify' : 'reuse'
		if !$fault->{page};
	return $fault->{page}{order} ? 'huge' : 'zero' if $fault->{page}{zeroed};
	return 'copy';
}

# There was no page.
sub absent
{
	my ($fault) = @_;
	my ($map, $page) = @$fault{qw(map page)};
	my $write = $fault->{code} & WRITE;

	if (has_file($map)) {
		return $write && $page && !$map->{shared} ? 'copy' : 'file';
	}
	if ($map && $map->{shared}) {
		return 'remap' if !$page;
		return $page->{order} ? 'huge' : 'zero';
	}
	if ($page) {
		return 'zeropage' if !$write && $page->{order};
		return $page->{order} ? 'huge' : 'zero';
	}
	return 'file' if $map && $map->{name} =~ /^\[v/;
	return $write ? 'other' : 'zeropage';
}

sub kind
{
	my ($fault) = @_;

	return 'segv' if $fault->{refused};
	return 'retried' if $fault->{freed};
	return absent($fault) if !($fault->{code} & PRESENT);
	return $fault->{code} & WRITE ? written($fault) : 'other';
}

# Was this done by a page fault itself, and not by an interrupt during one?
sub in_fault
{
	for (@_) {
		return $_ eq 'asm_exc_page_fault' if /^asm_|^entry_|^common_interrupt/;
	}
	return 0;
}

# Calls &$done with each fault when nothing more can happen in it.
sub new
{
	my ($class, $done) = @_;

	return bless { open => {}, done => $done }, $class;
}

sub finish
{
	my ($self, $tid) = @_;
	my $fault = delete $self->{open}{$tid} or return;

	$fault->{kind} = kind($fault);
	$self->{done}->($fault);
}

sub finish_all
{
	my ($self) = @_;

	$self->finish($_) for sort { $a <=> $b } keys %{ $self->{open} };
}

sub begin
{
	my ($self, $sample, $user) = @_;
	my ($address, $code) =
		$sample->{text} =~ /address=0x([0-9a-f]+) .*error_code=0x([0-9a-f]+)/
		or die "no fault: $sample->{text}\n";
	my $process = faults::process(@$sample{qw(pid command)});

	$self->finish($sample->{tid});
	$address = hex $address;
	$self->{open}{ $sample->{tid} } = {
		address => $address, code => hex $code, user => $user,
		image => $process->{image}, stack => $sample->{stack},
		measured => $sample->{measured},
		map => faults::map_at($process, $address),
	};
}

sub sample
{
	my ($self, $sample) = @_;
	my ($event, $text) = @$sample{qw(event text)};

	return $self->begin($sample, 1) if $event eq 'exceptions:page_fault_user';
	return $self->begin($sample, 0) if $event eq 'exceptions:page_fault_kernel';
	my $fault = $self->{open}{ $sample->{tid} } or return;
	my ($frame) = $text =~ /pfn=0x([0-9a-f]+)/;

	if ($event eq 'kmem:mm_page_alloc') {
		return if $fault->{page} || !in_fault(@{ $sample->{stack} });
		# What is read ahead into the page cache is no page of the process.
		return if $text =~ /__GFP_NORETRY/ && has_file($fault->{map});
		$fault->{page} = {
			frame => $frame, zeroed => $text =~ /__GFP_ZERO/ ? 1 : 0,
			order => $text =~ /order=(\d+)/ ? $1 : 0,
		};
	} elsif ($event eq 'kmem:mm_page_free') {
		$fault->{freed} = 1 if $fault->{page} &&
			$fault->{page}{frame} eq $frame &&
			in_fault(@{ $sample->{stack} });
	} elsif ($event eq 'signal:signal_generate') {
		# The kernel's own signals have a positive code.
		$fault->{refused} = 1 if $text =~ / code=[1-9]\d* .* pid=$sample->{tid} /;
	}
}

1;
