// SPDX-License-Identifier: MIT
/*
 * What people believe about memory, and what the course notes say: each
 * statement is settled by running the demos and comparing what they measured
 * with what the statement claims. Nothing is settled by opinion: a statement
 * whose numbers could not be had, or came out otherwise than their program
 * predicted, is neither confirmed nor busted.
 *
 * Try: myths
 * Try: myths S26 M5
 * Try: myths --json
 */
#include <argp.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "myths.h"
#include "report/report.h"

enum {
	EXIT_UNEXPECTED = 1,
	EXIT_SKIPPED = 4,
};

enum {
	KEY_JSON = 0x100,
	KEY_TAP,
	KEY_SEED,
};

/* The command line. */
struct request {
	const struct render *render;
	struct bench bench;
	char **ids;
	size_t n_ids;
	bool chosen;
};

static const struct argp_option options[] = {
	{ "json", KEY_JSON, NULL, 0, "one JSON object a statement", 0 },
	{ "tap", KEY_TAP, NULL, 0, "TAP 13", 0 },
	{ "seed", KEY_SEED, "N", 0, "run the demos in another variant", 0 },
	{ 0 },
};

static const struct entry *entry_at(size_t i)
{
	return i < n_people	       ? &people[i] :
	       i < n_people + n_course ? &course[i - n_people] :
					 NULL;
}

static bool exists(const char *id)
{
	const struct entry *entry;

	for (size_t i = 0; (entry = entry_at(i)); i++)
		if (!strcmp(entry->id, id))
			return true;
	return false;
}

static void choose(struct argp_state *state, const struct render *render)
{
	struct request *request = state->input;

	if (request->chosen)
		argp_error(state, "--tap and --json exclude each other");
	request->chosen = true;
	request->render = render;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;

	switch (key) {
	case KEY_JSON:
		choose(state, &as_json);
		return 0;
	case KEY_TAP:
		choose(state, &as_tap);
		return 0;
	case KEY_SEED:
		if (!*arg || strspn(arg, "0123456789") != strlen(arg) ||
		    !strtoull(arg, NULL, 10))
			argp_error(
				state,
				"--seed is a whole number from 1 on, not '%s'",
				arg);
		request->bench.seed = arg;
		return 0;
	case ARGP_KEY_ARGS:
		request->ids = state->argv + state->next;
		request->n_ids = state->argc - state->next;
		for (size_t i = 0; i < request->n_ids; i++)
			if (!exists(request->ids[i]))
				argp_error(state, "no statement '%s'",
					   request->ids[i]);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static bool wanted(const struct request *request, const struct entry *entry)
{
	for (size_t i = 0; i < request->n_ids; i++)
		if (!strcmp(request->ids[i], entry->id))
			return true;
	return !request->n_ids;
}

static void find_self(struct bench *bench)
{
	ssize_t length = readlink("/proc/self/exe", bench->here,
				  sizeof(bench->here) - 1);

	if (length < 0)
		err(1, "read /proc/self/exe");
	bench->here[length] = '\0';
	*strrchr(bench->here, '/') = '\0';
}

static int settle_all(const struct request *request)
{
	size_t verdicts[VERDICTS] = { 0 }, odd = 0, number = 0, n = 0;
	const struct entry *entry;

	for (size_t i = 0; (entry = entry_at(i)); i++)
		n += wanted(request, entry);
	if (request->render->begin)
		request->render->begin(n);
	for (size_t i = 0; (entry = entry_at(i)); i++) {
		struct outcome outcome;

		if (!wanted(request, entry))
			continue;
		settle(&request->bench, entry, &outcome);
		verdicts[outcome.verdict]++;
		odd += outcome.verdict != SKIPPED &&
		       outcome.verdict != entry->expected;
		request->render->entry(&request->bench, entry, &outcome,
				       ++number);
	}
	request->render->end(verdicts, odd);
	rep_check_out();
	return odd		      ? EXIT_UNEXPECTED :
	       verdicts[SKIPPED] == n ? EXIT_SKIPPED :
					0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		"[STATEMENT...]",
		"Settle what people believe about memory, by running the demos.\vM1 to M20 are beliefs, N1 to N8 further ones, S1 to S62 the statements of the course.\n\n"
		"Exit status: 0 all settled as expected, 1 not, 4 all skipped.",
		NULL,
		NULL,
		NULL,
	};
	struct request request = { .render = &as_text };

	rep_arguments(&argp, argc, argv, 0, &request);
	find_self(&request.bench);
	setvbuf(stdout, NULL, _IOLBF, 0);
	return settle_all(&request);
}
