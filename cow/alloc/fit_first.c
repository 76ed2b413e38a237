// SPDX-License-Identifier: MIT
/*
 * First fit: the first block of the list that is large enough.
 */
#include "internal.h"

/*
 * The leftmost node of at least @need bytes; NULL if there is none.  Whatever
 * is passed on the right was passed in the list as well.
 */
struct free_block *fit_leftmost(struct free_block *tree, size_t need,
				struct search *search)
{
	if (index_largest(tree) < need)
		return NULL;
	for (;;) {
		search->steps++;
		if (index_largest(tree->left) >= need) {
			tree = tree->left;
			continue;
		}
		search->examined += index_count(tree->left) + 1;
		if (block_size(&tree->block) >= need)
			return tree;
		tree = tree->right;
	}
}

static struct free_block *find(const struct heap *heap, size_t need,
			       struct search *search)
{
	struct free_block *found;

	found = fit_leftmost(heap->index.root, need, search);
	if (!found)
		search->examined = index_count(heap->index.root);
	return found;
}

const struct fit fit_first = {
	.find = find,
};
