// SPDX-License-Identifier: MIT
/* ledger_print.c - the table and the JSON of cow/tools/ledger */
#include <err.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"

/* All rows of one call become the first of them. */
static void add_up(void)
{
	struct row *r, **at, *same;

	for (r = rows; r; r = r->next) {
		strcpy(r->process, "all");
		strcpy(r->comm, "all");
		r->phase = "all";
		for (at = &r->next; (same = *at) != NULL;) {
			if (same->nr != r->nr || same->arch != r->arch) {
				at = &same->next;
				continue;
			}
			r->calls += same->calls;
			r->bytes += same->bytes;
			r->failed += same->failed;
			*at = same->next;
			free(same);
		}
	}
}

static void call_name(const struct row *r, char *name)
{
	guard_call_name(&(struct guard_event){ .nr = r->nr, .arch = r->arch },
			name);
}

static void print_json(FILE *out, json_t *object)
{
	if (!object || json_dumpf(object, out, JSON_COMPACT) ||
	    fputc('\n', out) == EOF)
		errx(1, "writing JSON failed");
	json_decref(object);
}

static void print_row(FILE *out, const struct row *r)
{
	char name[GUARD_TEXT_LEN], bytes[24] = "-", failed[24] = "";
	json_t *j;

	call_name(r, name);
	if (length_arg(r->nr) >= 0)
		snprintf(bytes, sizeof(bytes), "%" PRIu64, r->bytes);
	if (opt.results)
		snprintf(failed, sizeof(failed), "%" PRIu64, r->failed);
	if (!opt.json) {
		fprintf(out, "%-8s %-15s %-5s %-14s %8" PRIu64 " %14s %8s\n",
			r->process, r->comm, r->phase, name, r->calls, bytes,
			failed);
		return;
	}
	j = json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I}", "program",
		      "cow/tools/ledger", "process", r->process, "comm",
		      r->comm, "phase", r->phase, "call", name, "calls",
		      (json_int_t)r->calls, "bytes", (json_int_t)r->bytes);
	if (j && opt.results)
		json_object_set_new(j, "failed", json_integer(r->failed));
	print_json(out, j);
}

static void print_moved(FILE *out, const struct moved *m)
{
	if (!opt.json)
		fprintf(out,
			"%-8s %-15s the break moved by %" PRId64 " bytes\n",
			m->process, m->comm, m->bytes);
	else
		print_json(out, json_pack("{s:s,s:s,s:s,s:I}", "program",
					  "cow/tools/ledger", "process",
					  m->process, "comm", m->comm,
					  "break_moved", (json_int_t)m->bytes));
}

void print_ledger(void)
{
	FILE *out = opt.output ? fopen(opt.output, "we") : stderr;
	const struct moved *m;
	const struct row *r;

	if (!out)
		err(1, "opening %s", opt.output);
	if (opt.totals)
		add_up();
	if (!opt.json)
		fprintf(out, "%-8s %-15s %-5s %-14s %8s %14s %8s\n", "process",
			"command", "phase", "call", "calls", "bytes asked",
			opt.results ? "failed" : "");
	for (r = rows; r; r = r->next)
		print_row(out, r);
	for (m = opt.totals ? NULL : moves; m; m = m->next)
		print_moved(out, m);
	if (fflush(out) || ferror(out))
		err(1, "writing the ledger");
}
