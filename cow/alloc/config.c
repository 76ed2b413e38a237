// SPDX-License-Identifier: MIT
/*
 * The words for a heap: "engine=classic,policy=best,backend=mmap,grow=64K".
 */
#include "internal.h"

#include <errno.h>
#include <string.h>

static const char *const engines[HEAP_ENGINES] = { "classic", "spans" };
static const char *const policies[HEAP_POLICIES] = { "first", "next", "best",
						     "worst" };
static const char *const backends[HEAP_BACKENDS] = { "auto", "brk", "mmap",
						     "fixed" };
static const char *const orders[HEAP_ORDERS] = { "address", "lifo" };
static const char *const actions[HEAP_ON_MISUSES] = { "abort", "report",
						      "quiet" };

static const char *const seals[HEAP_SEALS] = { "auto", "budget", "always",
					       "off" };
static const char *const thps[HEAP_THPS] = { "system", "on", "off" };
static const char *const reports[] = { "off", "exit" };

/* Text between two places. */
struct word {
	const char *at;
	size_t length;
};

static bool is_word(struct word word, const char *text)
{
	return strlen(text) == word.length &&
	       !memcmp(word.at, text, word.length);
}

/* The number of a word in a list, or -EINVAL. */
static int choose(struct word word, const char *const *list, int count)
{
	int i;

	for (i = 0; i < count; i++)
		if (is_word(word, list[i]))
			return i;
	return -EINVAL;
}

static int unit_shift(char unit)
{
	switch (unit) {
	case 'K':
		return 10;
	case 'M':
		return 20;
	case 'G':
		return 30;
	default:
		return -1;
	}
}

static int read_bytes(struct word word, size_t *bytes)
{
	size_t value = 0;
	size_t i;

	for (i = 0; i < word.length; i++) {
		int shift = unit_shift(word.at[i]);

		if (shift > 0 && i > 0 && i == word.length - 1) {
			value <<= shift;
			break;
		}
		if (word.at[i] < '0' || word.at[i] > '9')
			return -EINVAL;
		value = 10 * value + (size_t)(word.at[i] - '0');
		if (value > HEAP_MOST >> 13)
			return -EINVAL;
	}
	if (!value)
		return -EINVAL;
	*bytes = value;
	return 0;
}

/* What only the classic engine knows. */
static int set_classic(struct heap_config *config, struct word key,
		       struct word value)
{
	static const char *const keys[] = { "threshold", "grow", "chunk",
					    "trim" };
	size_t *const fields[] = { &config->threshold, &config->grow,
				   &config->chunk, &config->trim };
	int which = choose(key, keys, sizeof(keys) / sizeof(*keys));

	if (which >= 0)
		return read_bytes(value, fields[which]);
	if (is_word(key, "policy")) {
		which = choose(value, policies, HEAP_POLICIES);
		config->policy = which;
	} else if (is_word(key, "backend")) {
		/* A buffer can't be named in words. */
		which = choose(value, backends, HEAP_FIXED);
		config->backend = which;
	} else if (is_word(key, "order")) {
		which = choose(value, orders, HEAP_ORDERS);
		config->order = which;
	}
	return which < 0 ? -EINVAL : 0;
}

/* What only the spans engine knows. */
static int set_spans(struct heap_config *config, struct word key,
		     struct word value)
{
	int which = -EINVAL;

	if (is_word(key, "budget"))
		return read_bytes(value, &config->budget);
	if (is_word(key, "seal")) {
		which = choose(value, seals, HEAP_SEALS);
		config->seal = which;
	} else if (is_word(key, "thp")) {
		which = choose(value, thps, HEAP_THPS);
		config->thp = which;
	}
	return which < 0 ? -EINVAL : 0;
}

static int set_any(struct heap_config *config, struct word key,
		   struct word value)
{
	int which = -EINVAL;

	if (is_word(key, "refuse"))
		return read_bytes(value, &config->refuse);
	if (is_word(key, "misuse")) {
		which = choose(value, actions, HEAP_ON_MISUSES);
		config->on_misuse = which;
	} else if (is_word(key, "stats")) {
		which = choose(value, reports, 2);
		config->stats = which == 1;
	}
	return which < 0 ? -EINVAL : 0;
}

/* An engine by its name, or by a key that only it knows: all have to agree. */
static int settle(struct heap_config *config, bool *settled,
		  enum heap_engine engine)
{
	if (*settled && config->engine != engine)
		return -ENOTSUP;
	config->engine = engine;
	*settled = true;
	return 0;
}

static int set_engine(struct heap_config *config, struct word name,
		      bool *settled)
{
	int which = choose(name, engines, HEAP_ENGINES);

	return which < 0 ? which : settle(config, settled, which);
}

static int set_pair(struct heap_config *config, struct word pair, bool *settled)
{
	const char *sign = memchr(pair.at, '=', pair.length);
	struct word key = pair;
	struct word value;

	if (!sign)
		return -EINVAL;
	key.length = (size_t)(sign - pair.at);
	value.at = sign + 1;
	value.length = pair.length - key.length - 1;
	if (is_word(key, "engine"))
		return set_engine(config, value, settled);
	if (!set_any(config, key, value))
		return 0;
	if (!set_classic(config, key, value))
		return settle(config, settled, HEAP_CLASSIC);
	if (!set_spans(config, key, value))
		return settle(config, settled, HEAP_SPANS);
	return -EINVAL;
}

int heap_config_parse(const char *text, struct heap_config *config,
		      const char **bad)
{
	struct heap_config changed = *config;
	bool settled = false;
	int err;

	while (*text) {
		struct word pair = { text, strcspn(text, ",") };

		err = set_pair(&changed, pair, &settled);
		if (err) {
			if (bad)
				*bad = text;
			return err;
		}
		text += pair.length;
		text += *text == ',';
	}
	*config = changed;
	return 0;
}

const char *heap_policy_name(enum heap_policy policy)
{
	return policy < HEAP_POLICIES ? policies[policy] : NULL;
}

const char *heap_backend_name(enum heap_backend backend)
{
	return backend < HEAP_BACKENDS ? backends[backend] : NULL;
}
