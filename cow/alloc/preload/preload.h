/* SPDX-License-Identifier: MIT */
/*
 * What the two preload libraries share: the heap that serves the process.
 */
#ifndef COW_ALLOC_PRELOAD_PRELOAD_H
#define COW_ALLOC_PRELOAD_PRELOAD_H

#include "alloc/alloc.h"

/* Only the malloc family is seen from outside. */
#define EXPORT __attribute__((visibility("default")))

struct heap *preload_heap(void);
void preload_fail(const char *what, const char *text) __attribute__((noreturn));

#endif
