// SPDX-License-Identifier: MIT
/* One operation of one process, and what both fault counters say of it. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

void mm_reason(struct mm *mm, const char *where, const char *fmt, ...)
{
	char text[200];
	va_list args;
	int n;

	if (!mm->why)
		return;
	va_start(args, fmt);
	n = snprintf(text, sizeof(text), "%s: ", where);
	vsnprintf(text + n, sizeof(text) - n, fmt, args);
	va_end(args);
	mm->why(mm->why_arg, text);
}

void mm_init(struct mm *mm, const struct mm_machine *machine)
{
	memset(mm, 0, sizeof(*mm));
	mm->machine = *machine;
	mm->hint = MM_ZERO_PAGE + 1;
	mm->frame[MM_ZERO_PAGE].serial = ++mm->serials;
	mm->proc[0].alive = true;
	mm->proc[0].threads = 1;
	mm->proc[0].brk = MM_HEAP;
}

/*
 * Where the processor sets no access flag, the first access to an old entry is
 * a fault, and so is the first store to a clean one: the kernel notes them.
 */
static bool is_noted(const struct mm *mm, const struct mm_pte *pte, bool write)
{
	return mm_has(&mm->machine, MM_FACT_ACCESS_FLAG) ||
	       (!pte->old && (!write || pte->dirty));
}

/* Rules 1 and 2, and whatever the fault does. */
static enum mm_kind do_user_addr_fault(struct mm *mm, struct mm_proc *proc,
				       int page, bool write)
{
	struct mm_vma *vma = vma_lookup(proc, page);
	struct mm_pte *pte = &proc->pte[page];
	struct fault vmf = { proc, vma, pte, page, write };

	if (!vma) {
		mm_because(mm, "page %d, no mapping -> SIGSEGV", page);
		return MM_KIND_SEGV;
	}
	if (access_error(vma, write) && !dropped(mm, MM_RULE_SEGV)) {
		mm_because(mm,
			   "page %d, the mapping does not allow it -> SIGSEGV",
			   page);
		return MM_KIND_SEGV;
	}
	if (pte->frame && (!write || pte->write) && !is_noted(mm, pte, write)) {
		mm_because(mm, "page %d, present, but the access not noted",
			   page);
		return MM_KIND_ACCESS;
	}
	if (pte->frame && (!write || pte->write)) {
		mm_because(mm, "page %d, present and sufficient, no fault",
			   page);
		return MM_KIND_NONE;
	}
	mm_because(mm, "page %d, %s, page %s", page, write ? "write" : "read",
		   pte->frame ? "present" : "absent");
	return handle_mm_fault(mm, &vmf);
}

static void touch_page(struct mm *mm, const struct mm_op *op, int page,
		       struct mm_touch *touch)
{
	struct mm_proc *proc = &mm->proc[op->proc];
	struct mm_pte *pte = &proc->pte[page];
	bool write = op->kind != MM_OP_READ;

	touch->kind = do_user_addr_fault(mm, proc, page, write);
	touch->value = 0;
	if (touch->kind == MM_KIND_SEGV)
		return;
	pte->old = false;
	touch_pmd(proc, page, write);
	if (write) {
		mm->frame[pte->frame].value = op->value;
		mark_dirty(mm, pte);
	}
	touch->value = mm->frame[pte->frame].value;
}

/* What copied for the kernel tried its last bytes again before it gave up. */
static bool refused_twice(const struct mm *mm, const struct mm_op *op,
			  const struct mm_touch *touch)
{
	return op->kind == MM_OP_KWRITE && touch->kind == MM_KIND_SEGV &&
	       !mm_has(&mm->machine, MM_FACT_REFUSED_ONCE);
}

/* getrusage does not count what was refused; perf does (rule 1). */
static void touch_pages(struct mm *mm, const struct mm_op *op,
			struct mm_result *result)
{
	result->touches = op->pages;
	for (int i = 0; i < op->pages; i++) {
		struct mm_touch *touch = &result->touch[i];

		touch_page(mm, op, op->start + i, touch);
		result->perf += touch->kind != MM_KIND_NONE;
		result->perf += refused_twice(mm, op, touch);
		result->rusage += touch->kind != MM_KIND_NONE &&
				  touch->kind != MM_KIND_SEGV;
	}
}

/* Threads share all memory, and nothing but memory: each counts for itself. */
static void count_others(const struct mm *mm, const struct mm_op *op,
			 struct mm_result *result)
{
	if (op->thread && dropped(mm, MM_RULE_THREAD)) {
		result->others = result->rusage;
		result->rusage = 0;
	}
}

static int new_thread(struct mm_proc *proc)
{
	if (proc->threads == MM_THREADS)
		return -EAGAIN;
	proc->threads++;
	return 0;
}

void mm_do(struct mm *mm, const struct mm_op *op, struct mm_result *result)
{
	struct mm_proc *proc = &mm->proc[op->proc];
	int start = op->start, end = start + op->pages;

	memset(result, 0, sizeof(*result));
	switch (op->kind) {
	case MM_OP_MMAP:
		result->rc = do_mmap(mm, op);
		break;
	case MM_OP_MUNMAP:
		do_munmap(mm, proc, start, end);
		break;
	case MM_OP_MPROTECT:
		result->rc = do_mprotect(mm, proc, start, end, op->flags);
		break;
	case MM_OP_MREMAP:
		result->rc = do_mremap(mm, op);
		break;
	case MM_OP_MADVISE:
		result->rc = do_madvise(mm, op, &result->rusage);
		break;
	case MM_OP_READ:
	case MM_OP_WRITE:
	case MM_OP_KWRITE:
		touch_pages(mm, op, result);
		break;
	case MM_OP_FORK:
		result->rc = dup_mmap(mm, proc, &mm->proc[op->child]);
		break;
	case MM_OP_EXIT:
		exit_mmap(mm, proc);
		break;
	case MM_OP_BRK:
		result->rc = do_brk(mm, proc, op->pages);
		break;
	case MM_OP_SYNC:
		result->rc = do_sync(mm, op->file);
		break;
	case MM_OP_THREAD:
		result->rc = new_thread(proc);
		break;
	case MM_OP_PIN:
		result->rc =
			pin_user_pages(mm, proc, start, end, &result->rusage);
		break;
	case MM_OP_UNPIN:
		unpin_user_pages(mm, proc);
		break;
	case MM_OP_MERGE:
		ksm_do_scan(mm);
		break;
	default:
		result->rc = -EINVAL;
	}
	count_others(mm, op, result);
}
