// SPDX-License-Identifier: MIT
/*
 * What does the first work after a fork un-share? Builds a heap (live.h), forks,
 * lets the child, the parent or both work on it, and counts the page faults of
 * who works, by kind. The books lie outside, and are made private before.
 *
 * Usage: fork_heap WORK child|parent|both [SEED [MIB]]
 * Prints: WORK ACTOR SEED FAULTS COPIES ZERO-FILLS REST FORK-MS RSS-PAGES
 * (both: the larger of the two's, the child working first)
 */
#include <stdio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench.h"
#include "kinds.h"
#include "live.h"
#include "observe/observe.h"

#define FRESH 100000
#define RING  10000
#define DEEP  64

struct work {
	const char *name;
	void (*run)(struct live *live);
};

/* Short-lived objects: each lives until RING others have come. */
static void *ring[RING];

static void fresh(struct live *live)
{
	for (size_t i = 0; i < FRESH; i++) {
		void **place = &ring[i % RING];

		free(*place);
		*place = bench_block(live_size(&live->random), (int)i);
	}
	for (size_t i = 0; i < RING; i++)
		free(ring[i]);
}

static void free_all(struct live *live)
{
	while (live->count)
		live_remove(live, live->count - 1);
}

/* Bring @count objects chosen at random to the end. */
static size_t choose(struct live *live, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		size_t last = live->count - 1 - i;
		size_t other = bench_below(&live->random, last + 1);
		struct object object = live->object[last];

		live->object[last] = live->object[other];
		live->object[other] = object;
	}
	return live->count - count;
}

static void realloc_tenth(struct live *live)
{
	for (size_t i = choose(live, live->count / 10); i < live->count; i++) {
		struct object *object = &live->object[i];

		object->size = live_size(&live->random);
		object->at = bench_check(realloc(object->at, object->size),
					 "realloc", object->size);
	}
}

static void lifo(struct live *live)
{
	void *stack[DEEP];

	for (size_t n = FRESH / DEEP; n; n--) {
		for (size_t i = 0; i < DEEP; i++)
			stack[i] = bench_block(live_size(&live->random), 1);
		for (size_t i = DEEP; i--;)
			free(stack[i]);
	}
}

static void replace_tenth(struct live *live)
{
	for (size_t i = choose(live, live->count / 10); i < live->count; i++)
		live_replace(live, i);
}

static void free_hundredth(struct live *live)
{
	size_t first = choose(live, live->count / 100);

	while (live->count > first)
		live_remove(live, live->count - 1);
}

static void grow(struct live *live)
{
	for (size_t n = FRESH; n; n--)
		live_add(live, live_size(&live->random));
}

static const struct work works[] = {
	{ "fresh", fresh },
	{ "free_all", free_all },
	{ "realloc", realloc_tenth },
	{ "lifo", lifo },
	{ "replace", replace_tenth },
	{ "free_1pc", free_hundredth },
	{ "grow", grow },
};

/* So that no page of the stack is copied while it counts. */
static void touch_stack(void)
{
	char room[65536];

	touch_write_pages(room, sizeof(room) / 512, 512, 1);
}

static void count(const struct work *work, struct live *live,
		  struct kinds *kinds)
{
	live_own_books(live);
	memset(ring, 0, sizeof(ring));
	touch_stack();
	kinds_begin();
	work->run(live);
	kinds_end(kinds);
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The child works first, if at all, and is there until the parent has. */
static void child_side(const struct work *work, struct live *live,
		       struct kinds *kinds, int done, int leave)
{
	char byte = 0;

	if (work)
		count(work, live, kinds);
	if (write(done, &byte, 1) != 1 || read(leave, &byte, 1) < 0)
		_exit(1);
	_exit(0);
}

static double fork_and_count(const struct work *work, const char *actor,
			     struct live *live, struct kinds *kinds)
{
	int done[2], leave[2], status;
	double ms;
	char byte;
	pid_t pid;

	if (pipe(done) || pipe(leave))
		err(1, "pipe");
	ms = now_ms();
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (!pid) {
		close(leave[1]);
		child_side(*actor == 'p' ? NULL : work, live, &kinds[0],
			   done[1], leave[0]);
	}
	ms = now_ms() - ms;
	close(done[1]);
	if (read(done[0], &byte, 1) != 1)
		errx(1, "the child died");
	if (*actor != 'c')
		count(work, live, &kinds[1]);
	close(leave[1]);
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "the child ended with status %d", status);
	return ms;
}

static const struct work *find(const char *name)
{
	for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++)
		if (name && !strcmp(works[i].name, name))
			return &works[i];
	errx(2, "usage: fork_heap WORK child|parent|both [SEED [MIB]]");
}

int main(int argc, char **argv)
{
	const struct work *work = find(argv[1]);
	size_t seed = bench_count(argv, 3, 1);
	size_t mib = bench_count(argv, 4, 256);
	struct live live;
	struct kinds *kinds = mmap(NULL, 2 * sizeof(*kinds),
				   PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	double ms;
	size_t rss;

	if (kinds == MAP_FAILED)
		err(1, "mmap");
	if (argc < 3 || !strchr("cpb", *argv[2]))
		find(NULL);
	live_build(&live, mib << 20, seed);
	rss = live_rss();
	ms = fork_and_count(work, argv[2], &live, kinds);
	if (kinds[1].faults > kinds[0].faults)
		kinds[0] = kinds[1];
	printf("%s %s %zu %lu %lu %lu %lu %.2f %zu\n", work->name, argv[2],
	       seed, kinds->faults, kinds->copy, kinds->zero, kinds->rest, ms,
	       rss);
	return 0;
}
