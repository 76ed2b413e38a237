// SPDX-License-Identifier: MIT
/*
 * The heap that serves the whole process, opened at the first request or when
 * the library is loaded, as the environment variable COWALLOC says:
 * "policy=best,backend=mmap,...".
 */
#include "preload.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static struct heap *heap;
static bool stats_at_exit;

/* A wrong configuration ends the program: running on another would mislead. */
void preload_fail(const char *what, const char *text)
{
	struct iovec line[] = {
		{ (void *)what, strlen(what) },
		{ ": '", 3 },
		{ (void *)text, strlen(text) },
		{ "'\n", 2 },
	};

	if (writev(STDERR_FILENO, line, 4) < 0)
		_exit(3);
	_exit(2);
}

static void open_heap(void)
{
	struct heap_config config = { .engine = HEAP_SPANS };
	const char *text = secure_getenv("COWALLOC");
	struct heap *made;
	const char *bad;

	int err = text ? heap_config_parse(text, &config, &bad) : 0;

	if (err)
		preload_fail(
			err == -ENOTSUP ?
				"libcowalloc: in COWALLOC another engine's key" :
				"libcowalloc: COWALLOC not understood from",
			bad);
	if (heap_open(&config, &made))
		preload_fail("libcowalloc: can't open a heap as in COWALLOC",
			     text ? text : "");
	heap_serve_threads(made);
	stats_at_exit = config.stats && preload_keep_stderr();
	__atomic_store_n(&heap, made, __ATOMIC_RELEASE);
}

struct heap *preload_heap(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (!__atomic_load_n(&heap, __ATOMIC_ACQUIRE))
		pthread_once(&once, open_heap);
	return heap;
}

/* A wrong configuration shows even where nothing is ever requested. */
static __attribute((constructor)) void start(void)
{
	preload_heap();
}

static __attribute((destructor)) void finish(void)
{
	if (stats_at_exit)
		preload_print_stats(heap);
}
