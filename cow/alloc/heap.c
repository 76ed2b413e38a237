// SPDX-License-Identifier: MIT
/*
 * The heap: opening and closing one, and the calls of the malloc family on it.
 * Here is the lock, errno, and what C says about sizes; how blocks are laid out
 * is the engine's business.
 */
#include "internal.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

static const struct engine *const engines[HEAP_ENGINES] = {
	[HEAP_CLASSIC] = &engine_classic,
	[HEAP_SPANS] = &engine_spans,
};

static const struct fit *const fits[HEAP_POLICIES] = {
	[HEAP_FIRST] = &fit_first,
	[HEAP_NEXT] = &fit_next,
	[HEAP_BEST] = &fit_best,
	[HEAP_WORST] = &fit_worst,
};

static size_t or_default(size_t bytes, size_t otherwise, size_t least)
{
	if (!bytes)
		return otherwise;
	return bytes < least ? least : bytes;
}

/* It has one way to choose a block, and one place to get memory from. */
static int check_spans(const struct heap_config *config)
{
	if (config->policy || config->backend || config->order ||
	    config->seal >= HEAP_SEALS || config->thp >= HEAP_THPS)
		return -EINVAL;
	return 0;
}

static int check_config(const struct heap_config *config)
{
	if (config->engine >= HEAP_ENGINES || config->policy >= HEAP_POLICIES ||
	    config->backend >= HEAP_BACKENDS || config->order >= HEAP_ORDERS ||
	    config->on_misuse >= HEAP_ON_MISUSES)
		return -EINVAL;
	if (config->threshold > HEAP_MOST || config->grow > HEAP_MOST ||
	    config->chunk > HEAP_MOST || config->trim > HEAP_MOST)
		return -EINVAL;
	if (config->backend == HEAP_FIXED && !config->buffer)
		return -EINVAL;
	return config->engine == HEAP_SPANS ? check_spans(config) : 0;
}

static void set_up(struct heap *heap, const struct heap_config *config)
{
	const size_t usual = (size_t)128 << 10;
	struct heap_config *own = &heap->config;

	*own = *config;
	own->grow = or_default(own->grow, usual, heap_page_size());
	own->trim = or_default(own->trim, usual, 1);
	own->chunk = or_default(own->chunk, 8 * usual, heap_page_size());
	own->budget = or_default(own->budget, 25, 1);
	own->threshold =
		or_default(own->threshold,
			   own->backend == HEAP_MMAP ? own->chunk : usual, 1);
	heap->engine = engines[own->engine];
	heap->fit = fits[own->policy];
	heap->supply = &supplies[own->backend];
	heap->refuse_left = own->refuse;
	heap->index.by_size = heap->fit->by_size;
	heap->index.lifo = own->order == HEAP_LIFO;
	/* The head, the links, and a footer; an order only where it is kept. */
	heap->least =
		sizeof(struct free_block) + (heap->index.lifo ? HEAP_ALIGN : 0);
	if (getrandom(&heap->secret, sizeof(heap->secret), GRND_NONBLOCK) < 0)
		heap->secret = block_mix((uintptr_t)heap);
}

int heap_open(const struct heap_config *config, struct heap **heap)
{
	static const struct heap_config usual;
	int saved = errno;
	struct heap *made;
	int err;

	if (!config)
		config = &usual;
	err = check_config(config);
	if (err)
		return err;
	made = mmap(NULL, heap_page_up(sizeof(*made)), PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED) {
		errno = saved;
		return -ENOMEM;
	}
	set_up(made, config);
	err = made->engine->open(made);
	if (err) {
		munmap(made, heap_page_up(sizeof(*made)));
		errno = saved;
		return err;
	}
	fork_register(&made->lock);
	errno = saved;
	*heap = made;
	return 0;
}

void heap_close(struct heap *heap)
{
	int saved = errno;

	if (!heap)
		return;
	fork_forget(&heap->lock);
	heap->engine->close(heap);
	munmap(heap, heap_page_up(sizeof(*heap)));
	errno = saved;
}

/* What a request without an answer leaves in errno. */
static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

static bool enter(struct heap *heap, const char *call, const void *address)
{
	if (!lock_take(&heap->lock))
		return true;
	misuse_report(heap, MISUSE_REENTERED, call, address);
	return false;
}

static void *allocate(struct heap *heap, const char *call, size_t size,
		      size_t align, bool zeroed)
{
	const void *broken;
	int saved = errno;
	void *payload;

	if (size > HEAP_MOST || align > HEAP_MOST || !enter(heap, call, NULL))
		return no_memory();
	payload = heap->engine->alloc(heap, size, align, zeroed);
	heap->stats.mallocs += !!payload;
	broken = heap->broken;
	heap->broken = NULL;
	lock_drop(&heap->lock);
	if (broken)
		misuse_report(heap, MISUSE_OVERWRITTEN, call, broken);
	if (!payload)
		return no_memory();
	errno = saved;
	return payload;
}

void *heap_malloc(struct heap *heap, size_t size)
{
	return allocate(heap, "malloc", size, HEAP_ALIGN, false);
}

void *heap_calloc(struct heap *heap, size_t count, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(count, size, &bytes))
		return no_memory();
	return allocate(heap, "calloc", bytes, HEAP_ALIGN, true);
}

void *heap_memalign(struct heap *heap, size_t align, size_t size)
{
	if (!align || align & (align - 1)) {
		errno = EINVAL;
		return NULL;
	}
	return allocate(heap, "memalign", size,
			align < HEAP_ALIGN ? HEAP_ALIGN : align, false);
}

/* Ends a block, on the way out of a call that may have other reasons to. */
static enum misuse release(struct heap *heap, void *ptr)
{
	enum misuse misuse = heap->engine->free(heap, ptr);

	heap->stats.frees += !misuse;
	return misuse;
}

int heap_free(struct heap *heap, void *ptr)
{
	enum misuse misuse;
	int saved = errno;

	if (!ptr)
		return 0;
	if (!enter(heap, "free", ptr))
		return -EINVAL;
	misuse = release(heap, ptr);
	lock_drop(&heap->lock);
	if (misuse)
		misuse_report(heap, misuse, "free", ptr);
	errno = saved;
	return misuse ? -EINVAL : 0;
}

/* Copies a block to a new place; NULL with the old one kept if there is none */
static void *move(struct heap *heap, void *ptr, size_t size)
{
	size_t usable = 0;
	void *to;

	heap->engine->usable(heap, ptr, &usable);
	to = heap->engine->alloc(heap, size, HEAP_ALIGN, false);
	if (!to)
		return size <= usable ? ptr : NULL;
	memcpy(to, ptr, usable < size ? usable : size);
	heap->engine->free(heap, ptr);
	heap->stats.moves++;
	return to;
}

static void *resize(struct heap *heap, void *ptr, size_t size)
{
	enum misuse misuse;
	void *to = NULL;

	if (!enter(heap, "realloc", ptr))
		return no_memory();
	misuse = heap->engine->resize(heap, ptr, size, &to);
	if (!misuse && !to)
		to = move(heap, ptr, size);
	lock_drop(&heap->lock);
	if (misuse) {
		misuse_report(heap, misuse, "realloc", ptr);
		errno = EINVAL;
		return NULL;
	}
	return to ? to : no_memory();
}

void *heap_realloc(struct heap *heap, void *ptr, size_t size)
{
	int saved = errno;

	if (!ptr)
		return heap_malloc(heap, size);
	if (!size) {
		heap_free(heap, ptr);
		return NULL;
	}
	if (size > HEAP_MOST)
		return no_memory();
	ptr = resize(heap, ptr, size);
	if (ptr)
		errno = saved;
	return ptr;
}

size_t heap_usable_size(struct heap *heap, void *ptr)
{
	enum misuse misuse;
	size_t bytes = 0;

	if (!ptr || !enter(heap, "malloc_usable_size", ptr))
		return 0;
	misuse = heap->engine->usable(heap, ptr, &bytes);
	lock_drop(&heap->lock);
	if (misuse)
		misuse_report(heap, misuse, "malloc_usable_size", ptr);
	return bytes;
}

int heap_trim(struct heap *heap, size_t pad)
{
	int saved = errno;
	size_t given;

	if (!enter(heap, "malloc_trim", NULL))
		return 0;
	given = heap->engine->trim(heap, pad);
	lock_drop(&heap->lock);
	errno = saved;
	return given > 0;
}
