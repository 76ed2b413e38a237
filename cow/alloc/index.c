// SPDX-License-Identifier: MIT
/*
 * The free blocks as a search tree in the order in which the policy's list
 * would have them, so that a policy finds exactly the block that going through
 * the list would find, in logarithmic time.
 *
 * It is a treap: a binary tree in list order, and a heap in a priority that is
 * a hash of the block's address, hence balanced by chance and without a word
 * for it.  Each node knows how many nodes its subtree has (how many entries a
 * list search would have passed) and the largest block among them (whether to
 * look there at all).
 */
#include "internal.h"

#include <errno.h>

static uint64_t priority(const struct free_block *node)
{
	return block_mix((uintptr_t)node);
}

static bool goes_before(const struct index *index, const struct free_block *a,
			const struct free_block *b)
{
	size_t size_a = block_size(&a->block);
	size_t size_b = block_size(&b->block);

	if (index->by_size && size_a != size_b)
		return size_a < size_b;
	if (index->lifo)
		return a->order > b->order;
	return a < b;
}

static size_t max(size_t a, size_t b)
{
	return a > b ? a : b;
}

static void update(struct free_block *node)
{
	node->count = 1 + index_count(node->left) + index_count(node->right);
	node->largest =
		max(block_size(&node->block),
		    max(index_largest(node->left), index_largest(node->right)));
}

/* Parts a tree into what goes before @node and what goes behind it. */
static void split(const struct index *index, struct free_block *tree,
		  const struct free_block *node, struct free_block **before,
		  struct free_block **behind)
{
	if (!tree) {
		*before = NULL;
		*behind = NULL;
	} else if (goes_before(index, tree, node)) {
		split(index, tree->right, node, &tree->right, behind);
		*before = tree;
		update(tree);
	} else {
		split(index, tree->left, node, before, &tree->left);
		*behind = tree;
		update(tree);
	}
}

/* Joins two trees of which all of the one goes before all of the other. */
static struct free_block *join(struct free_block *before,
			       struct free_block *behind)
{
	if (!before || !behind)
		return before ? before : behind;
	if (priority(before) > priority(behind)) {
		before->right = join(before->right, behind);
		update(before);
		return before;
	}
	behind->left = join(before, behind->left);
	update(behind);
	return behind;
}

static struct free_block *insert(const struct index *index,
				 struct free_block *tree,
				 struct free_block *node)
{
	if (!tree || priority(node) > priority(tree)) {
		split(index, tree, node, &node->left, &node->right);
		tree = node;
	} else if (goes_before(index, node, tree)) {
		tree->left = insert(index, tree->left, node);
	} else {
		tree->right = insert(index, tree->right, node);
	}
	update(tree);
	return tree;
}

static int erase(const struct index *index, struct free_block **tree,
		 const struct free_block *node)
{
	struct free_block *here = *tree;
	int err;

	if (!here)
		return -ENOENT;
	if (here == node) {
		*tree = join(here->left, here->right);
		return 0;
	}
	err = erase(index,
		    goes_before(index, node, here) ? &here->left : &here->right,
		    node);
	if (!err)
		update(here);
	return err;
}

void index_insert(struct index *index, struct free_block *block)
{
	if (index->lifo)
		block->order = ++index->order;
	index->root = insert(index, index->root, block);
}

/* Returns 0, or -ENOENT: someone wrote to a free block. */
int index_remove(struct index *index, struct free_block *block)
{
	return erase(index, &index->root, block);
}

/* How many entries of the list come before a block that is in it. */
size_t index_rank(const struct index *index, const struct free_block *block)
{
	const struct free_block *here = index->root;
	size_t rank = 0;

	while (here && here != block) {
		if (goes_before(index, block, here)) {
			here = here->left;
		} else {
			rank += index_count(here->left) + 1;
			here = here->right;
		}
	}
	return here ? rank + index_count(here->left) : rank;
}

/* The entry of the list that has @rank others before it; NULL past the end. */
const struct free_block *index_at(const struct index *index, size_t rank)
{
	const struct free_block *here = index->root;

	while (here && rank != index_count(here->left)) {
		if (rank < index_count(here->left)) {
			here = here->left;
		} else {
			rank -= index_count(here->left) + 1;
			here = here->right;
		}
	}
	return here;
}

static const struct free_block *check(const struct index *index,
				      const struct free_block *node)
{
	const struct free_block *wrong;
	size_t largest;

	if (!node)
		return NULL;
	wrong = check(index, node->left);
	if (!wrong)
		wrong = check(index, node->right);
	if (wrong)
		return wrong;
	if (node->left && (!goes_before(index, node->left, node) ||
			   priority(node->left) > priority(node)))
		return node;
	if (node->right && (!goes_before(index, node, node->right) ||
			    priority(node->right) > priority(node)))
		return node;
	largest =
		max(block_size(&node->block),
		    max(index_largest(node->left), index_largest(node->right)));
	if (node->largest != largest ||
	    node->count !=
		    1 + index_count(node->left) + index_count(node->right))
		return node;
	return NULL;
}

/* The first node that is not where or what it should be; NULL if all are. */
const struct free_block *index_check(const struct index *index)
{
	return check(index, index->root);
}
