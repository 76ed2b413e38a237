// SPDX-License-Identifier: MIT
/*
 * fit.c - a free list, and three ways to choose from it.
 *
 * The file you hand in. The handout tells what to do, fit.h what each function
 * has to keep. You may change all of it, add to it, and keep your holes in
 * another way, as long as everything is in the buffer.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "fit.h"

/*
 * The head of a block or hole. Heads are FIT_HEAD bytes, so what follows one is
 * aligned as the head is.
 */
struct hole {
	size_t size; /* bytes, with the head */
	struct hole *next; /* if it is one: the next, at a higher address */
};

/*
 * A policy, as in the allocator core (cow/alloc/internal.h): it finds the place
 * in the list, the pointer that points to the hole; NULL if none is large
 * enough.
 */
struct fit {
	struct hole **(*find)(size_t need);
};

static struct hole *holes;
static const struct fit *fit;

#ifdef SOLUTION
static struct hole **find_first(size_t need)
{
	struct hole **at;

	for (at = &holes; *at; at = &(*at)->next)
		if ((*at)->size >= need)
			return at;
	return NULL;
}

static struct hole **find_best(size_t need)
{
	struct hole **at, **best = NULL;

	for (at = &holes; *at; at = &(*at)->next)
		if ((*at)->size >= need &&
		    (!best || (*at)->size < (*best)->size))
			best = at;
	return best;
}

static struct hole **find_worst(size_t need)
{
	struct hole **at, **worst = NULL;

	for (at = &holes; *at; at = &(*at)->next)
		if ((*at)->size >= need &&
		    (!worst || (*at)->size > (*worst)->size))
			worst = at;
	return worst;
}
#else
/* Parts 2 and 4: a function for each policy. */
static struct hole **find_none(size_t need)
{
	return NULL;
}
#endif

static const struct fit fits[FIT_POLICIES] = {
#ifdef SOLUTION
	[FIT_FIRST] = { find_first },
	[FIT_BEST] = { find_best },
	[FIT_WORST] = { find_worst },
#else
	[FIT_FIRST] = { find_none },
	[FIT_BEST] = { find_none },
	[FIT_WORST] = { find_none },
#endif
};

void fit_open(void *buffer, size_t bytes, enum fit_policy policy)
{
	fit = &fits[policy];
	holes = buffer;
	holes->size = bytes;
	holes->next = NULL;
}

void *fit_malloc(size_t size)
{
#ifdef SOLUTION
	struct hole **at = NULL, *hole, *rest;
	size_t need = 2 * FIT_HEAD;

	if (size > FIT_HEAD)
		need = (FIT_HEAD + size + FIT_ALIGN - 1) & ~(FIT_ALIGN - 1UL);
	if (size <= PTRDIFF_MAX)
		at = fit->find(need);
	if (!at) {
		errno = ENOMEM;
		return NULL;
	}
	hole = *at;
	if (hole->size - need >= 2 * FIT_HEAD) {
		rest = (struct hole *)((char *)hole + need);
		rest->size = hole->size - need;
		rest->next = hole->next;
		hole->size = need;
		*at = rest;
	} else {
		*at = hole->next;
	}
	return (char *)hole + FIT_HEAD;
#else
	/* Part 2: how large a hole do you need? Part 3: what is left of it? */
	struct hole **at = fit->find(size);

	if (!at)
		errno = ENOSYS;
	return NULL;
#endif
}

#ifdef SOLUTION
/* Let a hole and the next one be one, if they touch. */
static void join(struct hole *hole)
{
	struct hole *next = hole->next;

	if (!next || (char *)hole + hole->size != (char *)next)
		return;
	hole->size += next->size;
	hole->next = next->next;
}
#else
/* Part 5: what if two holes touch? */
#endif

void fit_free(void *block)
{
#ifdef SOLUTION
	struct hole *hole, *before = NULL, *after = holes;

	if (!block)
		return;
	hole = (struct hole *)((char *)block - FIT_HEAD);
	while (after && after < hole) {
		before = after;
		after = after->next;
	}
	hole->next = after;
	if (before)
		before->next = hole;
	else
		holes = hole;
	join(hole);
	if (before)
		join(before);
#else
	/* Where does it go in the list? */
#endif
}
