# SPDX-License-Identifier: MIT
# A hash of lists that is filled, searched by regular expressions, and halved.
use strict;
use warnings;

my (%lines, $hits);
my $n = 1;
for my $i (1 .. 180_000) {
	$n = ($n * 1103515245 + 12345) % 2147483648;
	push @{ $lines{ $n % 40_000 } }, "key$i=" . 'v' x ($n % 60) . ";$n";
}
for my $key (sort keys %lines) {
	for my $line (@{ $lines{$key} }) {
		$hits++ if $line =~ /^key(\d+)=v{5,40};(\d*7)$/;
		(my $copy = $line) =~ s/(v+)/<$1>/;
	}
	delete $lines{$key} if $key % 2;
}
print scalar(keys %lines), " $hits\n";
