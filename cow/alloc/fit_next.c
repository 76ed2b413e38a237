// SPDX-License-Identifier: MIT
/*
 * Next fit: the first block that is large enough from where the last search
 * ended, and from the beginning of the list again after its end.
 */
#include "internal.h"

static bool is_behind(const struct heap *heap, const struct free_block *node)
{
	if (heap->index.lifo)
		return node->order <= heap->cursor.order;
	return (uintptr_t)node >= heap->cursor.address;
}

/* The leftmost node of at least @need bytes behind the cursor. */
static struct free_block *leftmost_behind(const struct heap *heap,
					  struct free_block *tree, size_t need,
					  struct search *search)
{
	struct free_block *found;

	if (index_largest(tree) < need)
		return NULL;
	search->steps++;
	if (!is_behind(heap, tree))
		return leftmost_behind(heap, tree->right, need, search);
	found = leftmost_behind(heap, tree->left, need, search);
	if (found)
		return found;
	if (block_size(&tree->block) >= need)
		return tree;
	return fit_leftmost(tree->right, need, search);
}

/* How many entries of the list lie before the cursor. */
static size_t count_before(const struct heap *heap)
{
	const struct free_block *here = heap->index.root;
	size_t count = 0;

	while (here) {
		if (is_behind(heap, here)) {
			here = here->left;
		} else {
			count += index_count(here->left) + 1;
			here = here->right;
		}
	}
	return count;
}

static struct free_block *find(const struct heap *heap, size_t need,
			       struct search *search)
{
	struct free_block *root = heap->index.root;
	size_t before = count_before(heap);
	struct free_block *found;
	size_t rank;

	found = leftmost_behind(heap, root, need, search);
	if (!found)
		found = fit_leftmost(root, need, search);
	search->examined = index_count(root);
	if (!found)
		return NULL;
	rank = index_rank(&heap->index, found);
	if (rank >= before)
		search->examined = rank - before + 1;
	else
		search->examined += rank - before + 1;
	return found;
}

const struct fit fit_next = {
	.find = find,
};
