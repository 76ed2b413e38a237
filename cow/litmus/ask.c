// SPDX-License-Identifier: MIT
/* --ask: what do you think will happen? */
#include <errno.h>
#include <stdlib.h>

#include "internal.h"

int lit_ask(FILE *in, FILE *out, const struct lit_line *line, long *answer)
{
	char text[64];

	*answer = -1;
	if (line->op.kind < MM_OP_READ || line->op.kind > MM_OP_KWRITE)
		return 0;
	fprintf(out, "%4d  %.*s\n      how many faults? ", line->number,
		lit_op_length(line->text), line->text);
	fflush(out);
	if (!fgets(text, sizeof(text), in))
		return lit_fail(EPIPE, "read your prediction");
	*answer = labs(strtol(text, NULL, 10));
	return 0;
}

bool lit_judge(FILE *out, const struct lit_outcome *outcome, long answer)
{
	int count[MM_KINDS + 1];
	int sum = lit_faults(outcome->measured ? outcome->measured :
						 outcome->predicted,
			     count);

	fprintf(out, "      %s\n", sum == answer ? "right:" : "not so:");
	return sum == answer;
}
