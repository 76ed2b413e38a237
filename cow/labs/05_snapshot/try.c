// SPDX-License-Identifier: MIT
/*
 * try.c - a place to play. `make` builds it together with your store.c; it is
 * not graded. Change it as you like.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "store.h"

#define KEYS 24000UL

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

/* Gives each key a value of its own. */
static void set_all(struct store *store, uint64_t value)
{
	char key[STORE_KEY];

	for (size_t i = 0; i < KEYS; i++) {
		snprintf(key, sizeof(key), "/page/%zu", i);
		store_set(store, key, value + i);
	}
}

int main(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t value = 0;
	struct store *store;
	long before;
	int error;

	if (store_create(KEYS, &store)) {
		puts("there is no store yet");
		return 1;
	}
	set_all(store, 1000000);
	store_get(store, "/page/7", &value);
	printf("%zu keys; /page/7 is %" PRIu64 "\n", store_count(store), value);
	fflush(stdout);
	before = faults();
	error = store_save_begin(store, "saved.txt");
	printf("store_save_begin: %s, page faults: %ld\n", strerror(-error),
	       faults() - before);
	set_all(store, 2000000);
	printf("all keys are set meanwhile, page faults: %ld\n",
	       faults() - before);
	printf("keys and values fill %zu pages, values alone %zu; allowed are %zu faults\n",
	       KEYS * (STORE_KEY + 8) / page, KEYS * 8 / page,
	       STORE_FAULTS(KEYS, page));
	printf("store_save_wait: %s\n", strerror(-store_save_wait(store)));
	store_destroy(store);
	return 0;
}
