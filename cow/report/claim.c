// SPDX-License-Identifier: MIT
/* A prediction beside its measurement, and both in words. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "internal.h"

const char *rep_s(uint64_t n)
{
	return n == 1 ? "" : "s";
}

bool rep_claim_holds(const struct rep_claim *claim)
{
	return claim->seen && !*claim->odd &&
	       claim->predicted == claim->measured &&
	       !memcmp(claim->predicted_kind, claim->measured_kind,
		       sizeof(claim->measured_kind));
}

/* ", all copy" or ": 64 copy, 1 refused" */
static void kinds_text(const uint64_t *kind, uint64_t total, char *text,
		       size_t size)
{
	const char *between = ":";
	size_t used = 0;

	*text = '\0';
	for (int i = 0; i < OBS_KINDS && used < size; i++) {
		if (!kind[i])
			continue;
		if (kind[i] == total) {
			snprintf(text, size, "%s %s", total > 1 ? ", all" : ":",
				 obs_kind_text(i));
			return;
		}
		used += snprintf(text + used, size - used, "%s %" PRIu64 " %s",
				 between, kind[i], obs_kind_text(i));
		between = ",";
	}
}

/* What one thing does: "that are one frame" is "that is one frame". */
static const struct verb {
	const char *many;
	const char *one;
} verbs[] = {
	{ "that are ", "that is " },	 { "that count ", "that counts " },
	{ "that end ", "that ends " },	 { "that fail ", "that fails " },
	{ "that give ", "that gives " }, { "that hold ", "that holds " },
	{ "that read ", "that reads " }, { "that refuse ", "that refuses " },
	{ "that show ", "that shows " }, { "that stay ", "that stays " },
	{ "that were ", "that was " },
};

static void what_text(const char *what, uint64_t value, char *text, size_t size)
{
	for (size_t i = 0; value == 1 && i < sizeof(verbs) / sizeof(*verbs);
	     i++) {
		size_t length = strlen(verbs[i].many);

		if (strncmp(what, verbs[i].many, length))
			continue;
		snprintf(text, size, " %s%s", verbs[i].one, what + length);
		return;
	}
	snprintf(text, size, " %s", what);
}

void rep_claim_text(const struct rep_claim *claim, bool measured, char *text,
		    size_t size)
{
	const uint64_t *kind = measured ? claim->measured_kind :
					  claim->predicted_kind;
	uint64_t value = measured ? claim->measured : claim->predicted;
	const char *unit = claim->faults ? "faults" : claim->unit;
	int unit_len = strlen(unit) - (value == 1);
	char tail[160];

	if (claim->faults)
		kinds_text(kind, value, tail, sizeof(tail));
	else
		what_text(claim->what, value, tail, sizeof(tail));
	if (claim->faults && !value)
		snprintf(text, size, "no fault");
	else
		snprintf(text, size, "%" PRIu64 " %.*s%s", value, unit_len,
			 unit, tail);
}

void rep_labels_text(const struct rep *r, char *text, size_t size)
{
	uint64_t traced = r->labelled[OBS_BY_TRACEPOINT];
	uint64_t others = r->labelled[OBS_BY_STATES];

	snprintf(text, size, "%s%s%s",
		 traced ? obs_labels_text(OBS_BY_TRACEPOINT) : "",
		 traced && others ? ", some " : "",
		 others ? obs_labels_text(OBS_BY_STATES) : "");
}

/* On a line of its own if there would be little room for the answer. */
static void put_question(const struct rep *r, const struct rep_claim *claim)
{
	char text[256];

	snprintf(text, sizeof(text), "How many %s%s%s?",
		 claim->faults ? "faults" : claim->unit,
		 claim->faults ? "" : " ", claim->faults ? "" : claim->what);
	if (strlen(text) + REP_INDENT + REP_LABEL + 8 > r->width) {
		rep_wrapped(r, "you", text, NULL);
		printf("%*s> ", REP_INDENT + REP_LABEL, "");
	} else {
		printf("%*s%-*s%s ", REP_INDENT, "", REP_LABEL, "you", text);
	}
	fflush(stdout);
}

int rep_ask(const struct rep *r, struct rep_claim *claim)
{
	int rc;

	do {
		put_question(r, claim);
		rc = rep_read_answer(stdin, stdout, REP_INDENT + REP_LABEL,
				     &claim->answer);
	} while (rc == -EINVAL);
	claim->asked = !rc;
	return rc;
}

void rep_gap_text(const struct rep_claim *claim, char *text, size_t size)
{
	uint64_t said = claim->answer, is = claim->measured;

	snprintf(text, size, "said %" PRIu64, said);
	if (said == is)
		return;
	snprintf(text, size, "said %" PRIu64 ", %" PRIu64 " too %s", said,
		 said > is ? said - is : is - said, said > is ? "many" : "few");
}
