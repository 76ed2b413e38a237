// SPDX-License-Identifier: MIT
/*
 * The recorder's table of live blocks: open addressing in a mapping of its own,
 * at most half full, and closed up again behind an entry that is removed.
 */
#include "ids.h"

#include <errno.h>
#include <sys/mman.h>

static struct id_entry *entries;
static size_t room; /* a power of two, or 0 */
static size_t count;

static size_t place_of(const void *ptr)
{
	return (size_t)((uintptr_t)ptr * 0x9e3779b97f4a7c15 >> 24) & (room - 1);
}

static struct id_entry *probe(const void *ptr)
{
	size_t at = place_of(ptr);

	while (entries[at].ptr && entries[at].ptr != ptr)
		at = (at + 1) & (room - 1);
	return &entries[at];
}

static int grow(void)
{
	size_t old_room = room;
	struct id_entry *old = entries;
	size_t wanted = room ? 2 * room : 1024;
	struct id_entry *made;
	size_t i;

	made = mmap(NULL, wanted * sizeof(*made), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		return -ENOMEM;
	entries = made;
	room = wanted;
	for (i = 0; i < old_room; i++)
		if (old[i].ptr)
			*probe(old[i].ptr) = old[i];
	if (old)
		munmap(old, old_room * sizeof(*old));
	return 0;
}

int ids_put(void *ptr, size_t id, size_t size)
{
	if (2 * count >= room && grow())
		return -ENOMEM;
	*probe(ptr) = (struct id_entry){ ptr, id, size };
	count++;
	return 0;
}

struct id_entry *ids_find(void *ptr)
{
	struct id_entry *entry = room ? probe(ptr) : NULL;

	return entry && entry->ptr ? entry : NULL;
}

/* Whatever a search would have reached over the gap moves into it. */
void ids_remove(struct id_entry *entry)
{
	size_t gap = (size_t)(entry - entries);
	size_t at = gap;

	for (;;) {
		at = (at + 1) & (room - 1);
		if (!entries[at].ptr)
			break;
		if (((at - place_of(entries[at].ptr)) & (room - 1)) <
		    ((at - gap) & (room - 1)))
			continue;
		entries[gap] = entries[at];
		gap = at;
	}
	entries[gap].ptr = NULL;
	count--;
}

void ids_each(void (*visit)(struct id_entry *entry))
{
	size_t i;

	for (i = 0; i < room; i++)
		if (entries[i].ptr)
			visit(&entries[i]);
}
