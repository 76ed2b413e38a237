// SPDX-License-Identifier: MIT
/*
 * A prefork server: a parent with a table of objects forks workers, each of
 * which serves requests (short-lived objects) and replaces a few of the
 * inherited ones. How much memory do all of them take while all live, and how
 * many pages did each have to copy?
 *
 * Usage: fork_many [WORKERS [REQUESTS [MIB]]]
 * Prints: TOTAL-PSS-MB FAULTS-A-WORKER COPIES-A-WORKER
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "kinds.h"
#include "live.h"
#include "observe/observe.h"

#define MOST_WORKERS 256
#define OBJECTS	     25 /* of a request */
#define REPLACED     3 /* by a request */

static void serve(struct live *live, size_t requests)
{
	void *object[OBJECTS];

	for (size_t n = 0; n < requests; n++) {
		for (size_t i = 0; i < OBJECTS; i++)
			object[i] = bench_block(live_size(&live->random), 1);
		for (size_t i = 0; i < REPLACED; i++)
			live_replace(live,
				     bench_below(&live->random, live->count));
		for (size_t i = 0; i < OBJECTS; i++)
			free(object[i]);
	}
}

static void worker(struct live *live, size_t requests, struct kinds *kinds,
		   int done, int leave)
{
	char byte = 0;

	live_own_books(live);
	kinds_begin();
	serve(live, requests);
	kinds_end(kinds);
	if (write(done, &byte, 1) != 1 || read(leave, &byte, 1) < 0)
		_exit(1);
	_exit(0);
}

static uint64_t pss(pid_t pid)
{
	struct obs_rollup sums = { 0 };
	struct obs_proc proc;
	int rc = obs_proc_open(&proc, "", pid);

	if (!rc)
		rc = obs_rollup(&proc, &sums);
	if (rc)
		errx(1, "%s: %s", obs_what(), strerror(-rc));
	obs_proc_close(&proc);
	return sums.pss;
}

/* One at a time, so that a worker's count does not depend on the others' pace. */
static void start(struct live *live, size_t workers, size_t requests,
		  struct kinds *kinds, pid_t *pid, const int leave[2])
{
	int done[2];
	char byte;

	if (pipe(done))
		err(1, "pipe");
	for (size_t i = 0; i < workers; i++) {
		pid[i] = fork();
		if (pid[i] < 0)
			err(1, "fork");
		live->random += 2;
		if (!pid[i]) {
			close(leave[1]);
			worker(live, requests, &kinds[i], done[1], leave[0]);
		}
		if (read(done[0], &byte, 1) != 1)
			errx(1, "a worker died");
	}
}

int main(int argc, char **argv)
{
	size_t workers = bench_count(argv, 1, 20);
	size_t requests = bench_count(argv, 2, 2000);
	size_t mib = bench_count(argv, 3, 64);
	struct kinds *kinds = mmap(NULL, MOST_WORKERS * sizeof(*kinds),
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t total, faults = 0, copies = 0;
	pid_t pid[MOST_WORKERS];
	struct live live;
	int leave[2];

	if (!workers || workers > MOST_WORKERS)
		errx(2, "usage: fork_many 1..%d [REQUESTS [MIB]]",
		     MOST_WORKERS);
	if (kinds == MAP_FAILED || pipe(leave))
		err(1, "prepare");
	live_build(&live, mib << 20, 1);
	start(&live, workers, requests, kinds, pid, leave);
	total = pss(0);
	for (size_t i = 0; i < workers; i++) {
		total += pss(pid[i]);
		faults += kinds[i].faults;
		copies += kinds[i].copy;
	}
	close(leave[1]);
	for (size_t i = 0; i < workers; i++)
		waitpid(pid[i], NULL, 0);
	/* The books are no allocator's. */
	total -= (workers + 1) * live.room * sizeof(*live.object);
	printf("%.0f %lu %lu\n", (double)total / 1e6,
	       (unsigned long)(faults / workers),
	       (unsigned long)(copies / workers));
	return 0;
}
