// SPDX-License-Identifier: MIT
/* --ask: what do you think will happen? */
#include <errno.h>
#include <limits.h>

#include "internal.h"
#include "report/report.h"

#define INDENT 6

int lit_ask(FILE *in, FILE *out, const struct lit_line *line, long *answer)
{
	uint64_t value;
	int rc;

	*answer = -1;
	if (line->op.kind < MM_OP_READ || line->op.kind > MM_OP_KWRITE)
		return 0;
	do {
		fprintf(out, "%4d  %.*s\n      how many faults? ", line->number,
			lit_op_length(line->text), line->text);
		fflush(out);
		rc = rep_read_answer(in, out, INDENT, &value);
	} while (rc == -EINVAL);
	if (!rc)
		*answer = value > LONG_MAX ? LONG_MAX : (long)value;
	return rc;
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
