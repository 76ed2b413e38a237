/* SPDX-License-Identifier: MIT */
/* ops.h - what the examiner of this lab can ask the subject. */
#ifndef FIT_OPS_H
#define FIT_OPS_H

#include <stdint.h>

/* The largest buffer, of which some tests use a part. */
#define BUFFER ((size_t)1 << 20)

/* Operations of a trace: all that it needs is known beforehand. */
struct op {
	uint32_t id; /* of the block */
	uint32_t size; /* bytes to get; 0 is free */
};

#define TRACE_FILE "trace"
#define OPS	   6000
#define IDS	   2000

enum {
	ASK_OPEN, /* bytes, policy: where the buffer begins */
	ASK_MALLOC, /* size */
	ASK_FREE, /* address */
	ASK_RUN, /* policy: run the trace; bytes of the buffer it reached */
	ASK_TIME, /* policy: run it by the student's and by the core's */
};

#endif
