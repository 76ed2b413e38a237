// SPDX-License-Identifier: MIT
/*
 * exam.c - predictions, held against the running kernel. Each scene is run by
 * the litmus tool; what is counted there is right. The model's path through the
 * kernel's functions is the explanation of a miss.
 */
#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exam/exam.h"
#include "scenes.h"

static const char *const kinds[] = { "zeropage", "zero",  "copy",   "reuse",
				     "file",	 "remap", "notify", "huge",
				     "segv",	 "stray" };

#define KINDS (sizeof(kinds) / sizeof(*kinds))

struct count {
	int of[KINDS];
};

/* ---- what the student wrote */

static bool read_seed(const char *path, char *seed)
{
	FILE *file = fopen(path, "r");
	bool found = file && fscanf(file, "seed %40[A-Za-z0-9_.-]", seed) == 1;

	if (file)
		fclose(file);
	return found;
}

/* What stands behind '=' in the line that begins with this label. */
static bool read_answer(const char *path, const char *label, char *answer,
			size_t size)
{
	FILE *file = fopen(path, "r");
	size_t len = strlen(label);
	char line[256], *at;
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		at = line + strspn(line, " \t");
		if (strncmp(at, label, len) || !isspace((unsigned char)at[len]))
			continue;
		at = strrchr(line, '=');
		if (!at)
			continue;
		snprintf(answer, size, "%s", at + 1);
		found = true;
	}
	if (file)
		fclose(file);
	return found;
}

static bool add_kind(struct count *count, const char *word, int n)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i], word))
			continue;
		count->of[i] += n;
		return true;
	}
	return false;
}

/* "copy 3, reuse 1", "3 copy", "none"; false if it is nothing of the kind. */
static bool parse_answer(char *text, struct count *count)
{
	char *word, *rest, kind[16] = "";
	int n = -1;

	memset(count, 0, sizeof(*count));
	for (; *text == ' ' || *text == '\t'; text++)
		;
	text[strcspn(text, "#\r\n")] = '\0';
	for (char *c = text; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	if (!strncmp(text, "none", 4) || !strncmp(text, "no fault", 8))
		return true;
	for (word = strtok_r(text, " ,\t", &rest); word;
	     word = strtok_r(NULL, " ,\t", &rest)) {
		if (isdigit((unsigned char)*word))
			n = atoi(word);
		else
			snprintf(kind, sizeof(kind), "%s", word);
		if (n < 0 || !*kind)
			continue;
		if (!add_kind(count, kind, n))
			return false;
		n = -1;
		*kind = '\0';
	}
	/* A word without a number, or the dots that stood there. */
	return n < 0 && !*kind &&
	       memcmp(count, &(struct count){ 0 }, sizeof(*count));
}

static const char *say_count(const struct count *count, char *text, size_t size)
{
	size_t len = 0;

	snprintf(text, size, "none");
	for (size_t i = 0; i < KINDS; i++)
		if (count->of[i])
			len += (size_t)snprintf(text + len, size - len,
						"%s%s %d", len ? ", " : "",
						kinds[i], count->of[i]);
	return text;
}

/* ---- what the kernel does */

static FILE *run_litmus(struct exam *e, const char *options, const char *path)
{
	char command[1024];
	FILE *pipe;

	snprintf(command, sizeof(command), "'%s' %s '%s' 2>&1",
		 exam_tool(e, "litmus"), options, path);
	pipe = popen(command, "re");
	if (!pipe)
		exam_broken(e, "running litmus: %s", strerror(errno));
	return pipe;
}

static void write_scene(struct exam *e, const struct scene *scene, char *path,
			size_t size)
{
	FILE *file;

	snprintf(path, size, "%s/scene.litmus", exam_folder(e));
	file = fopen(path, "w");
	if (!file)
		exam_broken(e, "writing %s: %s", path, strerror(errno));
	for (int i = 0; i < scene->lines; i++)
		fprintf(file, "%s\n", scene->line[i]);
	fclose(file);
}

static void take_line(const char *text, struct count *right)
{
	json_t *object = json_loads(text, 0, NULL);
	json_int_t step = json_integer_value(json_object_get(object, "step"));
	json_t *found = json_object_get(object, "kinds");
	void *at = json_object_iter(found);

	for (; at && step > 0 && step <= SCENE_LINES;
	     at = json_object_iter_next(found, at))
		add_kind(&right[step - 1], json_object_iter_key(at),
			 (int)json_integer_value(json_object_iter_value(at)));
	json_decref(object);
}

static void ask_kernel(struct exam *e, const char *path, struct count *right)
{
	char line[1024] = "";
	FILE *pipe = run_litmus(e, "--kernel --json", path);

	memset(right, 0, SCENE_LINES * sizeof(*right));
	while (fgets(line, sizeof(line), pipe))
		take_line(line, right);
	if (pclose(pipe))
		exam_broken(e, "the scene can't be run: %s", line);
}

/* Such as "do_wp_page: the zero page -> wp_page_copy", if it is new. */
static void add_rule(char *why, size_t size, const char *rule)
{
	size_t len = strlen(why);

	if (*rule && !strstr(why, rule))
		snprintf(why + len, size - len, "%s%s",
			 len ? "; " : "the kernel's ", rule);
}

/* Which page it was is of no interest: each of them may have its rule. */
static void take_rule(char *rule, size_t size, const char *text)
{
	const char *page = strstr(text, ": page "), *rest = NULL;

	if (page)
		rest = strstr(page, ", ");
	if (rest)
		snprintf(rule, size, "%.*s: %s", (int)(page - text), text,
			 rest + 2);
	else
		snprintf(rule, size, "%s", text);
}

/*
 * What the model decided in a line of the scene: functions, and rules. Each
 * page begins with do_user_addr_fault; what comes last of it is the decision.
 */
static void explain(struct exam *e, const char *path, int number, char *why,
		    size_t size)
{
	static const char deep[] = "        ", prepare[] = "anon_vma_prepare:";
	char line[256], rule[256] = "";
	FILE *pipe = run_litmus(e, "--model --why", path);
	int at = 0;

	*why = '\0';
	while (fgets(line, sizeof(line), pipe)) {
		const char *text = line + sizeof(deep) - 1;

		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, deep, sizeof(deep) - 1)) {
			at = atoi(line);
			continue;
		}
		if (at != number || !strncmp(text, prepare, strlen(prepare)))
			continue;
		if (!strncmp(text, "do_user_addr_fault:", 19))
			add_rule(why, size, rule);
		take_rule(rule, sizeof(rule), text);
	}
	add_rule(why, size, rule);
	if (!*why)
		snprintf(why, size, "the rule for this line");
	pclose(pipe);
}

/* ---- the test */

static void miss(struct exam *e, const struct scene *scene, int i,
		 const char *path, const struct count *right)
{
	char text[128], why[500];

	exam_did(e, "%s", scene->line[i]);
	exam_expected(e, "%s", say_count(&right[i], text, sizeof(text)));
	explain(e, path, i + 1, why, sizeof(why));
	exam_look(e, why);
}

static void grade(struct exam *e, int number)
{
	struct count right[SCENE_LINES], count;
	int asked = 0, hit = 0, first = -1;
	char seed[SEED_MAX + 1] = "", path[128], answer[256], label[8];
	char said[256] = "";
	struct scene scene;

	exam_did(e, "reading answers.txt");
	exam_expected(e, "'seed NAME' in the first line, as it was handed out");
	if (!read_seed(exam_paper(e), seed))
		exam_seen(e, "something else");
	scene_make(&scene, number, seed);
	write_scene(e, &scene, path, sizeof(path));
	ask_kernel(e, path, right);
	for (int i = 0; i < scene.lines; i++) {
		if (!scene.label[i])
			continue;
		asked++;
		snprintf(label, sizeof(label), "%d%c", number + 1,
			 scene.label[i]);
		snprintf(answer, sizeof(answer), "nothing");
		read_answer(exam_paper(e), label, answer, sizeof(answer));
		answer[strcspn(answer, "\r\n")] = '\0';
		if (first < 0)
			snprintf(said, sizeof(said), "%.8s: %.200s", label,
				 answer + strspn(answer, " "));
		if (parse_answer(answer, &count) &&
		    !memcmp(&count, &right[i], sizeof(count)))
			hit++;
		else if (first < 0)
			first = i;
	}
	if (hit == asked)
		return;
	miss(e, &scene, first, path, right);
	exam_score(e, (unsigned int)(10 * hit / asked),
		   "%s (%d of %d answers are right)", said, hit, asked);
}

#define SCENE(n)                              \
	static void scene_##n(struct exam *e) \
	{                                     \
		grade(e, n);                  \
	}
SCENE(0)
SCENE(1)
SCENE(2)
SCENE(3)
SCENE(4)
SCENE(5)
SCENE(6)
SCENE(7)
SCENE(8)
SCENE(9)

static const struct exam_test tests[SCENES] = {
	{ "fresh", 10, "fresh memory, read and written", "", scene_0 },
	{ "fork", 10, "one fork, both write", "", scene_1 },
	{ "sharers", 10, "three sharers", "", scene_2 },
	{ "gone", 10, "a child that reads, and ends", "", scene_3 },
	{ "shared", 10, "shared memory without a file", "", scene_4 },
	{ "grandchild", 10, "a child of a child", "", scene_5 },
	{ "dontneed", 10, "memory that one of two gives back", "", scene_6 },
	{ "file", 10, "a private mapping of a cached file", "", scene_7 },
	{ "protected", 10, "permission taken, and given back", "", scene_8 },
	{ "advised", 10, "a mapping that fork() treats differently", "",
	  scene_9 },
};

/* ---- what is handed out */

static int give(const char *seed, FILE *out)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
	struct scene scene;
	char label[8];

	if (strlen(seed) > SEED_MAX || strspn(seed, letters) != strlen(seed))
		return -EINVAL;
	fprintf(out, "seed %s\n", seed);
	for (int n = 0; n < SCENES; n++) {
		scene_make(&scene, n, seed);
		fprintf(out, "\n%d. %s\n", n + 1, scene.title);
		for (int i = 0; i < scene.lines; i++) {
			if (!scene.label[i]) {
				fprintf(out, "    %s\n", scene.line[i]);
				continue;
			}
			snprintf(label, sizeof(label), "%d%c", n + 1,
				 scene.label[i]);
			fprintf(out, "%-4s%-28s = ____\n", label,
				scene.line[i]);
		}
	}
	return 0;
}

static const struct exam_lab lab = {
	.name = "04_predict",
	.title = "what will the kernel do?",
	EXAM_TESTS(tests),
	.paper = true,
	.give = give,
};

int main(int argc, char **argv)
{
	return exam_main(&lab, argc, argv);
}
