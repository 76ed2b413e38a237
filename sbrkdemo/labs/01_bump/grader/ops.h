/* SPDX-License-Identifier: MIT */
/* ops.h - what the examiner of this lab can ask the subject. */
#ifndef BUMP_OPS_H
#define BUMP_OPS_H

enum {
	ASK_ALLOC, /* size, align: a block; always with the break afterwards */
	ASK_MARK,
	ASK_RELEASE, /* mark */
	ASK_BREAK, /* bytes to move it by, as somebody else would: the old one */
};

#endif
