// SPDX-License-Identifier: MIT
/*
 * The map from an address to the record of its span: a root, and leaves that are
 * made when a chunk comes to lie below them.  The root and the first leaf, which
 * is the near one, lie in the library.  One map serves all heaps; reading it takes
 * no lock.
 */
#include "spans.h"

#include <errno.h>
#include <sys/mman.h>

struct span **pagemap_root[1 << ROOT_BITS];
struct span *pagemap_near[1 << LEAF_BITS];
/* The first unit that it has an entry for; until then one that no address has. */
uintptr_t pagemap_near_unit = ~(~(uintptr_t)0 >> 1);

static size_t unit_of(const char *address)
{
	return (uintptr_t)address >> UNIT_SHIFT;
}

/* False if another heap has put one there meanwhile. */
static bool put_leaf(size_t which, struct span **leaf)
{
	struct span **none = NULL;

	return __atomic_compare_exchange_n(&pagemap_root[which], &none, leaf,
					   false, __ATOMIC_RELEASE,
					   __ATOMIC_RELAXED);
}

static int make_leaf(size_t which)
{
	const size_t bytes = sizeof(struct span *) << LEAF_BITS;
	struct span **leaf;

	leaf = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (leaf == MAP_FAILED)
		return -ENOMEM;
	if (!put_leaf(which, leaf))
		munmap(leaf, bytes);
	return 0;
}

/*
 * The first one needs no memory of its own; whether it is in its place.  Of two
 * heaps that come at once one may find the other's there.
 */
static bool put_near(size_t which)
{
	static atomic_flag used = ATOMIC_FLAG_INIT;

	if (atomic_flag_test_and_set(&used))
		return false;
	if (!put_leaf(which, pagemap_near)) {
		atomic_flag_clear(&used);
		return false;
	}
	__atomic_store_n(&pagemap_near_unit, which << LEAF_BITS,
			 __ATOMIC_RELAXED);
	return true;
}

static bool has_leaf(size_t which)
{
	return __atomic_load_n(&pagemap_root[which], __ATOMIC_RELAXED);
}

int pagemap_reserve(const char *start, size_t units)
{
	size_t first = unit_of(start) >> LEAF_BITS;
	size_t last = (unit_of(start) + units - 1) >> LEAF_BITS;
	size_t which;

	if (last >> ROOT_BITS)
		return -ENOMEM;
	for (which = first; which <= last; which++)
		if (!has_leaf(which) && !put_near(which) && make_leaf(which))
			return -ENOMEM;
	return 0;
}

/* Of units that were reserved, so there is an entry. */
void pagemap_set(const char *start, struct span *span)
{
	__atomic_store_n(pagemap_entry(unit_of(start)), span, __ATOMIC_RELEASE);
}
