// SPDX-License-Identifier: MIT
/*
 * The map from an address to the record of its span: a root that lies in the
 * library, and leaves that are made when a chunk comes to lie below them.  One
 * map serves all heaps; reading it takes no lock.
 */
#include "spans.h"

#include <errno.h>
#include <sys/mman.h>

struct span **pagemap_root[1 << ROOT_BITS];

static size_t unit_of(const char *address)
{
	return (uintptr_t)address >> UNIT_SHIFT;
}

static int make_leaf(size_t which)
{
	const size_t bytes = sizeof(struct span *) << LEAF_BITS;
	struct span **none = NULL;
	struct span **leaf;

	leaf = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (leaf == MAP_FAILED)
		return -ENOMEM;
	/* Another heap may have made it meanwhile. */
	if (!__atomic_compare_exchange_n(&pagemap_root[which], &none, leaf,
					 false, __ATOMIC_RELEASE,
					 __ATOMIC_RELAXED))
		munmap(leaf, bytes);
	return 0;
}

int pagemap_reserve(const char *start, size_t units)
{
	size_t first = unit_of(start) >> LEAF_BITS;
	size_t last = (unit_of(start) + units - 1) >> LEAF_BITS;
	size_t which;

	if (last >> ROOT_BITS)
		return -ENOMEM;
	for (which = first; which <= last; which++)
		if (!pagemap_root[which] && make_leaf(which))
			return -ENOMEM;
	return 0;
}

void pagemap_set(const char *start, struct span *span)
{
	size_t unit = unit_of(start);

	__atomic_store_n(
		&pagemap_root[unit >> LEAF_BITS][unit & ((1 << LEAF_BITS) - 1)],
		span, __ATOMIC_RELEASE);
}
