// SPDX-License-Identifier: MIT
/*
 * exam_holes.c - which hole does a policy choose? What a head costs is the
 * student's choice, so holes are known only within bounds; what the bounds
 * leave open is not asked.
 */
#include <inttypes.h>
#include <string.h>

#include "calls.h"

#define HOLES	 9
#define REQUESTS 10
#define SLACK	 48 /* a hole may serve so much more than it was asked for */
#define LEAST	 100 /* bytes of a request: no crumb can serve it */

/* What a hole can serve, at least and at most, and where that would be. */
struct hole {
	uint64_t from, to;
	int64_t least, most;
};

static bool fits(const struct hole *h, int64_t size)
{
	return h->least >= size;
}

/* Is @a chosen before @b, whatever heads cost? They are in address order. */
static bool before(enum fit_policy policy, const struct hole *a,
		   const struct hole *b)
{
	switch (policy) {
	case FIT_BEST:
		return a->most < b->least;
	case FIT_WORST:
		return a->least > b->most;
	default:
		return a < b;
	}
}

/* The only hole that can be right; NULL where that depends. */
static struct hole *choose(struct hole *holes, enum fit_policy policy,
			   int64_t size)
{
	struct hole *found = NULL;
	int i, j;

	for (i = 0; i < HOLES; i++)
		if (holes[i].most >= size && !fits(&holes[i], size))
			return NULL;
	for (i = 0; i < HOLES && !found; i++) {
		if (!fits(&holes[i], size))
			continue;
		found = &holes[i];
		for (j = 0; j < HOLES; j++)
			if (j != i && fits(&holes[j], size) &&
			    !before(policy, &holes[i], &holes[j]))
				found = NULL;
	}
	return found;
}

static void dig(struct exam *e, struct hole *holes, uint64_t *last_end)
{
	/* Far enough apart, and in an order that no policy likes. */
	static const uint64_t sizes[HOLES] = { 560,  2140, 290, 1530, 400,
					       3000, 200,  780, 1090 };
	int order[HOLES];

	for (int i = 0; i < HOLES; i++) {
		uint64_t size = sizes[i] + exam_random(e, 60);
		uint64_t at = alloc(e, size);

		holes[i] = (struct hole){ at, at, (int64_t)size,
					  (int64_t)size + SLACK };
		*last_end = alloc(e, 40) + 40;
		order[i] = i;
	}
	fill_rest(e, *last_end);
	for (int i = HOLES - 1; i >= 0; i--) {
		int k = (int)exam_random(e, (uint64_t)i + 1);

		end(e, holes[order[k]].from);
		order[k] = order[i];
	}
}

/* What is left of a hole when a block has been taken from its front. */
static void cut(struct hole *h, uint64_t at, int64_t size)
{
	h->from = at + (uint64_t)size;
	h->to = h->from + SLACK;
	h->most -= size;
	h->least -= size + 2 * FIT_HEAD + FIT_ALIGN;
}

/* Will there be a largest hole afterwards? Else worst fit can't go on. */
static bool goes_on(const struct hole *holes, const struct hole *h,
		    int64_t size)
{
	struct hole then[HOLES];

	memcpy(then, holes, sizeof(then));
	cut(&then[h - holes], h->from, size);
	return choose(then, FIT_WORST, LEAST);
}

static void request(struct exam *e, struct hole *h, int64_t size,
		    enum fit_policy policy)
{
	uint64_t at = alloc(e, (uint64_t)size);

	exam_expected(e,
		      "by %s the block at byte %" PRIu64
		      ", in a hole of about %" PRId64 " bytes",
		      policies[policy], h->from - heap_start, h->least);
	if (at < h->from || at > h->to)
		exam_seen(e, "byte %" PRIu64, at - heap_start);
	cut(h, at, size);
}

static void test_policy(struct exam *e, enum fit_policy policy)
{
	struct hole holes[HOLES];
	uint64_t last_end;
	int asked = 0;

	open_heap(e, 16384 + 16 * exam_random(e, 64), policy);
	dig(e, holes, &last_end);
	for (int i = 0; i < 3000 && asked < REQUESTS; i++) {
		int64_t size = LEAST + (int64_t)exam_random(e, 1300);
		struct hole *h = choose(holes, policy, size);

		if (!h || (policy == FIT_WORST && !goes_on(holes, h, size)))
			continue;
		request(e, h, size, policy);
		asked++;
	}
	if (asked < 2)
		exam_broken(e, "%d requests for %s", asked, policies[policy]);
}

void test_first(struct exam *e)
{
	test_policy(e, FIT_FIRST);
}

void test_best(struct exam *e)
{
	test_policy(e, FIT_BEST);
}

void test_worst(struct exam *e)
{
	test_policy(e, FIT_WORST);
}
