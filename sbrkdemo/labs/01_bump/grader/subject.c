// SPDX-License-Identifier: MIT
/* subject.c - calls the student's bump allocator, and tells what came of it. */
#include <errno.h>
#include <stdint.h>
#include <unistd.h>

#include "exam/exam.h"
#include "../bump.h"
#include "ops.h"

static void answer(const struct exam_ask *ask, struct exam_answer *a)
{
	const uint64_t *arg = ask->arg;

	switch (ask->op) {
	case ASK_ALLOC:
		a->value = (int64_t)bump_alloc(arg[0], arg[1]);
		break;
	case ASK_MARK:
		a->value = (int64_t)bump_mark();
		break;
	case ASK_RELEASE:
		a->value = bump_release((void *)arg[0]);
		break;
	case ASK_BREAK:
		a->value = (int64_t)sbrk((intptr_t)arg[0]);
		break;
	}
	a->error = errno;
	a->more[0] = (uint64_t)sbrk(0);
}

int main(void)
{
	return exam_serve(answer);
}
