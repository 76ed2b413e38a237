// SPDX-License-Identifier: MIT
/*
 * Model and kernel, side by side: result, order and kind of faults, both
 * counters, and of every page of every process: presence, sharing, identity,
 * content. The first difference is told.
 */
#include <stdarg.h>
#include <string.h>

#include "internal.h"
#include "report/report.h"

/* Fill in a difference; returns false, as lit_compare() does. */
static bool differs(struct lit_diff *diff, int proc, int page, const char *fmt,
		    ...) __printf(4, 5);

static bool differs(struct lit_diff *diff, int proc, int page, const char *fmt,
		    ...)
{
	va_list args;

	diff->proc = proc;
	diff->page = page;
	va_start(args, fmt);
	vsnprintf(diff->what, sizeof(diff->what), fmt, args);
	va_end(args);
	return false;
}

static const char *error_name(int rc)
{
	return rc ? strerrorname_np(-rc) : "success";
}

/* perf with exclude_kernel does not see what the kernel itself touched. */
static int perf_of(const struct mm_op *op, const struct mm_result *predicted,
		   const struct lit_kernel *kernel)
{
	if (lit_kernel_source(kernel) == OBS_PERF_USER &&
	    op->kind == MM_OP_KWRITE)
		return 0;
	return predicted->perf;
}

static bool compare_counts(const struct mm_op *op,
			   const struct mm_result *predicted,
			   const struct lit_kernel *kernel,
			   const struct mm_result *measured,
			   struct lit_diff *diff)
{
	int perf = perf_of(op, predicted, kernel);

	if (predicted->rc != measured->rc)
		return differs(diff, op->proc, -1, "returns %s, kernel: %s",
			       error_name(predicted->rc),
			       error_name(measured->rc));
	if (predicted->rusage != measured->rusage)
		return differs(diff, op->proc, -1,
			       "%d fault%s by getrusage, kernel: %d",
			       predicted->rusage, rep_s(predicted->rusage),
			       measured->rusage);
	if (predicted->others != measured->others)
		return differs(diff, op->proc, -1,
			       "%d fault%s of other threads, kernel: %d",
			       predicted->others, rep_s(predicted->others),
			       measured->others);
	if (measured->perf >= 0 && perf != measured->perf)
		return differs(diff, op->proc, -1,
			       "%d fault%s by perf, kernel: %d", perf,
			       rep_s(perf), measured->perf);
	return true;
}

static bool compare_touches(const struct mm_op *op,
			    const struct mm_result *predicted,
			    const struct mm_result *measured,
			    struct lit_diff *diff)
{
	for (int i = 0; i < predicted->touches; i++) {
		const struct mm_touch *want = &predicted->touch[i];
		const struct mm_touch *is = &measured->touch[i];

		if (want->kind != is->kind)
			return differs(diff, op->proc, op->start + i,
				       "fault is %s, kernel: %s",
				       mm_kind_id(want->kind),
				       is->kind == MM_KINDS ?
					       "unexplained" :
					       mm_kind_id(is->kind));
		if (want->value != is->value)
			return differs(diff, op->proc, op->start + i,
				       "value is 0x%02x, kernel: 0x%02x",
				       want->value & 0xff, is->value & 0xff);
	}
	return true;
}

static const char *state(bool present, bool zero, bool file)
{
	return !present ? "absent" :
	       zero	? "the zero page" :
	       file	? "a page of the page cache" :
			  "an anonymous page";
}

/*
 * Under the entry of a huge page bit 56 speaks of the page, or (new kernels) of
 * the first of them all: it counts where that is the same.
 */
static bool is_head_single(const struct mm *mm, int proc, int page)
{
	if (mm_is_huge(&mm->proc[proc], page))
		page = mm_huge_start(page);
	return mm->frame[mm->proc[proc].pte[page].frame].mapcount == 1;
}

static bool compare_state(const struct mm *mm, int proc, int page,
			  const struct lit_shot *shot, struct lit_diff *diff)
{
	const struct mm_pte *pte = &mm->proc[proc].pte[page];
	const struct mm_frame *frame = &mm->frame[pte->frame];
	uint32_t flags = shot->page[page].flags;
	bool present = flags & OBS_PRESENT, is_zero = flags & OBS_ZERO;
	bool once = flags & OBS_EXCLUSIVE, is_file = flags & OBS_FILE;
	bool zero = pte->frame == MM_ZERO_PAGE;
	bool single = frame->mapcount == 1;
	bool huge = page >= MM_BIG;
	bool file = pte->frame && !zero && !frame->anon;

	if (huge && !mm_is_huge(&mm->proc[proc], page) != !(flags & OBS_HUGE))
		return differs(diff, proc, page,
			       "is %spart of a huge page, kernel: %s",
			       flags & OBS_HUGE ? "not " : "",
			       flags & OBS_HUGE ? "it is" : "it is not");
	if ((page < MM_AREA || huge) &&
	    !mm_find_vma(&mm->proc[proc], page) != !!(flags & OBS_UNMAPPED))
		return differs(diff, proc, page,
			       "is %smapped, kernel: %smapped",
			       flags & OBS_UNMAPPED ? "" : "not ",
			       flags & OBS_UNMAPPED ? "not " : "");
	if (!pte->frame != !present || zero != is_zero ||
	    (present && !zero && file != is_file))
		return differs(diff, proc, page, "is %s, kernel: %s",
			       state(pte->frame, zero, file),
			       state(present, is_zero, is_file));
	if (present && !zero && once != single &&
	    single == is_head_single(mm, proc, page))
		return differs(diff, proc, page,
			       "is mapped %d times, kernel: %s",
			       frame->mapcount,
			       once ? "once" : "more than once");
	return true;
}

/* Only where an operation made something fault can it have put another page. */
static bool is_touched(const struct mm_op *op, int proc, int page)
{
	bool touches = op->kind == MM_OP_READ || op->kind == MM_OP_WRITE ||
		       op->kind == MM_OP_KWRITE || op->kind == MM_OP_MADVISE ||
		       op->kind == MM_OP_PIN;

	return touches && proc == op->proc && page >= op->start &&
	       page < op->start + op->pages;
}

/*
 * The same frame in the model is the same in the kernel, in all processes and
 * over time. Memory compaction may move a page at any time: it does so in all
 * page tables at once, and where nothing was touched nothing else can be it.
 */
static bool compare_identity(const struct mm *mm, const struct mm_op *op,
			     int proc, int page, uint64_t pfn,
			     struct lit_identity *identity,
			     struct lit_diff *diff)
{
	int frame = mm->proc[proc].pte[page].frame;
	uint32_t serial = mm->frame[frame].serial;

	if (!pfn || frame == MM_ZERO_PAGE)
		return true;
	if (identity->serial[frame] != serial) {
		identity->serial[frame] = serial;
		identity->pfn[frame] = pfn;
	}
	if (identity->pfn[frame] != pfn) {
		if (identity->round[frame] == identity->rounds ||
		    is_touched(op, proc, page))
			return differs(
				diff, proc, page,
				"is the page that it was, kernel: another");
		identity->pfn[frame] = pfn;
		identity->moved++;
	}
	identity->round[frame] = identity->rounds;
	return true;
}

static bool compare_page(const struct mm *mm, const struct mm_op *op, int proc,
			 int page, const struct lit_shot *shot,
			 struct lit_identity *identity, struct lit_diff *diff)
{
	const struct mm_pte *pte = &mm->proc[proc].pte[page];
	const struct mm_vma *vma;

	if (!compare_state(mm, proc, page, shot, diff))
		return false;
	if (!pte->frame)
		return true;
	if (identity && !compare_identity(mm, op, proc, page,
					  shot->page[page].pfn, identity, diff))
		return false;
	vma = mm_find_vma(&mm->proc[proc], page);
	if (vma && vma->flags & (MM_VM_READ | MM_VM_WRITE) &&
	    mm->frame[pte->frame].value != shot->value[page])
		return differs(diff, proc, page, "holds 0x%02x, kernel: 0x%02x",
			       mm->frame[pte->frame].value & 0xff,
			       shot->value[page] & 0xff);
	return true;
}

static bool compare_processes(const struct mm *mm, const struct mm_op *op,
			      const struct lit_kernel *kernel,
			      struct lit_identity *identity,
			      struct lit_diff *diff)
{
	int pages = lit_kernel_is_huge(kernel) ? MM_PAGES : MM_BIG;

	for (int p = 0; p < MM_PROCS; p++) {
		const struct lit_shot *shot = lit_kernel_shot(kernel, p);

		if (!shot != !mm->proc[p].alive)
			return differs(diff, p, -1, "lives on one side only");
		for (int page = 0; shot && page < pages; page++)
			if (!compare_page(mm, op, p, page, shot, identity,
					  diff))
				return false;
	}
	return true;
}

/* Two frames of the model must not be one frame of the kernel. */
static bool compare_distinct(const struct mm *mm, struct lit_identity *identity,
			     struct lit_diff *diff)
{
	enum { SLOTS = 1 << 12 };
	uint16_t slot[SLOTS] = { 0 };

	for (int i = MM_ZERO_PAGE + 1; i < MM_FRAMES; i++) {
		size_t at = identity->pfn[i] % SLOTS;

		if (!mm->frame[i].mapcount ||
		    identity->serial[i] != mm->frame[i].serial)
			continue;
		for (; slot[at]; at = (at + 1) % SLOTS)
			if (identity->pfn[slot[at]] == identity->pfn[i])
				return differs(diff, -1, -1,
					       "two pages, kernel: one page");
		slot[at] = i;
	}
	return true;
}

bool lit_compare(const struct mm *mm, const struct mm_op *op,
		 const struct mm_result *predicted,
		 const struct lit_kernel *kernel,
		 const struct mm_result *measured,
		 struct lit_identity *identity, struct lit_diff *diff)
{
	if (identity)
		identity->rounds++;
	return compare_touches(op, predicted, measured, diff) &&
	       compare_counts(op, predicted, kernel, measured, diff) &&
	       compare_processes(mm, op, kernel, identity, diff) &&
	       (!identity || compare_distinct(mm, identity, diff));
}

static enum mm_kind settled(enum mm_kind predicted, enum mm_kind measured,
			    bool hidden)
{
	if (predicted == MM_KIND_ACCESS &&
	    (measured == MM_KIND_REUSE || measured == MM_KIND_NOTIFY ||
	     measured == MM_KINDS))
		return predicted;
	if (predicted == MM_KIND_COPY && measured == MM_KIND_REUSE && hidden)
		return predicted;
	return measured;
}

void lit_settle(const struct lit_kernel *kernel, const struct mm_op *op,
		const struct mm_result *predicted, struct mm_result *measured)
{
	const struct lit_shot *shot = lit_kernel_shot(kernel, op->proc);

	for (int i = 0; i < predicted->touches && shot; i++) {
		int page = op->start + i;
		bool hidden = page >= MM_BIG && !shot->page[page].pfn;

		measured->touch[i].kind = settled(predicted->touch[i].kind,
						  measured->touch[i].kind,
						  hidden);
	}
}

void lit_model_start(struct mm *mm, const struct mm_machine *machine,
		     const struct lit_setup *setup, uint64_t drop)
{
	mm_init(mm, machine);
	mm->drop = drop;
	for (int i = 0; i < setup->files; i++) {
		const struct lit_file *file = &setup->file[i];

		mm_add_file(mm, file->backing, file->pages, file->cached,
			    file->value);
	}
}
