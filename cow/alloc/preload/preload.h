/* SPDX-License-Identifier: MIT */
/*
 * What the two preload libraries share: the heap that serves the process.
 */
#ifndef COW_ALLOC_PRELOAD_PRELOAD_H
#define COW_ALLOC_PRELOAD_PRELOAD_H

#include "../alloc.h"

/* Only the malloc family is seen from outside. */
#define EXPORT __attribute__((visibility("default")))
#define HIDDEN __attribute__((visibility("hidden")))

HIDDEN struct heap *preload_heap(void);
HIDDEN bool preload_keep_stderr(void);
HIDDEN void preload_print_stats(struct heap *heap);
HIDDEN _Noreturn void preload_fail(const char *what, const char *text);

/* What stands between the names and the heap: nothing, or the recorder. */
HIDDEN void *serve_malloc(size_t size);
HIDDEN void *serve_calloc(size_t count, size_t size);
HIDDEN void *serve_memalign(size_t align, size_t size);
HIDDEN void *serve_realloc(void *ptr, size_t size);
HIDDEN void serve_free(void *ptr);

#endif
