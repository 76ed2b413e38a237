// SPDX-License-Identifier: MIT
/*
 * store.c - numbers by name, saved by a child.
 *
 * The file you hand in. The handout tells what to do, store.h what each function
 * has to keep. You may change all of it.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store.h"

struct store {
#ifdef SOLUTION
	size_t bytes; /* of the mapping that all of it is in */
	size_t most;
	size_t count;
	size_t slots; /* of the hash table: more than there are keys, always */
	pid_t child; /* that saves, or 0 */
	/* What a set writes, away from what it only reads. */
	uint64_t *value; /* of each slot */
	char (*key)[STORE_KEY]; /* of each slot; empty if nobody's */
#else
	/* What do you have to know of a store? Part 1. */
	size_t count;
#endif
};

#ifdef SOLUTION
static size_t hash(const struct store *store, const char *key)
{
	uint64_t h = 0xcbf29ce484222325;

	while (*key)
		h = (h ^ (unsigned char)*key++) * 0x100000001b3;
	return (h ^ (h >> 32)) % store->slots;
}

/* Where a key is, or where it would be put: linear probing. */
static size_t find(const struct store *store, const char *key)
{
	size_t slot = hash(store, key);

	while (*store->key[slot] && strcmp(store->key[slot], key))
		slot = (slot + 1) % store->slots;
	return slot;
}
#else
/* Part 1: how is a key found? */
#endif

int store_create(size_t most, struct store **store)
{
#ifdef SOLUTION
	struct store *made;
	size_t slots = most + most / 2 + 1;
	size_t bytes =
		sizeof(*made) + slots * (sizeof(*made->value) + STORE_KEY);

	if (!most)
		return -EINVAL;
	made = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (made == MAP_FAILED)
		return -ENOMEM;
	made->bytes = bytes;
	made->most = most;
	made->slots = slots;
	made->value = (uint64_t *)(made + 1);
	made->key = (char(*)[STORE_KEY])(made->value + slots);
	*store = made;
	return 0;
#else
	return -ENOSYS;
#endif
}

int store_set(struct store *store, const char *key, uint64_t value)
{
#ifdef SOLUTION
	size_t length = strlen(key), slot;

	if (!length || length >= STORE_KEY || strpbrk(key, "\n "))
		return -EINVAL;
	slot = find(store, key);
	if (!*store->key[slot]) {
		if (store->count == store->most)
			return -ENOSPC;
		memcpy(store->key[slot], key, length + 1);
		store->count++;
	}
	store->value[slot] = value;
	return 0;
#else
	return -ENOSYS;
#endif
}

int store_get(const struct store *store, const char *key, uint64_t *value)
{
#ifdef SOLUTION
	size_t slot = find(store, key);

	if (!*store->key[slot])
		return -ENOENT;
	*value = store->value[slot];
	return 0;
#else
	return -ENOSYS;
#endif
}

#ifdef SOLUTION
/* A hole would hide what was put behind it: move that up. */
static void close_hole(struct store *store, size_t hole)
{
	size_t n = store->slots, slot = (hole + 1) % n, home;

	for (; *store->key[slot]; slot = (slot + 1) % n) {
		home = hash(store, store->key[slot]);
		if ((slot + n - home) % n < (slot + n - hole) % n)
			continue;
		memcpy(store->key[hole], store->key[slot], STORE_KEY);
		store->value[hole] = store->value[slot];
		hole = slot;
	}
	*store->key[hole] = '\0';
}
#else
/* Part 1: what does a deleted key leave behind? */
#endif

int store_del(struct store *store, const char *key)
{
#ifdef SOLUTION
	size_t slot = find(store, key);

	if (!*store->key[slot])
		return -ENOENT;
	close_hole(store, slot);
	store->count--;
	return 0;
#else
	return -ENOSYS;
#endif
}

size_t store_count(const struct store *store)
{
#ifdef SOLUTION
	return store->count;
#else
	return 0;
#endif
}

#ifdef SOLUTION
/* Return: 0, or the errno, negative, of what failed. */
static int write_lines(const struct store *store, FILE *file)
{
	for (size_t i = 0; i < store->slots; i++)
		if (*store->key[i] &&
		    fprintf(file, "%s %" PRIu64 "\n", store->key[i],
			    store->value[i]) < 0)
			return -errno;
	if (fflush(file) || fsync(fileno(file)))
		return -errno;
	return 0;
}

/* In the child. Return: as above; its exit status tells it. */
static int save(const struct store *store, const char *path)
{
	char temporary[PATH_MAX];
	FILE *file;
	int error;

	if (snprintf(temporary, PATH_MAX, "%s.tmp", path) >= PATH_MAX)
		return -ENAMETOOLONG;
	file = fopen(temporary, "w");
	if (!file)
		return -errno;
	error = write_lines(store, file);
	if (fclose(file) && !error)
		error = -errno;
	if (!error && rename(temporary, path))
		error = -errno;
	if (error)
		unlink(temporary);
	return error;
}
#else
/* Part 2: what does the child do? Part 3: what if that fails? */
#endif

int store_save_begin(struct store *store, const char *path)
{
#ifdef SOLUTION
	pid_t child;

	if (store->child)
		return -EBUSY;
	child = fork();
	if (child < 0)
		return -errno;
	if (!child)
		_exit(-save(store, path));
	store->child = child;
	return 0;
#else
	return -ENOSYS;
#endif
}

int store_save_wait(struct store *store)
{
#ifdef SOLUTION
	pid_t child = store->child;
	int status;

	if (!child)
		return -ECHILD;
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	store->child = 0;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
#else
	return -ENOSYS;
#endif
}

void store_destroy(struct store *store)
{
#ifdef SOLUTION
	munmap(store, store->bytes);
#else
	/* Part 1. */
#endif
}
