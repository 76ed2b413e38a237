/* SPDX-License-Identifier: MIT */
/*
 * The recorder's table of live blocks: which id a pointer has in the trace.
 */
#ifndef COW_ALLOC_PRELOAD_IDS_H
#define COW_ALLOC_PRELOAD_IDS_H

#include "preload.h"

struct id_entry {
	void *ptr; /* NULL: nothing here */
	size_t id;
	size_t size;
};

HIDDEN int ids_put(void *ptr, size_t id, size_t size);
HIDDEN struct id_entry *ids_find(void *ptr);
HIDDEN void ids_remove(struct id_entry *entry);
HIDDEN void ids_each(void (*visit)(struct id_entry *entry));

#endif
