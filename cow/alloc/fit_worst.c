// SPDX-License-Identifier: MIT
/*
 * Worst fit: the largest block, so that what is left over stays useful; of
 * equals the first of the list.
 */
#include "internal.h"

static struct free_block *find(const struct heap *heap, size_t need,
			       struct search *search)
{
	size_t largest = index_largest(heap->index.root);
	struct free_block *found = NULL;

	if (largest >= need)
		found = fit_leftmost(heap->index.root, largest, search);
	search->examined = index_count(heap->index.root);
	return found;
}

const struct fit fit_worst = {
	.by_size = true,
	.find = find,
};
