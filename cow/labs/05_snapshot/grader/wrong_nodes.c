// SPDX-License-Identifier: MIT
/* Loses: copies. Right but for that: a record of malloc() for each key. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store.h"

struct record {
	char key[STORE_KEY];
	uint64_t value;
};

struct store {
	void *root;
	size_t count, most;
	pid_t child;
};

static FILE *file;

static int compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

int store_create(size_t most, struct store **store)
{
	struct store *made = most ? calloc(1, sizeof(*made)) : NULL;

	if (!made)
		return most ? -ENOMEM : -EINVAL;
	made->most = most;
	*store = made;
	return 0;
}

int store_set(struct store *store, const char *key, uint64_t value)
{
	struct record **found, *record;

	if (!*key || strlen(key) >= STORE_KEY || strpbrk(key, "\n "))
		return -EINVAL;
	found = tfind(key, &store->root, compare);
	if (found) {
		(*found)->value = value;
		return 0;
	}
	if (store->count == store->most)
		return -ENOSPC;
	record = calloc(1, sizeof(*record));
	if (!record)
		return -ENOMEM;
	strcpy(record->key, key);
	record->value = value;
	tsearch(record, &store->root, compare);
	store->count++;
	return 0;
}

int store_get(const struct store *store, const char *key, uint64_t *value)
{
	struct record **found = tfind(key, &store->root, compare);

	if (!found)
		return -ENOENT;
	*value = (*found)->value;
	return 0;
}

int store_del(struct store *store, const char *key)
{
	struct record **found = tfind(key, &store->root, compare);
	struct record *record;

	if (!found)
		return -ENOENT;
	record = *found;
	tdelete(key, &store->root, compare);
	free(record);
	store->count--;
	return 0;
}

size_t store_count(const struct store *store)
{
	return store->count;
}

static void put(const void *node, VISIT order, int depth)
{
	const struct record *r = *(struct record *const *)node;

	if (order == postorder || order == leaf)
		fprintf(file, "%s %" PRIu64 "\n", r->key, r->value);
}

static int save(struct store *store, const char *path)
{
	char temporary[PATH_MAX];

	snprintf(temporary, sizeof(temporary), "%s~", path);
	file = fopen(temporary, "w");
	if (!file)
		return -errno;
	twalk(store->root, put);
	if (fclose(file) || rename(temporary, path)) {
		unlink(temporary);
		return -EIO;
	}
	return 0;
}

int store_save_begin(struct store *store, const char *path)
{
	if (store->child)
		return -EBUSY;
	store->child = fork();
	if (!store->child)
		_exit(-save(store, path));
	return 0;
}

int store_save_wait(struct store *store)
{
	int status;

	if (!store->child)
		return -ECHILD;
	waitpid(store->child, &status, 0);
	store->child = 0;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -EIO;
}

void store_destroy(struct store *store)
{
}
