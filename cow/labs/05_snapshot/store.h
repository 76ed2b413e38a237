/* SPDX-License-Identifier: MIT */
/*
 * store.h - the store that you write, as others call it. Leave this file as it
 * is: you are graded with our copy.
 *
 * A store keeps a number for each key, and saves all of them into a file while
 * it goes on being written to. A key is found as soon among 100,000 as among 10.
 */
#ifndef STORE_H
#define STORE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of a key at most, with the '\0' at its end. */
#define STORE_KEY 56

/*
 * So many page faults may a save cost the process of a store with so many keys,
 * from before store_save_begin() until after any number of store_set() of keys
 * that it has: three pages where the values alone would fill one, and 16 for
 * what else a process writes to (its stack, its libraries, your struct store).
 */
#define STORE_FAULTS(keys, page) \
	(3 * ((keys) * sizeof(uint64_t) / (page) + 1) + 16)

struct store; /* yours to define */

/**
 * store_create() - an empty store
 * @most: how many keys it has room for, at least 1, at most a million
 * @store: where to put it
 *
 * Return: 0; -EINVAL when @most is 0; -ENOMEM.
 */
int store_create(size_t most, struct store **store);

/**
 * store_set() - give a key its value, whether it was there or not
 * @store: the store
 * @key: a string; the caller may change it afterwards
 * @value: any number
 *
 * Return: 0; or, and nothing changed: -EINVAL when @key is empty, has STORE_KEY
 * bytes or more without its '\0', or has a blank or a newline in it; -ENOSPC when
 * the store has @most keys, and this is none of them.
 */
int store_set(struct store *store, const char *key, uint64_t value);

/**
 * store_get() - look a key up
 * @store: the store
 * @key: a string
 * @value: where to put what it was set to last
 *
 * Return: 0; -ENOENT when it is not there.
 */
int store_get(const struct store *store, const char *key, uint64_t *value);

/**
 * store_del() - forget a key; there is room for another then
 * @store: the store
 * @key: a string
 *
 * Return: 0; -ENOENT when it is not there.
 */
int store_del(struct store *store, const char *key);

/**
 * store_count() - how many keys are there?
 * @store: the store
 *
 * Return: a count.
 */
size_t store_count(const struct store *store);

/**
 * store_save_begin() - begin to save all that is in the store now
 * @store: the store
 * @path: the file; it need not be there yet
 *
 * A child, made by fork(), writes the file, and this returns at once. Until
 * store_save_wait() the store can be used as ever; nothing of that gets into the
 * file. The file has a line for each key, in any order: the key, a blank, and
 * the value in decimal digits.
 *
 * What was at @path stays, whole, until the new file can take its place, whole.
 * Until then there may be one more file in the same folder, of a name that you
 * choose.
 *
 * What the caller has in stdio's buffers, and wants to do at its exit, is no
 * business of the child.
 *
 * Return: 0; -EBUSY when a save has begun that was not waited for; what errno
 * says, negative, when there is no child. What goes wrong with the file,
 * store_save_wait() tells.
 */
int store_save_begin(struct store *store, const char *path);

/**
 * store_save_wait() - wait for the save to be done
 * @store: the store
 *
 * The child is gone afterwards, and so is the other file (it may lie there if the
 * child was killed); a save that failed has left what was at the path before.
 *
 * Return: 0; -ECHILD when no save has begun; the errno, negative, of what failed
 * in the child, such as -ENOENT for a folder that is not there, or -ENOSPC; -EIO
 * when the child ended without telling.
 */
int store_save_wait(struct store *store);

/**
 * store_destroy() - give all memory of a store back
 * @store: the store, which is not being saved
 */
void store_destroy(struct store *store);

#endif
