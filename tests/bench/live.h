/* SPDX-License-Identifier: MIT */
/*
 * A heap as a long-running program has it before it forks: many live objects
 * of 16 to 1024 bytes, small ones more often, with holes between them.
 */
#ifndef TESTS_BENCH_LIVE_H
#define TESTS_BENCH_LIVE_H

#include <stddef.h>
#include <stdint.h>

struct object {
	void *at;
	size_t size;
};

struct live {
	struct object *object;
	size_t count;
	size_t room;
	uint64_t random;
};

/* Fill @bytes with objects, free 30 % of them at random, replace 20 %. */
void live_build(struct live *live, size_t bytes, uint64_t seed);

/* Make the calling process's books its own: no later fault is theirs. */
void live_own_books(struct live *live);

/* 16 to 1024 bytes, each octave as likely as any other. */
size_t live_size(uint64_t *random);

/* Pages of the calling process that are there. */
size_t live_rss(void);

void live_add(struct live *live, size_t size);
void live_replace(struct live *live, size_t which);
void live_remove(struct live *live, size_t which);

#endif
