/* SPDX-License-Identifier: MIT */
/* ops.h - what the examiner of this lab can ask the subject. */
#ifndef POOL_OPS_H
#define POOL_OPS_H

/* Pools are named by a number; blocks by address. */
#define POOLS 4
#define MANY  200000

enum {
	ASK_CREATE, /* pool, block size, blocks */
	ASK_ALLOC, /* pool */
	ASK_FREE, /* pool, address */
	ASK_LEFT, /* pool */
	ASK_DESTROY, /* pool */
	ASK_FORK, /* from now on a child answers */
	ASK_ALLOC_MANY, /* pool, blocks: how many there were */
	ASK_FREE_MANY, /* pool: all that ASK_ALLOC_MANY got; how many failed */
	ASK_MEMORY, /* an address in a mapping of no pool */
};

#endif
