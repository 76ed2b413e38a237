// SPDX-License-Identifier: MIT
/* What became of a line, as text, as page strips, as JSON. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "report/report.h"

/* "8 zero, 1 copy", or how a call ended. */
static void result_text(const struct mm_result *result, char *text, size_t size)
{
	int count[MM_KINDS + 1], sum = lit_faults(result, count), n = 0;

	*text = '\0';
	if (result->rc) {
		snprintf(text, size, "%s", strerrorname_np(-result->rc));
		return;
	}
	for (int i = MM_KIND_NONE + 1; i <= MM_KINDS && n < (int)size; i++)
		if (count[i])
			n += snprintf(text + n, size - n, "%s%d %s",
				      n ? ", " : "", count[i],
				      i < MM_KINDS ? mm_kind_id(i) :
						     "unexplained");
	if (!n && sum)
		snprintf(text, size, "%d populated", sum);
	else if (!n)
		snprintf(text, size, result->touches ? "no fault" : "-");
}

int lit_op_length(const char *text)
{
	const char *end = strstr(text, "=>");
	int n = end ? end - text : (int)strcspn(text, "#");

	while (n && (text[n - 1] == ' ' || text[n - 1] == '\t'))
		n--;
	return n;
}

void lit_show_line(FILE *file, const struct lit_outcome *outcome)
{
	const struct lit_line *line = outcome->line;
	const struct lit_diff *diff = &outcome->diff;
	char text[LIT_TEXT_MAX];
	bool ok = outcome->agreed && !outcome->unmet;

	result_text(outcome->predicted ? outcome->predicted : outcome->measured,
		    text, sizeof(text));
	fprintf(file, "%4d  %-38.*s %-24s %s\n", line->number,
		lit_op_length(line->text), line->text, text,
		ok ? "ok" : "DIFFERS");
	if (!outcome->agreed) {
		fprintf(file, "      model: ");
		if (diff->proc >= 0)
			fprintf(file, "P%d ", diff->proc);
		if (diff->page >= MM_BIG)
			fprintf(file, "huge %d ", diff->page - MM_BIG);
		else if (diff->page >= MM_HEAP)
			fprintf(file, "heap %d ", diff->page - MM_HEAP);
		else if (diff->page >= 0)
			fprintf(file, "area %d ", diff->page);
		fprintf(file, "%s\n", diff->what);
	}
	if (outcome->unmet)
		fprintf(file, "      column %d: the %s does not do so: %s\n",
			outcome->unmet->column, outcome->unmet_by,
			outcome->what);
}

/* The model's page as observe would see it. */
static struct obs_page as_observed(const struct mm *mm, int proc, int page)
{
	const struct mm_proc *p = &mm->proc[proc];
	const struct mm_vma *vma = mm_find_vma(p, page);
	const struct mm_frame *frame = &mm->frame[p->pte[page].frame];
	struct obs_page is = { 0 };

	if (!vma)
		is.flags |= OBS_UNMAPPED;
	else if (!(vma->flags & MM_VM_ACCESS))
		is.flags |= OBS_MAP_NONE;
	if (vma && vma->flags & MM_VM_SHARED)
		is.flags |= OBS_MAP_SHARED;
	if (vma && vma->file && mm->file[vma->file - 1].backing)
		is.flags |= OBS_MAP_FILE;
	if (!p->pte[page].frame)
		return is;
	is.flags |= OBS_PRESENT;
	if (mm_is_huge(p, page))
		is.flags |= OBS_HUGE;
	if (p->pte[page].frame == MM_ZERO_PAGE)
		is.flags |= OBS_ZERO;
	else if (!frame->anon)
		is.flags |= OBS_FILE;
	if (frame->mapcount == 1)
		is.flags |= OBS_EXCLUSIVE;
	return is;
}

static char page_char(const struct lit_outcome *outcome, int proc, int page)
{
	const struct lit_shot *shot;
	struct obs_page is;

	if (outcome->measured) {
		shot = lit_kernel_shot(outcome->lab->kernel, proc);
		is = shot->page[page];
	} else {
		is = as_observed(outcome->lab->mm, proc, page);
	}
	return rep_page_char(&is);
}

/* Page by page; what is too long for a line as runs, such as "512H". */
static int strip(FILE *file, const struct lit_name *name,
		 const struct lit_outcome *outcome, int proc)
{
	int end = name->start + name->pages;
	int column = fprintf(file, "  P%d ", proc);

	for (int i = name->start, run; i < end; i += run) {
		char c = page_char(outcome, proc, i);

		run = 1;
		while (name->pages > MM_AREA && i + run < end &&
		       page_char(outcome, proc, i + run) == c)
			run++;
		column += name->pages > MM_AREA ?
				  fprintf(file, "%d%c ", run, c) :
				  fprintf(file, "%c", c);
	}
	return column;
}

static bool lives(const struct lit_outcome *outcome, int proc)
{
	if (outcome->measured)
		return lit_kernel_shot(outcome->lab->kernel, proc);
	return outcome->lab->mm->proc[proc].alive;
}

/* Columns: of runs there are few. */
static int shown(const struct lit_name *name)
{
	return name->pages > MM_AREA ? 20 : name->pages;
}

void lit_show_strips(FILE *file, const struct lit_scenario *scenario,
		     const struct lit_outcome *outcome)
{
	for (int n = 3; n < scenario->names; n++) {
		const struct lit_name *name = &scenario->name[n];
		int column = 0;

		for (int p = 0; p < MM_PROCS; p++) {
			if (!lives(outcome, p))
				continue;
			if (column && column + shown(name) + 5 > 66) {
				fputc('\n', file);
				column = 0;
			}
			fprintf(file, column ? "" : "      %-6s",
				p ? "" : name->name);
			column += strip(file, name, outcome, p);
		}
		fputc('\n', file);
	}
}

static json_t *kinds(const struct mm_result *result)
{
	int count[MM_KINDS + 1];
	json_t *object = json_object();

	lit_faults(result, count);
	for (int i = MM_KIND_NONE + 1; i < MM_KINDS; i++)
		if (count[i])
			json_object_set_new(object, mm_kind_id(i),
					    json_integer(count[i]));
	return object;
}

static void set_result(json_t *object, const char *key,
		       const struct mm_result *result)
{
	int count[MM_KINDS + 1];

	if (!result)
		return;
	json_object_set_new(object, key,
			    json_integer(lit_faults(result, count)));
	if (!json_object_get(object, "kinds"))
		json_object_set_new(object, "kinds", kinds(result));
	if (result->rc)
		json_object_set_new(object, "error",
				    json_string(strerrorname_np(-result->rc)));
}

void lit_show_json(FILE *file, const struct lit_scenario *scenario,
		   const struct lit_outcome *outcome)
{
	bool ok = outcome->agreed && !outcome->unmet;
	json_t *object = json_pack("{s:s, s:s, s:i, s:s#}", "program",
				   "cow/tools/litmus", "scenario",
				   scenario->path, "step",
				   outcome->line->number, "statement",
				   outcome->line->text,
				   lit_op_length(outcome->line->text));

	if (!object)
		return;
	set_result(object, "predicted", outcome->predicted);
	set_result(object, "measured", outcome->measured);
	if (outcome->measured)
		json_object_set_new(object, "source",
				    json_string(obs_source_id(lit_kernel_source(
					    outcome->lab->kernel))));
	if (!ok)
		json_object_set_new(object, "why",
				    json_string(outcome->agreed ?
							outcome->what :
							outcome->diff.what));
	json_object_set_new(object, "verdict",
			    json_string(ok ? "ok" : "differs"));
	json_dumpf(object, file, JSON_COMPACT);
	fputc('\n', file);
	json_decref(object);
}
