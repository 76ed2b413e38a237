// SPDX-License-Identifier: MIT
/*
 * Replays allocation traces under each fit policy and under the C library, and
 * sets utilisation, speed, search length and faults side by side: which policy
 * is best depends on the trace.
 *
 * Try: tracegen binary | replay -
 *	replay --backend mmap --csv *.rep
 */
#include "alloc/alloc.h"

#include <argp.h>
#include <err.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

enum format { FORMAT_TABLE, FORMAT_JSON, FORMAT_CSV };

enum key { KEY_JSON = 256, KEY_CSV, KEY_BACKEND, KEY_CONFIG, KEY_POLICY };

struct options {
	enum format format;
	bool quiet;
	struct heap_config config;
	char *text; /* what that was read from: all options together */
	const char *policy; /* the only one wanted, or "libc"; NULL is all */
	char **traces;
	size_t count;
};

/* One line of the result. */
struct row {
	const char *path;
	const char *allocator;
	const struct heap_trace *trace;
	const struct options *options;
	struct heap_trace_result result;
};

static double utilisation(const struct row *row)
{
	if (!row->result.peak_heap)
		return 0;
	return (double)row->trace->peak / (double)row->result.peak_heap;
}

static double kops(const struct row *row)
{
	if (row->result.seconds <= 0)
		return 0;
	return (double)row->trace->count / row->result.seconds / 1000;
}

static double per_search(const struct row *row, uint64_t what)
{
	if (!row->result.searches)
		return 0;
	return (double)what / (double)row->result.searches;
}

static void print_table_head(const struct row *row)
{
	const struct heap_trace *trace = row->trace;

	printf("%s: %zu operation%s, %zu id%s, at most %zu byte%s live\n",
	       row->path, trace->count, rep_s(trace->count), trace->slots,
	       rep_s(trace->slots), trace->peak, rep_s(trace->peak));
	printf("%-9s %-5s %7s %9s %10s %8s %9s %12s\n", "allocator", "valid",
	       "util %", "kops/s", "examined", "steps", "faults", "peak heap");
}

static void print_table_row(const struct row *row)
{
	const struct heap_trace_result *result = &row->result;

	if (!result->valid) {
		printf("%-9s %-5s at operation %zu: %s\n", row->allocator, "NO",
		       result->at, result->why);
		return;
	}
	printf("%-9s %-5s %7.1f %9.0f ", row->allocator, "yes",
	       100 * utilisation(row), kops(row));
	if (result->searches)
		printf("%10.1f %8.1f", per_search(row, result->examined),
		       per_search(row, result->steps));
	else
		printf("%10s %8s", "-", "-");
	printf(" %9ju %12zu\n", (uintmax_t)result->faults, result->peak_heap);
}

/* Where memory comes from, of a heap that has a choice. */
static const char *backend_of(const struct row *row)
{
	const struct heap_config *config = &row->options->config;

	return config->engine == HEAP_SPANS ?
		       "-" :
		       heap_backend_name(config->backend);
}

static void print_csv_row(const struct row *row)
{
	const struct heap_trace_result *result = &row->result;

	printf("%s,%s,%s,%zu,%zu,%.4f,%.1f,%.2f,%.2f,%ju,%zu,%s\n", row->path,
	       row->allocator, backend_of(row), row->trace->count,
	       row->trace->peak, utilisation(row), kops(row),
	       per_search(row, result->examined),
	       per_search(row, result->steps), (uintmax_t)result->faults,
	       result->peak_heap, result->valid ? "valid" : result->why);
}

static void print_json_row(const struct row *row)
{
	const struct heap_trace_result *result = &row->result;
	json_t *object;

	object = json_pack(
		"{s:s,s:s,s:s,s:I,s:I,s:I,s:b,s:s,s:I,s:f,s:f,s:I,s:I,s:I,s:I,s:I}",
		"trace", row->path, "allocator", row->allocator, "backend",
		backend_of(row), "operations", (json_int_t)row->trace->count,
		"weight", (json_int_t)row->trace->weight, "warnings",
		(json_int_t)row->trace->warnings, "valid", result->valid, "why",
		result->why, "at", (json_int_t)result->at, "utilisation",
		utilisation(row), "kops", kops(row), "searches",
		(json_int_t)result->searches, "examined",
		(json_int_t)result->examined, "steps",
		(json_int_t)result->steps, "faults", (json_int_t)result->faults,
		"peak_heap", (json_int_t)result->peak_heap);
	if (!object)
		errx(1, "making a line of JSON: no memory, or '%s' no UTF-8",
		     row->path);
	json_dumpf(object, stdout, 0);
	putchar('\n');
	json_decref(object);
}

static void print_head(const struct row *row)
{
	static bool done;

	if (row->options->format == FORMAT_TABLE)
		print_table_head(row);
	else if (row->options->format == FORMAT_CSV && !done)
		puts("trace,allocator,backend,operations,peak_live,utilisation,kops,examined,steps,faults,peak_heap,verdict");
	done = true;
}

static void print_row(const struct row *row)
{
	static void (*const print[])(const struct row *row) = {
		[FORMAT_TABLE] = print_table_row,
		[FORMAT_JSON] = print_json_row,
		[FORMAT_CSV] = print_csv_row,
	};

	print[row->options->format](row);
	/* A fork follows: what is buffered would come out twice. */
	rep_check_out();
}

static bool replay_with(struct row *row, const char *allocator,
			const struct heap_config *config)
{
	int err;

	if (row->options->policy && strcmp(row->options->policy, allocator))
		return true;
	row->allocator = allocator;
	err = heap_trace_replay(row->trace, config, &row->result);
	if (err)
		errx(1, "replaying %s under %s: %s", row->path, allocator,
		     strerror(-err));
	print_row(row);
	return row->result.valid;
}

/* Each policy of the engine that has them, or the engine that has none. */
static bool replay_with_ours(struct row *row, struct heap_config config)
{
	bool valid = true;
	int policy;

	if (config.engine == HEAP_SPANS)
		return replay_with(row, "spans", &config);
	for (policy = 0; policy < HEAP_POLICIES; policy++) {
		config.policy = policy;
		valid &= replay_with(row, heap_policy_name(policy), &config);
	}
	return valid;
}

static bool replay(const struct options *options, const char *path)
{
	struct row row = { .path = path, .options = options };
	struct heap_trace trace;
	bool valid;
	int err;

	err = heap_trace_read(path, options->quiet ? NULL : stderr, &trace);
	if (err) {
		warnx("reading the trace %s: %s", path, heap_trace_why(err));
		return false;
	}
	row.trace = &trace;
	print_head(&row);
	rep_check_out();
	valid = replay_with_ours(&row, options->config);
	valid &= replay_with(&row, "libc", NULL);
	heap_trace_end(&trace);
	return valid;
}

/* All options together: one heap has to have them all. */
static void set_config(struct options *options, const char *key,
		       const char *value, struct argp_state *state)
{
	struct heap_config all = { 0 };
	const char *before = options->text;
	char *text;
	int result;

	if (asprintf(&text, "%s%s%s%s", before ? before : "", before ? "," : "",
		     key, value) < 0)
		err(1, "reading the option %s", value);
	result = heap_config_parse(text, &all, NULL);
	if (result == -ENOTSUP)
		argp_error(state, "settings of two engines: '%s'", text);
	else if (result)
		argp_error(state, "not understood: '%s%s'", key, value);
	free(options->text);
	options->text = text;
	options->config = all;
}

static void set_policy(struct options *options, const char *name,
		       struct argp_state *state)
{
	options->policy = name;
	if (strcmp(name, "libc"))
		set_config(options, "policy=", name, state);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case KEY_JSON:
		options->format = FORMAT_JSON;
		return 0;
	case KEY_CSV:
		options->format = FORMAT_CSV;
		return 0;
	case KEY_BACKEND:
		set_config(options, "backend=", arg, state);
		return 0;
	case KEY_CONFIG:
		set_config(options, "", arg, state);
		return 0;
	case KEY_POLICY:
		set_policy(options, arg, state);
		return 0;
	case 'q':
		options->quiet = true;
		return 0;
	case ARGP_KEY_ARGS:
		options->traces = state->argv + state->next;
		options->count = (size_t)(state->argc - state->next);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which trace?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_list[] = {
	{ "backend", KEY_BACKEND, "NAME", 0, "auto (default), brk or mmap", 0 },
	{ "policy", KEY_POLICY, "NAME", 0,
	  "only first, next, best, worst or libc", 0 },
	{ "config", KEY_CONFIG, "TEXT", 0,
	  "the heap, as COWALLOC has it: order=lifo,chunk=64K; or engine=spans, which has no policies",
	  0 },
	{ "json", KEY_JSON, NULL, 0, "one object a line", 0 },
	{ "csv", KEY_CSV, NULL, 0, "comma-separated values", 0 },
	{ "quiet", 'q', NULL, 0, "no warnings about odd traces", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = option_list,
	.parser = parse,
	.args_doc = "TRACE...",
	.doc = "Replay allocation traces under each fit policy and the C library, and check every block.\vutil: most bytes live at a time, of the most the allocator held.  examined: free blocks that a plain list search would look at, on average; steps: index nodes looked at instead.  faults: of a run that touches every page.  A TRACE of - is standard input.\n\nExit status: 0 all valid, 1 some not, or no traces.",
};

int main(int argc, char **argv)
{
	struct options options = { 0 };
	bool valid = true;
	size_t i;

	rep_arguments(&argp, argc, argv, 0, &options);
	for (i = 0; i < options.count; i++)
		valid &= replay(&options, options.traces[i]);
	free(options.text);
	return valid ? 0 : 1;
}
