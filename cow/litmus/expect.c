// SPDX-License-Identifier: MIT
/* What is expected of a line: read, and held against model and kernel. */
#include <errno.h>
#include <string.h>

#include "lex.h"
#include "report/report.h"

/* The errors that these system calls can end with. */
static bool parse_error(struct lex *lex, int *number)
{
	static const char *const word[] = { "ENOMEM", "EINVAL", "EFAULT",
					    "EOPNOTSUPP" };
	static const int error[] = { ENOMEM, EINVAL, EFAULT, EOPNOTSUPP };
	int which = lex_choice(lex, "ENOMEM, EINVAL, EFAULT or EOPNOTSUPP",
			       word, 4);

	if (which >= 0)
		*number = error[which];
	return which >= 0;
}

/* shared P0 P1 NAME [RANGE], present P0 NAME [RANGE], and the like */
static bool parse_pages(struct lex *lex, const struct lit_scenario *scenario,
			struct lit_expect *expect)
{
	bool two = expect->kind == LIT_EXPECT_SHARED ||
		   expect->kind == LIT_EXPECT_APART;
	char value;

	if (!lex_proc(lex, &expect->proc[0]) ||
	    (two && !lex_proc(lex, &expect->proc[1])) ||
	    !parse_place(lex, scenario, &expect->start, &expect->pages))
		return false;
	if (expect->kind != LIT_EXPECT_VALUE)
		return true;
	if (!lex_value(lex, &value))
		return false;
	expect->number = value;
	return true;
}

static bool parse_faults(struct lex *lex, struct lit_expect *expect)
{
	expect->kind = LIT_EXPECT_FAULTS;
	expect->fault = MM_KINDS;
	if (lex_accept(lex, "none"))
		return true;
	if (lex_accept(lex, "faults"))
		return lex_number(lex, "how many", 0, MM_PAGES,
				  &expect->number);
	if (lex_accept(lex, "fresh")) {
		expect->fresh = true;
		return lex_number(lex, "how many", 1, MM_PAGES,
				  &expect->number);
	}
	for (int i = MM_KIND_NONE + 1; i < MM_KINDS; i++) {
		if (!lex_accept(lex, mm_kind_id(i)))
			continue;
		expect->fault = i;
		return lex_number(lex, "how many", 1, MM_PAGES,
				  &expect->number);
	}
	return lex_error(
		lex, lex->at,
		"a kind of fault, none, faults, fresh, fails, shared, apart, present, absent, value, whole or split");
}

static bool parse_expect(struct lex *lex, const struct lit_scenario *scenario,
			 struct lit_expect *expect)
{
	static const char *const word[] = {
		[LIT_EXPECT_ERROR] = "fails",
		[LIT_EXPECT_SHARED] = "shared",
		[LIT_EXPECT_APART] = "apart",
		[LIT_EXPECT_PRESENT] = "present",
		[LIT_EXPECT_ABSENT] = "absent",
		[LIT_EXPECT_VALUE] = "value",
		[LIT_EXPECT_WHOLE] = "whole",
		[LIT_EXPECT_SPLIT] = "split",
	};

	lex_end(lex);
	expect->column = lex->at - lex->text + 1;
	for (int i = LIT_EXPECT_ERROR; i <= LIT_EXPECT_SPLIT; i++) {
		if (!lex_accept(lex, word[i]))
			continue;
		expect->kind = i;
		return i == LIT_EXPECT_ERROR ?
			       parse_error(lex, &expect->number) :
			       parse_pages(lex, scenario, expect);
	}
	return parse_faults(lex, expect);
}

bool parse_expects(struct lex *lex, const struct lit_scenario *scenario,
		   struct lit_line *line)
{
	do {
		struct lit_expect expect = { 0 };

		lex_end(lex);
		if (line->expects == LIT_EXPECTS_MAX)
			return lex_error(lex, lex->at,
					 "at most %d expectations of a line",
					 LIT_EXPECTS_MAX);
		if (!parse_expect(lex, scenario, &expect))
			return false;
		line->expect[line->expects++] = expect;
	} while (lex_comma(lex));
	return true;
}

/* What both sides can tell of a page. @id is 0 where frames are hidden. */
struct fact {
	bool present;
	bool huge;
	bool once;
	uint64_t id;
	char value;
};

struct facts {
	const struct mm *mm;
	const struct lit_kernel *kernel;
};

static struct fact fact_of(const struct facts *facts, int proc, int page)
{
	struct fact fact = { 0 };
	const struct lit_shot *shot;
	const struct mm_frame *frame;

	if (facts->mm) {
		int index = facts->mm->proc[proc].pte[page].frame;

		frame = &facts->mm->frame[index];
		if (facts->mm->proc[proc].alive && index)
			fact = (struct fact){
				true,
				mm_is_huge(&facts->mm->proc[proc], page),
				frame->mapcount == 1,
				frame->serial,
				frame->value,
			};
		return fact;
	}
	shot = lit_kernel_shot(facts->kernel, proc);
	if (shot && shot->page[page].flags & OBS_PRESENT)
		fact = (struct fact){
			true,
			shot->page[page].flags & OBS_HUGE,
			shot->page[page].flags & OBS_EXCLUSIVE,
			shot->page[page].pfn,
			shot->value[page],
		};
	return fact;
}

static bool same(const struct fact *a, const struct fact *b)
{
	if (!a->present || !b->present)
		return false;
	return a->id || b->id ? a->id == b->id : !a->once && !b->once;
}

static bool page_meets(const struct lit_expect *expect,
		       const struct facts *facts, int page)
{
	struct fact a = fact_of(facts, expect->proc[0], page);
	struct fact b = fact_of(facts, expect->proc[1], page);

	switch (expect->kind) {
	case LIT_EXPECT_SHARED:
		return same(&a, &b);
	case LIT_EXPECT_APART:
		return a.present && b.present && !same(&a, &b);
	case LIT_EXPECT_PRESENT:
		return a.present;
	case LIT_EXPECT_ABSENT:
		return !a.present;
	case LIT_EXPECT_WHOLE:
		return a.present && a.huge;
	case LIT_EXPECT_SPLIT:
		return a.present && !a.huge;
	default:
		return a.present && a.value == (char)expect->number;
	}
}

static bool pages_meet(const struct lit_expect *expect,
		       const struct facts *facts, char what[LIT_WHAT_MAX])
{
	for (int i = 0; i < expect->pages; i++) {
		if (page_meets(expect, facts, expect->start + i))
			continue;
		snprintf(what, LIT_WHAT_MAX,
			 "page %d of these %d is the first that is not so", i,
			 expect->pages);
		return false;
	}
	return true;
}

/* "fresh" is what a read of fresh memory is on the machine that was asked. */
static enum mm_kind fault_of(const struct lit_expect *expect,
			     const struct facts *facts)
{
	bool zeropage = facts->mm ?
				mm_has(&facts->mm->machine, MM_FACT_ZEROPAGE) :
				obs_fresh_read() != OBS_KIND_ZERO;

	if (!expect->fresh)
		return expect->fault;
	return zeropage ? MM_KIND_ZEROPAGE : MM_KIND_ZERO;
}

/* Kinds that no expectation of the line names must not have happened. */
static bool is_named(const struct lit_line *line, const struct facts *facts,
		     int kind)
{
	for (int i = 0; i < line->expects; i++)
		if (line->expect[i].kind == LIT_EXPECT_FAULTS &&
		    (int)fault_of(&line->expect[i], facts) == kind)
			return true;
	return false;
}

static bool faults_meet(const struct lit_expect *expect,
			const struct lit_line *line, const struct facts *facts,
			const struct mm_result *result, char what[LIT_WHAT_MAX])
{
	int count[MM_KINDS + 1], sum = lit_faults(result, count);
	enum mm_kind fault = fault_of(expect, facts);

	/* Where the processor can't, the kernel notes accesses: only that. */
	if (!is_named(line, facts, MM_KIND_ACCESS)) {
		sum -= count[MM_KIND_ACCESS];
		count[MM_KIND_ACCESS] = 0;
	}
	if (fault == MM_KINDS) {
		snprintf(what, LIT_WHAT_MAX, "%d fault%s", sum, rep_s(sum));
		return sum == expect->number;
	}
	snprintf(what, LIT_WHAT_MAX, "%d of this kind", count[fault]);
	if (count[fault] != expect->number)
		return false;
	for (int i = MM_KIND_NONE + 1; i < MM_KINDS; i++) {
		if (!count[i] || is_named(line, facts, i))
			continue;
		snprintf(what, LIT_WHAT_MAX, "%d %s as well", count[i],
			 mm_kind_id(i));
		return false;
	}
	return true;
}

static bool met(const struct lit_expect *expect, const struct lit_line *line,
		const struct facts *facts, const struct mm_result *result,
		char what[LIT_WHAT_MAX])
{
	if (expect->kind == LIT_EXPECT_FAULTS)
		return faults_meet(expect, line, facts, result, what);
	if (expect->kind != LIT_EXPECT_ERROR)
		return pages_meet(expect, facts, what);
	snprintf(what, LIT_WHAT_MAX, "%s",
		 result->rc ? strerrorname_np(-result->rc) : "success");
	return -result->rc == expect->number;
}

bool lit_met_model(const struct lit_expect *expect, const struct lit_line *line,
		   const struct mm *mm, const struct mm_result *result,
		   char what[LIT_WHAT_MAX])
{
	const struct facts facts = { .mm = mm };

	return met(expect, line, &facts, result, what);
}

bool lit_met_kernel(const struct lit_expect *expect,
		    const struct lit_line *line,
		    const struct lit_kernel *kernel,
		    const struct mm_result *result, char what[LIT_WHAT_MAX])
{
	const struct facts facts = { .kernel = kernel };

	return met(expect, line, &facts, result, what);
}
