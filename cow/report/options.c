// SPDX-License-Identifier: MIT
/* The options that every demo has. */
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

enum {
	KEY_PAGES = 0x100,
	KEY_SIZE,
	KEY_TAP,
	KEY_JSON,
	KEY_COLOR,
	KEY_ASK,
	KEY_SEED,
	KEY_PAUSE,
	KEY_OWN,
};

static const struct argp_option common[] = {
	{ "pages", KEY_PAGES, "N", 0, NULL, 1 },
	{ "size", KEY_SIZE, "BYTES[K|M|G]", 0,
	  "work on so much memory, rounded up to pages", 1 },
	{ "ask", KEY_ASK, NULL, 0, "ask for your own predictions first", 2 },
	{ "seed", KEY_SEED, "N", 0,
	  "another variant: of the number of pages, and of what the steps choose",
	  2 },
	{ "pause", KEY_PAUSE, NULL, 0,
	  "wait for a key before each step; q leaves", 2 },
	{ "tap", KEY_TAP, NULL, 0, "say it in TAP 13", 3 },
	{ "json", KEY_JSON, NULL, 0, "say it in JSON, one object a line", 3 },
	{ "color", KEY_COLOR, "WHEN", 0,
	  "always, never or auto (the default: on a terminal, unless NO_COLOR is set)",
	  3 },
	{ "quiet", 'q', NULL, 0, "say only what differs", 3 },
	{ 0 },
};

/* What the parser fills in. */
struct parse {
	struct rep_options *options;
	const struct rep_demo *demo;
	bool sized;
};

/* A positive number, with a unit where @units allows. */
static size_t number(struct argp_state *state, const char *option,
		     const char *text, const char *units)
{
	const char *unit;
	char *end;
	size_t value;

	errno = 0;
	value = strtoull(text, &end, 10);
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	end += unit ? 1 : 0;
	if (!isdigit((unsigned char)*text) || *end)
		argp_error(state, "%s is a whole count%s, not '%s'", option,
			   *units ? ", perhaps of K, M or G" : "", text);
	if (errno ||
	    (unit && __builtin_mul_overflow(
			     value, 1ULL << 10 * (unit - units + 1), &value)))
		argp_error(state, "%s is too large: '%s'", option, text);
	if (!value)
		argp_error(state, "%s is at least 1, not '%s'", option, text);
	return value;
}

static void set_pages(struct argp_state *state, struct parse *parse,
		      size_t pages)
{
	if (parse->sized)
		argp_error(state, "--pages and --size say the same, once");
	parse->sized = true;
	parse->options->pages = pages;
}

static bool color_wanted(struct argp_state *state, const char *when)
{
	const char *no_color = getenv("NO_COLOR");

	if (!strcmp(when, "always"))
		return true;
	if (strcmp(when, "auto") && strcmp(when, "never"))
		argp_error(state, "--color is always, never or auto, not '%s'",
			   when);
	return !strcmp(when, "auto") && isatty(STDOUT_FILENO) &&
	       !(no_color && *no_color);
}

static void check(struct argp_state *state, const struct rep_options *options)
{
	if (options->tap && options->json)
		argp_error(state, "--tap and --json exclude each other");
	if ((options->ask || options->pause) &&
	    (options->tap || options->json || options->quiet))
		argp_error(state, "--%s goes with the plain text only",
			   options->ask ? "ask" : "pause");
}

/* From a quarter of the usual number to twice as many. */
static size_t some_pages(const struct parse *parse)
{
	size_t usual = parse->demo->pages;

	return rep_seeded(parse->options->seed, parse->demo->name, 0,
			  (usual + 3) / 4, 2 * usual);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct parse *parse = state->input;
	struct rep_options *options = parse->options;

	switch (key) {
	case KEY_PAGES:
		set_pages(state, parse, number(state, "--pages", arg, ""));
		break;
	case KEY_SIZE:
		set_pages(state, parse,
			  (number(state, "--size", arg, "KMG") - 1) /
					  obs_page_size() +
				  1);
		break;
	case KEY_TAP:
		options->tap = true;
		break;
	case KEY_JSON:
		options->json = true;
		break;
	case KEY_COLOR:
		options->color = color_wanted(state, arg);
		break;
	case KEY_ASK:
		options->ask = true;
		break;
	case KEY_SEED:
		options->seed = number(state, "--seed", arg, "");
		break;
	case KEY_PAUSE:
		options->pause = true;
		break;
	case 'q':
		options->quiet = true;
		break;
	case KEY_OWN:
		options->own = arg;
		break;
	case ARGP_KEY_ARG:
		argp_error(state, "'%s' is one argument too many", arg);
		break;
	case ARGP_KEY_INIT:
		options->pages = parse->demo->pages;
		options->color = color_wanted(state, "auto");
		break;
	case ARGP_KEY_END:
		check(state, options);
		if (options->seed && !parse->sized)
			options->pages = some_pages(parse);
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

void rep_parse(struct rep_options *options, const struct rep_demo *demo,
	       int argc, char **argv)
{
	const size_t n = sizeof(common) / sizeof(*common);
	struct argp_option all[n + 1];
	char pages_doc[64];
	struct argp argp = { .options = all,
			     .parser = parse_option,
			     .doc = demo->lesson };
	struct parse parse = { options, demo, false };

	memcpy(all, common, sizeof(common));
	memset(&all[n], 0, sizeof(all[n]));
	snprintf(pages_doc, sizeof(pages_doc), "work on N pages (%zu)",
		 demo->pages);
	all[0].doc = pages_doc;
	if (demo->option) {
		all[n - 1].name = demo->option->name;
		all[n - 1].key = KEY_OWN;
		all[n - 1].arg = demo->option->arg;
		all[n - 1].doc = demo->option->doc;
		all[n - 1].group = 2;
	}
	rep_arguments(&argp, argc, argv, 0, &parse);
}
