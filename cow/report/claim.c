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
	return claim->seen && claim->predicted == claim->measured &&
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
		snprintf(tail, sizeof(tail), " %s", claim->what);
	if (claim->faults && !value)
		snprintf(text, size, "no fault");
	else
		snprintf(text, size, "%" PRIu64 " %.*s%s", value, unit_len,
			 unit, tail);
}

int rep_ask(struct rep_claim *claim)
{
	char line[64], extra;

	for (;;) {
		printf("%*s%-*sHow many %s%s%s? ", REP_INDENT, "", REP_LABEL,
		       "you", claim->faults ? "faults" : claim->unit,
		       claim->faults ? "" : " ",
		       claim->faults ? "" : claim->what);
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin)) {
			putchar('\n');
			return -ENODATA;
		}
		/* A terminal has shown what was typed. */
		if (!isatty(STDIN_FILENO))
			printf("%s", line);
		if (sscanf(line, "%" SCNu64 " %c", &claim->answer, &extra) ==
			    1 &&
		    !strchr(line, '-'))
			break;
		printf("%*sA whole number, please.\n", REP_INDENT + REP_LABEL,
		       "");
	}
	claim->asked = true;
	return 0;
}
