// SPDX-License-Identifier: MIT
/* Loses: meanwhile. Copies all, and lets a thread write the copy. */
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "store.h"

struct store {
	size_t count, most;
	pthread_t thread;
	struct store *copy; /* that the thread writes */
	char *path;
	struct {
		char key[STORE_KEY];
		uint64_t value;
	} record[];
};

static size_t bytes(size_t most)
{
	return sizeof(struct store) + most * (STORE_KEY + sizeof(uint64_t));
}

static size_t find(const struct store *store, const char *key)
{
	size_t i = 0;

	while (i < store->count && strcmp(store->record[i].key, key))
		i++;
	return i;
}

int store_create(size_t most, struct store **store)
{
	*store = calloc(1, bytes(most));
	if (!*store)
		return -ENOMEM;
	(*store)->most = most;
	return 0;
}

int store_set(struct store *store, const char *key, uint64_t value)
{
	size_t i = find(store, key);

	if (strlen(key) >= STORE_KEY)
		return -EINVAL;
	if (i == store->most)
		return -ENOSPC;
	if (i == store->count)
		store->count++;
	strcpy(store->record[i].key, key);
	store->record[i].value = value;
	return 0;
}

int store_get(const struct store *store, const char *key, uint64_t *value)
{
	size_t i = find(store, key);

	if (i == store->count)
		return -ENOENT;
	*value = store->record[i].value;
	return 0;
}

int store_del(struct store *store, const char *key)
{
	size_t i = find(store, key);

	if (i == store->count)
		return -ENOENT;
	store->record[i] = store->record[--store->count];
	return 0;
}

size_t store_count(const struct store *store)
{
	return store->count;
}

static void *save(void *arg)
{
	struct store *store = arg;
	FILE *file = fopen(store->path, "w");

	for (size_t i = 0; file && i < store->count; i++)
		fprintf(file, "%s %" PRIu64 "\n", store->record[i].key,
			store->record[i].value);
	return file && !fclose(file) ? NULL : store;
}

int store_save_begin(struct store *store, const char *path)
{
	if (store->copy)
		return -EBUSY;
	store->copy = malloc(bytes(store->most));
	memcpy(store->copy, store, bytes(store->most));
	store->copy->path = strdup(path);
	return -pthread_create(&store->thread, NULL, save, store->copy);
}

int store_save_wait(struct store *store)
{
	void *failed;

	if (!store->copy)
		return -ECHILD;
	pthread_join(store->thread, &failed);
	free(store->copy);
	store->copy = NULL;
	return failed ? -EIO : 0;
}

void store_destroy(struct store *store)
{
	free(store);
}
