// SPDX-License-Identifier: MIT
/*
 * Best fit: the smallest block that is large enough; of equals the first of the
 * list.  In a list that is in no order of size, all of it has to be looked at.
 */
#include "internal.h"

static struct free_block *find(const struct heap *heap, size_t need,
			       struct search *search)
{
	struct free_block *found;

	found = fit_leftmost(heap->index.root, need, search);
	search->examined = index_count(heap->index.root);
	return found;
}

const struct fit fit_best = {
	.by_size = true,
	.find = find,
};
