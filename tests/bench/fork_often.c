// SPDX-License-Identifier: MIT
/*
 * A parent that forks again and again, as a server that saves by fork does, and
 * goes on working while each child lives: does what its allocator does for the
 * sake of the fork add up? First as many rounds without a fork, so that what is
 * measured is the forks' alone.
 *
 * Usage: fork_often [FORKS [MIB]]
 * Prints: PAGES-BEFORE PAGES-AFTER GROWTH-PERCENT
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "live.h"

static void replace_hundredth(struct live *live)
{
	for (size_t n = live->count / 100; n; n--)
		live_replace(live, bench_below(&live->random, live->count));
}

static void round_of(struct live *live, int forks)
{
	int leave[2], status;
	pid_t pid = -1;
	char byte;

	if (forks) {
		if (pipe(leave))
			err(1, "pipe");
		pid = fork();
		if (pid < 0)
			err(1, "fork");
		if (!pid) {
			close(leave[1]);
			_exit(read(leave[0], &byte, 1) != 0);
		}
		close(leave[0]);
	}
	replace_hundredth(live);
	if (forks) {
		close(leave[1]);
		if (waitpid(pid, &status, 0) != pid || status)
			errx(1, "a child ended with status %d", status);
	}
	replace_hundredth(live);
}

int main(int argc, char **argv)
{
	size_t forks = bench_count(argv, 1, 300);
	size_t mib = bench_count(argv, 2, 64);
	struct live live;
	size_t before, after;

	live_build(&live, mib << 20, 1);
	for (size_t i = 0; i < forks; i++)
		round_of(&live, 0);
	before = live_rss();
	for (size_t i = 0; i < forks; i++)
		round_of(&live, 1);
	after = live_rss();
	printf("%zu %zu %.2f\n", before, after,
	       100.0 * (double)after / (double)before - 100);
	return 0;
}
