// SPDX-License-Identifier: MIT
/*
 * Does DAMON watch memory here, and what does it do to pages that are idle? It
 * is told by /sys/kernel/mm/damon, or is a module with a task of its own. Only
 * root may read what; that it runs can be seen by its kernel threads.
 */
#include <err.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "doctor.h"

struct damon {
	bool built;
	bool secret; /* some of it is for root alone to read */
	bool running;
	char actions[40];
};

/* Call @take for each path of @pattern, with @is. */
static void each(const char *pattern, struct damon *is,
		 void (*take)(const char *path, struct damon *is))
{
	glob_t found = { 0 };
	int rc = glob(pattern, 0, NULL, &found);

	if (rc && rc != GLOB_NOMATCH)
		errx(1, "look at %s: no memory, or no permission", pattern);
	for (size_t i = 0; i < found.gl_pathc; i++)
		take(found.gl_pathv[i], is);
	globfree(&found);
}

static void add_action(struct damon *is, const char *action)
{
	size_t used = strlen(is->actions);

	if (!strstr(is->actions, action))
		snprintf(is->actions + used, sizeof(is->actions) - used, "%s%s",
			 used ? ", " : "", action);
}

static void take_action(const char *path, struct damon *is)
{
	char action[24];

	if (doctor_read(path, action, sizeof(action)))
		add_action(is, action);
	else
		is->secret = true;
}

static void take_kdamond(const char *path, struct damon *is)
{
	char file[160], state[8];

	snprintf(file, sizeof(file), "%.80s/state", path);
	if (!doctor_read(file, state, sizeof(state))) {
		is->secret = true;
		return;
	}
	if (strcmp(state, "on"))
		return;
	is->running = true;
	snprintf(file, sizeof(file), "%.80s/contexts/*/schemes/*/action", path);
	each(file, is, take_action);
}

/* A module's task is in its name. */
static void take_module(const char *path, struct damon *is)
{
	char file[160], enabled[8];

	is->built = true;
	snprintf(file, sizeof(file), "%.80s/parameters/enabled", path);
	if (!doctor_read(file, enabled, sizeof(enabled))) {
		is->secret = true;
		return;
	}
	if (*enabled != 'Y')
		return;
	is->running = true;
	add_action(is, strstr(path, "damon_reclaim")  ? "pageout" :
		       strstr(path, "damon_lru_sort") ? "lru_prio" :
							"stat");
}

static void take_thread(const char *path, struct damon *is)
{
	char name[32];

	if (!doctor_read(path, name, sizeof(name)) ||
	    strncmp(name, "kdamond.", 8) != 0)
		return;
	is->built = true;
	is->running = true;
}

/* Whoever sees the kernel's other threads would see DAMON's. */
static bool sees_threads(void)
{
	char name[32];

	return doctor_read("/proc/2/comm", name, sizeof(name)) &&
	       !strcmp(name, "kthreadd");
}

static void say_damon(const struct damon *damon, bool known, char *text,
		      size_t size)
{
	const char *is = "built in, state hidden";

	if (!damon->built)
		is = "not built in";
	else if (damon->running && *damon->actions)
		is = "running: ";
	else if (damon->running)
		is = known ? "running: no action" : "running, action hidden";
	else if (known)
		is = "built in, idle";
	snprintf(text, size, "%s%s", is, damon->actions);
}

static const char *meaning(const struct damon *damon, bool known)
{
	if (strstr(damon->actions, "pageout"))
		return "unmaps idle pages of files: demos lock them";
	if (!known)
		return "may unmap idle pages: demos lock those of files";
	if (strstr(damon->actions, "migrate"))
		return "pages may move: such a step is skipped";
	return damon->running ? "looks only: rarely one copy is made twice" :
				"idle pages of files stay mapped";
}

void doctor_reclaim(struct finding *is)
{
	struct damon damon = { 0 };
	bool told, known;

	damon.built = !access("/sys/kernel/mm/damon", F_OK);
	each("/sys/kernel/mm/damon/admin/kdamonds/[0-9]*", &damon,
	     take_kdamond);
	each("/sys/module/damon_*", &damon, take_module);
	told = damon.running;
	each("/proc/[0-9]*/comm", &damon, take_thread);
	known = damon.running ? told && !damon.secret :
				!damon.secret || sees_threads();
	say_damon(&damon, known, is->value, sizeof(is->value));
	is->means = meaning(&damon, known);
}
