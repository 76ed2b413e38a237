// SPDX-License-Identifier: MIT
/*
 * Copy-on-write litmus tests: what will the kernel do with these few lines, and
 * does it? Scenarios run on a model and on the kernel, and both are compared
 * page by page; random ones look for a difference.
 *
 * Try: litmus tests/litmus/fork-write.litmus
 * Try: litmus --step --why tests/litmus/three-sharers.litmus
 * Try: litmus --random 1000 --seed 1
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "litmus/litmus.h"
#include "litmus_machine.h"
#include "litmus_random.h"
#include "report/report.h"

enum { PASS = 0, FAIL = 1, USAGE = 2, SKIP = 4 };

enum {
	KEY_MODEL = 0x100,
	KEY_KERNEL,
	KEY_STEP,
	KEY_ASK,
	KEY_WHY,
	KEY_TAP,
	KEY_JSON,
	KEY_RANDOM,
	KEY_SEED,
	KEY_OPS,
	KEY_OUT,
	KEY_DIR,
	KEY_UNPINNED,
	KEY_HUGE,
	KEY_KSM,
};

static const struct argp_option options[] = {
	{ "model", KEY_MODEL, NULL, 0, "ask the model only", 1 },
	{ "kernel", KEY_KERNEL, NULL, 0, "ask the running kernel only", 1 },
	{ "step", KEY_STEP, NULL, 0,
	  "draw the pages of all processes after each line", 2 },
	{ "why", KEY_WHY, NULL, 0, "show the model's decisions", 2 },
	{ "ask", KEY_ASK, NULL, 0, "ask for your own predictions first", 2 },
	{ "tap", KEY_TAP, NULL, 0, "say it in TAP 13, a test for each file",
	  3 },
	{ "json", KEY_JSON, NULL, 0, "say it in JSON, one object a line", 3 },
	{ "quiet", 'q', NULL, 0, "say only what differs", 3 },
	{ "random", KEY_RANDOM, "N", 0, "make up N sequences, and compare", 4 },
	{ "seed", KEY_SEED, "S", 0, "number of the first one (1)", 4 },
	{ "ops", KEY_OPS, "N", 0, "operations of a sequence (24)", 4 },
	{ "huge", KEY_HUGE, NULL, 0, "make them up of huge pages", 4 },
	{ "ksm", KEY_KSM, NULL, 0, "let ksmd merge pages in them", 4 },
	{ "out", KEY_OUT, "DIR", 0,
	  "where to write a sequence that differs (.)", 4 },
	{ "dir", KEY_DIR, "DIR", 0, "where disk files lie (/var/tmp)", 5 },
	{ "unpinned", KEY_UNPINNED, NULL, 0,
	  "use all CPUs, and do not compare page identity", 5 },
	{ 0 },
};

static struct {
	enum lit_mode mode;
	bool step, why, ask, tap, json, quiet, unpinned, huge, ksm;
	struct litmus_random random;
	const char *dir;
	char **file;
	int files;
} opt = { .random = { .seed = 1, .ops = 24 }, .dir = "/var/tmp" };

static struct lit_lab lab;
static struct lit_scenario scenario;
static long asked, right, answer;
static int ok, differing, skipped;
static FILE *reasons;
static char *reasons_text;
static size_t reasons_size;

static void check_options(struct argp_state *state)
{
	if (opt.tap && opt.json)
		argp_error(state, "--tap and --json exclude each other");
	if (opt.ask && (opt.tap || opt.json || opt.quiet))
		argp_error(state, "--ask goes with the plain text only");
	if ((opt.why || opt.step) && (opt.tap || opt.json))
		argp_error(state,
			   "--why and --step go with the plain text only");
	if (opt.mode == LIT_KERNEL && opt.why)
		argp_error(state, "--why explains the model, not --kernel");
	if (litmus_machine_given() && opt.mode != LIT_MODEL &&
	    !litmus_machine.show)
		argp_error(state, "only the --model can be another machine");
	if (litmus_machine.show)
		return;
	if (!opt.random.sequences == !opt.files)
		argp_error(state, "either scenario files or --random");
	if ((opt.huge || opt.ksm) && !opt.random.sequences)
		argp_error(state, "--huge and --ksm go with --random");
	if (opt.huge && opt.ksm)
		argp_error(state, "--huge and --ksm exclude each other");
	if (opt.random.out && access(opt.random.out, W_OK | X_OK))
		argp_error(state, "--out %s: %s", opt.random.out,
			   strerror(errno));
	if (opt.random.sequences && opt.mode != LIT_COMPARE)
		argp_error(state, "--random compares model and kernel");
}

static error_t parse_mode(int key, struct argp_state *state)
{
	enum lit_mode mode = key == KEY_MODEL ? LIT_MODEL : LIT_KERNEL;

	if (opt.mode != LIT_COMPARE && opt.mode != mode)
		argp_error(state, "--model and --kernel: both is the default");
	opt.mode = mode;
	return 0;
}

static error_t parse_random(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_RANDOM:
		opt.random.sequences =
			litmus_number(state, "--random", arg, 1, 1000000000);
		return 0;
	case KEY_SEED:
		opt.random.seed =
			litmus_number(state, "--seed", arg, 0, 1L << 60);
		return 0;
	case KEY_OPS:
		opt.random.ops =
			litmus_number(state, "--ops", arg, 1, LIT_OPS_MAX);
		return 0;
	case KEY_OUT:
		opt.random.out = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The options that are on or off. */
static bool *flag(int key)
{
	switch (key) {
	case KEY_STEP:
		return &opt.step;
	case KEY_WHY:
		return &opt.why;
	case KEY_ASK:
		return &opt.ask;
	case KEY_TAP:
		return &opt.tap;
	case KEY_JSON:
		return &opt.json;
	case KEY_UNPINNED:
		return &opt.unpinned;
	case KEY_HUGE:
		return &opt.huge;
	case KEY_KSM:
		return &opt.ksm;
	default:
		return key == 'q' ? &opt.quiet : NULL;
	}
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	if (flag(key)) {
		*flag(key) = true;
		return 0;
	}
	switch (key) {
	case KEY_MODEL:
	case KEY_KERNEL:
		return parse_mode(key, state);
	case KEY_DIR:
		opt.dir = arg;
		return 0;
	case ARGP_KEY_ARGS:
		opt.file = state->argv + state->next;
		opt.files = state->argc - state->next;
		return 0;
	case ARGP_KEY_END:
		check_options(state);
		return 0;
	default:
		return parse_random(key, arg, state);
	}
}

/* Decisions are made before the line is shown, and said after it. */
static void keep_why(void *arg, const char *text)
{
	fprintf(reasons, "        %s\n", text);
}

static void show_why(void)
{
	fclose(reasons);
	fputs(reasons_text, stdout);
	free(reasons_text);
	reasons = open_memstream(&reasons_text, &reasons_size);
	if (!reasons)
		err(FAIL, "keep the model's reasons");
}

/* --ask: the reader's prediction comes first. */
static int before(void *arg, const struct lit_line *line)
{
	if (opt.ask && lit_ask(stdin, stdout, line, &answer))
		errx(FAIL, REP_NO_INPUT);
	return 0;
}

static int after(void *arg, const struct lit_outcome *outcome)
{
	bool good = outcome->agreed && !outcome->unmet;

	if (opt.ask && answer >= 0) {
		asked++;
		right += lit_judge(stdout, outcome, answer);
	}
	if (good)
		ok++;
	else
		differing++;
	if (opt.json)
		lit_show_json(stdout, &scenario, outcome);
	else if (!good || !(opt.quiet || opt.tap))
		lit_show_line(stdout, outcome);
	if (opt.why)
		show_why();
	if (opt.step)
		lit_show_strips(stdout, &scenario, outcome);
	return 0;
}

static void print_title(const char *path)
{
	char *text;

	if (asprintf(&text, "%s: %s", path, scenario.title) < 0)
		err(FAIL, "say what %s is about", path);
	rep_paragraph(REP_WIDTH, 4, text);
	free(text);
}

/* Read and run one file; returns an exit status. */
static int run_file(const char *path)
{
	const struct lit_player player = { before, after, NULL };
	FILE *file = strcmp(path, "-") ? lit_open(path) : stdin;
	char message[LIT_WHAT_MAX];
	int rc;

	if (!file) {
		warn("open %s", path);
		return USAGE;
	}
	rc = lit_read(&scenario, path, file, message);
	if (file != stdin)
		fclose(file);
	if (rc) {
		warnx("%s", message);
		return USAGE;
	}
	if (!opt.json && !opt.tap && !opt.quiet)
		print_title(path);
	rc = lit_play(&lab, &scenario, opt.mode, &player);
	if (rc == -ENODEV) {
		skipped++;
		warnx("%s: skipped: %s", path, lit_what());
		return SKIP;
	}
	if (rc < 0) {
		warnx("%s: %s: %s", path, lit_what(), strerror(-rc));
		return FAIL;
	}
	return rc ? FAIL : PASS;
}

static void tap_line(int n, int status)
{
	if (opt.tap)
		printf("%sok %d - %s%s%s\n",
		       status == PASS || status == SKIP ? "" : "not ", n,
		       scenario.title, status == SKIP ? " # SKIP " : "",
		       status == SKIP ? lit_what() : "");
}

static void sum_up(void)
{
	if (opt.ask)
		printf("%ld of %ld prediction%s right\n", right, asked,
		       rep_s(asked));
	if (opt.json)
		printf("{\"program\":\"cow/tools/litmus\",\"ok\":%d,\"differs\":%d,\"skipped\":%d}\n",
		       ok, differing, skipped);
	else if (!opt.tap)
		printf("%d file%s, %d line%s as %s should be, %d not, %d file%s skipped\n",
		       opt.files, rep_s(opt.files), ok, rep_s(ok),
		       ok == 1 ? "it" : "they", differing, skipped,
		       rep_s(skipped));
}

static int run_files(void)
{
	int worst = PASS, passed = 0;

	if (opt.tap)
		printf("TAP version 13\n1..%d\n", opt.files);
	for (int i = 0; i < opt.files; i++) {
		int status = run_file(opt.file[i]);

		tap_line(i + 1, status);
		rep_check_out();
		passed += status != SKIP;
		if (status != SKIP && status > worst)
			worst = status;
	}
	sum_up();
	return passed ? worst : SKIP;
}

int main(int argc, char **argv)
{
	static const struct argp_child machine[] = {
		{ .argp = &litmus_machine_argp },
		{ .argp = NULL },
	};
	static const struct argp argp = {
		.options = options,
		.children = machine,
		.parser = parse_option,
		.args_doc = "[FILE.litmus...]",
		.doc = "Predict with a model of the kernel what processes' memory will do, run it on the kernel, and compare page by page.",
	};
	const char *dir;
	int status;

	rep_arguments(&argp, argc, argv, 0, NULL);
	setvbuf(stdout, NULL, _IOLBF, 0);
	dir = access(opt.dir, W_OK) ? NULL : opt.dir;
	if (lit_lab_open(&lab, opt.mode == LIT_MODEL || litmus_machine.show,
			 dir, !opt.unpinned))
		errx(FAIL, "%s", lit_what());
	lab.drop = litmus_machine.drop;
	lab.huge = opt.huge;
	lab.ksm = opt.ksm;
	lab.given = litmus_machine_given();
	litmus_machine_apply(&lab.machine);
	if (opt.why) {
		reasons = open_memstream(&reasons_text, &reasons_size);
		lab.why = reasons ? keep_why : NULL;
	}
	if (litmus_machine.show)
		litmus_machine_show(&lab.machine);
	status = litmus_machine.show  ? PASS :
		 opt.random.sequences ? litmus_random(&lab, &opt.random) :
					run_files();
	lit_lab_close(&lab);
	rep_check_out();
	return status;
}
