// SPDX-License-Identifier: MIT
/* A worker's picture of its own pages, which leaves them as they are. */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "internal.h"

/*
 * The first byte of a page that is present. Where the processor notes no
 * accesses a read may fault, and what it notes would be missed later: there
 * the kernel is asked, which reads past the entry.
 */
static char value_of(const struct lit_shared *shared, int memory, char *at)
{
	char value = 0;

	if (shared->access_flag)
		return touch_read(at);
	if (pread(memory, &value, 1, (uintptr_t)at) != 1)
		lit_keep_error((struct lit_shared *)shared,
			       lit_fail(EIO, "read /proc/self/mem"));
	return value;
}

/* A picture of the caller's pages; what is present can be read in peace. */
void lit_worker_look(void *arg)
{
	struct lit_shared *shared = arg;
	struct lit_shot *shot = &shared->shot[shared->op.proc];
	int memory = -1;

	lit_worker_part(shared);
	if (!shared->access_flag)
		memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	lit_keep_observed(shared,
			  obs_pages_of(0, shared->area, MM_AREA, shot->page));
	if (shared->heap_used)
		lit_keep_observed(shared,
				  obs_pages_of(0, shared->heap, MM_HEAP_PAGES,
					       shot->page + MM_HEAP));
	if (shared->big_used)
		lit_keep_observed(shared,
				  obs_pages_of(0, shared->big, MM_BIG_PAGES,
					       shot->page + MM_BIG));
	for (int i = 0; i < (shared->big_used ? MM_PAGES : MM_BIG); i++) {
		uint32_t flags = shot->page[i].flags;

		if (flags & OBS_PRESENT && !(flags & OBS_MAP_NONE))
			shot->value[i] = value_of(shared, memory,
						  lit_address(shared, i));
	}
	if (memory >= 0)
		close(memory);
}
