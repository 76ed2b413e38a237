/* SPDX-License-Identifier: MIT */
/* ops.h - what the examiner of this lab can ask the subject. */
#ifndef BOOK_OPS_H
#define BOOK_OPS_H

/* Books are named by a number; records are the data that goes with it. */
#define BOOKS 4

enum {
	ASK_OPEN, /* book, mode; the path is the data */
	ASK_COUNT, /* book */
	ASK_READ, /* book, record */
	ASK_WRITE, /* book, record */
	ASK_APPEND, /* book */
	ASK_SYNC, /* book, record */
	ASK_CLOSE, /* book */
	ASK_FOREIGN, /* how a child ends that reads behind another file's end */
	ASK_CALLS, /* how often msync() and its kin were called, and the last */
};

#endif
