// SPDX-License-Identifier: MIT
/* exam_calls.c - the examiner's calls, each with its line for the hint. */
#include <errno.h>
#include <string.h>

#include "calls.h"

unsigned char now[MOST_KEYS], then[MOST_KEYS];

uint64_t seed;

static struct exam_answer ask_key(struct exam *e, uint64_t op, const char *key,
				  uint64_t value)
{
	struct exam_ask ask = { .op = op, .arg = { value } };

	strncpy((char *)ask.data, key, sizeof(ask.data) - 1);
	return *exam_ask(e, ask);
}

/* Fails the test unless a value is 0 or the errno, negative, that is due. */
static void expect(struct exam *e, int64_t value, int error)
{
	exam_expected(e, error ? "-%s" : "%s", exam_error(error));
	if (value != -error)
		exam_seen(e, "%" PRId64 " (%s)", value, exam_error(-value));
}

void create(struct exam *e, uint64_t most)
{
	memset(now, 0, sizeof(now));
	memset(then, 0, sizeof(then));
	seed = exam_random(e, UINT64_MAX);
	exam_did(e, "store_create(%" PRIu64 ")", most);
	expect(e, exam_call(e, ASK_CREATE, most, 0)->value, 0);
}

void create_none(struct exam *e)
{
	exam_did(e, "store_create(0)");
	expect(e, exam_call(e, ASK_CREATE, 0, 0)->value, EINVAL);
}

void set_text(struct exam *e, const char *key, uint64_t value, int error)
{
	char shown[80] = "";

	for (size_t i = 0; i < sizeof(shown) - 3 && key[i]; i++)
		strcat(shown, key[i] == '\n' ? "\\n" : (char[]){ key[i], 0 });
	exam_did(e, "store_set(\"%s\", %" PRIu64 ")", shown, value);
	expect(e, ask_key(e, ASK_SET, key, value).value, error);
}

void get_text(struct exam *e, const char *key, uint64_t value)
{
	struct exam_answer a;

	exam_did(e, "store_get(\"%s\")", key);
	a = ask_key(e, ASK_GET, key, 0);
	exam_expected(e, "0, and %" PRIu64, value);
	if (a.value)
		exam_seen(e, "%" PRId64 " (%s)", a.value, exam_error(-a.value));
	if (a.more[0] != value)
		exam_seen(e, "0, and %" PRIu64, a.more[0]);
}

void set(struct exam *e, uint64_t n, unsigned int round)
{
	char key[STORE_KEY];

	key_of(key, seed, n);
	set_text(e, key, value_of(seed, n, round), 0);
	now[n] = (unsigned char)round;
}

void set_many(struct exam *e, uint64_t n, unsigned int round)
{
	struct exam_ask ask = { .op = ASK_FILL, .arg = { seed, n, round } };

	exam_did(e, "store_set() of %" PRIu64 " keys", n);
	expect(e, exam_ask(e, ask)->value, 0);
	memset(now, (int)round, n);
}

void stir(struct exam *e, uint64_t n, uint64_t of, unsigned int round)
{
	struct exam_ask ask = { .op = ASK_STIR, .arg = { seed, n, of, round } };

	exam_did(e, "store_set() of keys that are there, %" PRIu64 " times", n);
	expect(e, exam_ask(e, ask)->value, 0);
	for (uint64_t i = 0; i < n; i++)
		now[mix(seed + round, i) % of] = (unsigned char)round;
}

void get(struct exam *e, uint64_t n)
{
	char key[STORE_KEY];

	key_of(key, seed, n);
	if (now[n]) {
		get_text(e, key, value_of(seed, n, now[n]));
		return;
	}
	exam_did(e, "store_get(\"%s\"), which is not there", key);
	expect(e, ask_key(e, ASK_GET, key, 0).value, ENOENT);
}

void get_all(struct exam *e, uint64_t n)
{
	struct exam_ask ask = { .op = ASK_SUM, .arg = { seed, n } };
	uint64_t all = 0, found = 0;
	struct exam_answer a;

	for (uint64_t i = 0; i < n; i++) {
		if (!now[i])
			continue;
		all = all * 31 + value_of(seed, i, now[i]);
		found++;
	}
	exam_did(e, "store_get() of %" PRIu64 " keys", n);
	exam_expected(e, "%" PRIu64 " are there, with what they were set to",
		      found);
	a = *exam_ask(e, ask);
	if (a.more[0] != found)
		exam_seen(e, "%" PRIu64 " are there", a.more[0]);
	if ((uint64_t)a.value != all)
		exam_seen(e, "other values");
}

void del(struct exam *e, uint64_t n)
{
	char key[STORE_KEY];

	key_of(key, seed, n);
	exam_did(e, "store_del(\"%s\")%s", key,
		 now[n] ? "" : ", which is not there");
	expect(e, ask_key(e, ASK_DEL, key, 0).value, now[n] ? 0 : ENOENT);
	now[n] = 0;
}

void count(struct exam *e)
{
	int64_t value = exam_call(e, ASK_COUNT, 0, 0)->value, n = 0;

	for (size_t i = 0; i < MOST_KEYS; i++)
		n += now[i] != 0;
	exam_expected(e, "then %" PRId64 " from store_count()", n);
	if (value != n)
		exam_seen(e, "%" PRId64, value);
}
