// SPDX-License-Identifier: MIT
/* The words of the scenario language, to read and to write. */
#include "internal.h"

const char *const lit_op_word[MM_OPS] = {
	[MM_OP_MMAP] = "map",	       [MM_OP_MUNMAP] = "munmap",
	[MM_OP_MPROTECT] = "mprotect", [MM_OP_MREMAP] = "mremap",
	[MM_OP_MADVISE] = "madvise",   [MM_OP_READ] = "read",
	[MM_OP_WRITE] = "write",       [MM_OP_KWRITE] = "kwrite",
	[MM_OP_FORK] = "fork",	       [MM_OP_EXIT] = "exit",
	[MM_OP_BRK] = "brk",	       [MM_OP_SYNC] = "sync",
	[MM_OP_THREAD] = "thread",     [MM_OP_PIN] = "pin",
	[MM_OP_UNPIN] = "unpin",       [MM_OP_MERGE] = "merge",
};

const char *const lit_advice_word[MM_ADVICES] = {
	[MM_ADV_DONTNEED] = "dontneed",
	[MM_ADV_FREE] = "free",
	[MM_ADV_COLD] = "cold",
	[MM_ADV_WIPEONFORK] = "wipeonfork",
	[MM_ADV_KEEPONFORK] = "keeponfork",
	[MM_ADV_DONTFORK] = "dontfork",
	[MM_ADV_DOFORK] = "dofork",
	[MM_ADV_POPULATE_READ] = "populate_read",
	[MM_ADV_POPULATE_WRITE] = "populate_write",
	[MM_ADV_PAGEOUT] = "pageout",
	[MM_ADV_HUGEPAGE] = "hugepage",
	[MM_ADV_NOHUGEPAGE] = "nohugepage",
	[MM_ADV_MERGEABLE] = "mergeable",
	[MM_ADV_UNMERGEABLE] = "unmergeable",
};

/* By the flags MM_VM_READ and MM_VM_WRITE; writing alone is not spoken of. */
const char *const lit_access_word[MM_VM_ACCESS + 1] = {
	[0] = "none",
	[MM_VM_READ] = "r",
	[MM_VM_ACCESS] = "rw",
};
