// SPDX-License-Identifier: MIT
/*
 * exam.c - what a store is asked, and what it is worth. Keys, values and orders
 * differ for each submission.
 */
#include <errno.h>
#include <string.h>

#include "calls.h"

static void test_keys(struct exam *e)
{
	uint64_t n = 200 + exam_random(e, 200), k;

	create(e, n);
	count(e);
	get(e, 0);
	for (int i = 0; i < 300; i++) {
		set(e, exam_random(e, n), 1 + (unsigned int)exam_random(e, 9));
		get(e, exam_random(e, n));
		if (i % 50 == 0)
			count(e);
	}
	for (k = 0; k < n; k++)
		get(e, k);
	set_many(e, n, 10);
	get_all(e, n);
	count(e);
	set_text(e, "/articles/of", UINT64_MAX, ENOSPC);
}

/* A store that is nearly full all the time. */
static void test_del(struct exam *e)
{
	uint64_t n = 60 + exam_random(e, 40), in = n, k;

	create(e, n);
	set_many(e, n, 1);
	for (unsigned int i = 0; i < 400; i++) {
		k = exam_random(e, n + 10);
		if (now[k] || in == n) {
			in -= now[k] != 0;
			del(e, k);
		} else {
			set(e, k, 1 + i % 100);
			in++;
		}
		if (i % 10 == 0)
			get_all(e, n + 10);
	}
	count(e);
	for (k = 0; k < n + 10; k++) {
		del(e, k);
		get(e, k);
	}
	count(e);
	set_many(e, n, 2);
	get_all(e, n);
}

static void test_limits(struct exam *e)
{
	uint64_t n = 20 + exam_random(e, 20), value = exam_random(e, 1000);
	char longest[STORE_KEY + 1];

	memset(longest, 'k', STORE_KEY);
	longest[STORE_KEY] = '\0';
	create(e, n + 2);
	set_many(e, n, 1);
	set_text(e, longest, value, EINVAL);
	set_text(e, "", value, EINVAL);
	set_text(e, "two words", value, EINVAL);
	set_text(e, "line\n", value, EINVAL);
	count(e);
	longest[STORE_KEY - 1] = '\0';
	set_text(e, longest, value, 0);
	get_text(e, longest, value);
	set_text(e, "k", UINT64_MAX, 0);
	get_text(e, "k", UINT64_MAX);
	get_text(e, longest, value);
	set_text(e, "one-more", value, ENOSPC);
	set_text(e, longest, 0, 0);
	get_text(e, longest, 0);
	set_many(e, n, 2);
	get_all(e, n);
	create_none(e);
}

/* More than a subject may have, were none of it given back. */
static void test_destroy(struct exam *e)
{
	for (int i = 0; i < 60; i++) {
		create(e, 200000 + exam_random(e, 10000));
		set(e, exam_random(e, 100000), 1);
		exam_did(e, "store_destroy(), the %d. time", i + 1);
		exam_call(e, ASK_DESTROY, 0, 0);
	}
	create(e, 10);
	set_many(e, 10, 1);
	get_all(e, 10);
}

static const struct exam_test tests[] = {
	{ "keys", 10, "a key has the value that it was set to last",
	  "how a key is found, and what happens where two have the same hash (part 1)",
	  test_keys },
	{ "del", 10, "a key that was deleted is gone, and no other",
	  "what a deleted key leaves behind, and who is found across it (part 1)",
	  test_del },
	{ "limits", 5, "wrong keys and one too many change nothing",
	  "what store_set() looks at first, and a key of 55 bytes (part 1)",
	  test_limits },
	{ "destroy", 5, "all memory of a store goes back",
	  "what store_create() took, and with which sizes (part 1)",
	  test_destroy },
	{ "save", 10, "a file has all keys with their values, each once",
	  "the loop of the child, and the format of a line (part 2)",
	  test_save },
	{ "moment", 10, "a file is of the moment at which the save began",
	  "whose memory the child reads: not what both share (part 2)",
	  test_moment },
	{ "meanwhile", 10, "the child saves while its parent goes on",
	  "which of the two writes, and who waits when for whom (part 2)",
	  test_meanwhile },
	{ "reaped", 5, "no child is left",
	  "waitpid(), and what you know of a save afterwards (part 2)",
	  test_reaped },
	{ "whole", 10, "there is a whole file at any time, and nothing else",
	  "where the child writes, when that takes its name, and what is left if it fails (part 3)",
	  test_whole },
	{ "errors", 5, "a save that failed is told, and the next can work",
	  "what the child's exit status tells, and a child that has none (part 3)",
	  test_errors },
	{ "buffers", 5, "the child writes nothing of its caller's",
	  "exit() and _exit() (part 3)", test_buffers },
	{ "copies", 10, "sets during a save copy few pages",
	  "on how many pages there is something that store_set() writes (part 4)",
	  test_copies },
};

static const struct exam_lab lab = {
	.name = "05_snapshot",
	.title = "a store that saves itself while it is written to",
	.built = 5,
	EXAM_TESTS(tests),
};

int main(int argc, char **argv)
{
	return exam_main(&lab, argc, argv);
}
