// SPDX-License-Identifier: MIT
/* What a worker touches: page by page, each with the faults that it took. */
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "internal.h"

/*
 * Huge pages are refused but where one may come: else khugepaged could make
 * them of small ones, at any time. What has pages already gets none.
 */
static bool is_empty(const struct lit_shared *shared, int page)
{
	int start = mm_huge_start(page);
	const struct obs_page *is = shared->shot[shared->op.proc].page;

	for (int i = start; i < start + MM_HUGE; i++)
		if (is[i].flags & OBS_PRESENT)
			return false;
	return true;
}

void lit_allow_huge(struct lit_shared *shared, bool allow)
{
	if (prctl(PR_SET_THP_DISABLE, !allow, 0, 0, 0))
		lit_keep_error(shared, lit_fail(errno, "allow huge pages"));
}

/* The kernel itself writes, for read(2); refused, it says EFAULT. */
static bool kernel_write(const struct lit_shared *shared, char *at)
{
	return pread(shared->source_fd, at, 1, 0) == 1;
}

/* The page can be written to by now. */
static void mark(const struct lit_shared *shared, char *at)
{
	struct lit_content content = lit_content(shared, shared->op.value);

	memcpy(at + offsetof(struct lit_content, mark), &content.mark,
	       sizeof(content.mark));
}

/* One touch; false if it was refused. */
static bool touch(const struct lit_shared *shared, char *at)
{
	struct obs_signal refusal;

	if (shared->op.kind == MM_OP_KWRITE)
		return kernel_write(shared, at);
	if (shared->op.kind == MM_OP_WRITE)
		obs_try_write(at, shared->op.value, &refusal);
	else
		obs_try_read(at, &refusal);
	return !refusal.signo;
}

/* The controller tells later what kind of fault each of them was. */
void lit_touch_pages(struct lit_shared *shared)
{
	const struct mm_op *op = &shared->op;
	struct mm_result *result = &shared->result;

	if (op->kind == MM_OP_KWRITE &&
	    pwrite(shared->source_fd, &op->value, 1, 0) != 1)
		lit_keep_error(shared,
			       lit_fail(errno, "write the byte to read"));
	result->touches = op->pages;
	for (int i = 0; i < op->pages; i++) {
		char *at = lit_address(shared, op->start + i);
		int page = op->start + i;
		bool huge = page >= MM_BIG && is_empty(shared, page) &&
			    (!i || (page - MM_BIG) % MM_HUGE == 0);
		uint64_t before, faults;
		bool done;

		if (huge)
			lit_allow_huge(shared, true);
		before = lit_faults_so_far();
		done = touch(shared, at);
		if (done && op->kind != MM_OP_READ)
			mark(shared, at);
		faults = lit_faults_so_far() - before;
		if (huge)
			lit_allow_huge(shared, false);

		result->rusage += faults;
		result->touch[i].kind = faults ? MM_KINDS : MM_KIND_NONE;
		if (!done)
			result->touch[i].kind = MM_KIND_SEGV;
		else
			result->touch[i].value = touch_read(at);
	}
}
