// SPDX-License-Identifier: MIT
/*
 * What is this machine like, and what does that mean for the demos? Each line
 * is a fact that predictions depend on, its value here, and what follows: what
 * is counted how, and which steps will be skipped.
 *
 * Try: doctor
 * Try: doctor --json
 */
#include <argp.h>
#include <err.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "doctor.h"
#include "observe/observe.h"
#include "report/report.h"

static void kernel(struct finding *is)
{
	struct utsname name = { 0 };
	int major = 0, minor = 0;

	uname(&name);
	if (sscanf(name.release, "%d.%d", &major, &minor) != 2)
		major = 0;
	snprintf(is->value, sizeof(is->value), "%.40s %.20s", name.release,
		 name.machine);
	major = major * 1000 + minor;
	is->means = major < 5014 ?
			    "too old: no MADV_POPULATE_READ, no quiet window" :
		    major < 6007 ?
			    "no PAGEMAP_SCAN: other means; no guard pages" :
		    major < 6013 ?
			    "no MADV_GUARD_INSTALL: steps with it are skipped" :
			    "has all that the demos ask for";
}

static void page_size(struct finding *is)
{
	snprintf(is->value, sizeof(is->value), "%zu bytes", obs_page_size());
	is->means = "what one fault brings, and all counts are in";
}

/* "always [madvise] never" -> "madvise" */
static void huge_pages(struct finding *is)
{
	char text[64], *from;

	is->means = "mmapdemo/huge is skipped";
	strcpy(is->value, "not known here");
	if (!doctor_read("/sys/kernel/mm/transparent_hugepage/enabled", text,
			 sizeof(text)))
		return;
	from = strchr(text, '[');
	snprintf(is->value, sizeof(is->value), "%.*s",
		 from ? (int)strcspn(from + 1, "]") : 0, from ? from + 1 : "");
	if (strcmp(is->value, "never"))
		is->means = "only mmapdemo/huge lets itself be given any";
}

static bool unknown; /* what each machine has could not be looked at */

static void zero_page(struct finding *is)
{
	enum obs_kind kind = obs_fresh_read();
	bool shared = kind == OBS_KIND_ZEROPAGE;

	if (kind == OBS_KINDS) {
		unknown = true;
		strcpy(is->value, "unknown");
		is->means = "no page could be mapped to find out";
		return;
	}
	strcpy(is->value, shared ? "one for all" : "not used");
	is->means = shared ? "what the first load from fresh memory finds" :
			     "odd: the first load allocates, and demos say so";
}

static void fault_around(struct finding *is)
{
	bool known = !access("/sys/kernel/debug/fault_around_bytes", R_OK);

	snprintf(is->value, sizeof(is->value), "%zu pages%s",
		 obs_fault_around(), known ? "" : ", assumed");
	is->means = known ? "cached file pages that one read fault maps" :
			    "what the kernel has if nobody changes it";
}

static void overcommit(struct finding *is)
{
	static const char *const means[] = {
		"guess: what exceeds all memory is refused",
		"always: nothing is refused",
		"never: promises count, MAP_NORESERVE or not",
	};
	char text[8];

	doctor_read("/proc/sys/vm/overcommit_memory", text, sizeof(text));
	snprintf(is->value, sizeof(is->value), "mode %.7s", text);
	is->means = *text >= '0' && *text <= '2' ? means[*text - '0'] :
						   "not known";
}

static void counting(struct finding *is)
{
	enum obs_source source = obs_source_now();
	const char *blind = obs_source_blind(source);
	char text[8];

	if (!doctor_read("/proc/sys/kernel/perf_event_paranoid", text,
			 sizeof(text)))
		strcpy(text, "absent");
	snprintf(is->value, sizeof(is->value), "%s, paranoid %s",
		 obs_source_id(source), text);
	is->means = source == OBS_RUSAGE ? "perf recipes are skipped" :
		    blind ? "faults inside system calls are counted apart" :
			    "perf and getrusage check each other";
}

static void frames(struct finding *is)
{
	size_t size = obs_page_size();
	char *here = (char *)((uintptr_t)&here & -size);
	struct obs_page page = { 0 };
	bool seen = !obs_pages_of(0, here, 1, &page) &&
		    obs_sees_frames(&page, 1);

	strcpy(is->value, seen ? "visible" : "hidden");
	is->means = seen ? "pages are compared by frame number" :
			   "pages are compared by 'mapped once' (bit 56)";
}

static void batches(struct finding *is)
{
	bool drains = !obs_drain();

	strcpy(is->value, drains ? "can be drained" : "can't be drained");
	is->means = drains ? "a page that is reused surely stays the same" :
			     "move_pages is refused: one CPU has to do";
}

static void filters(struct finding *is)
{
	int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);

	strcpy(is->value, mode > 0 ? "a filter" : "none");
	is->means = mode > 0 ? "may refuse perf, move_pages and ptrace" :
			       "no system call is refused that way";
}

static void container(struct finding *is)
{
	bool inside = !access("/.dockerenv", F_OK) ||
		      !access("/run/.containerenv", F_OK);

	strcpy(is->value, inside ? "yes" : "none seen");
	is->means = inside ? "what it refuses is said in the lines above" :
			     "nothing stands between us and the kernel";
}

static void swap(struct finding *is)
{
	struct obs_proc self;
	uint64_t bytes = 0;

	if (!obs_proc_open(&self, "", 0)) {
		obs_meminfo(&self, "SwapTotal", &bytes);
		obs_proc_close(&self);
	}
	snprintf(is->value, sizeof(is->value), "%llu MiB",
		 (unsigned long long)(bytes >> 20));
	is->means = bytes ? "a step during which pages move is skipped" :
			    "pages stay where they are";
}

static void var_tmp(struct finding *is)
{
	int fd = open("/var/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *name = fd < 0 ? "missing" : obs_filesystem(fd);

	if (fd >= 0)
		close(fd);
	snprintf(is->value, sizeof(is->value), "%.60s", name);
	is->means = strcmp(name, "tmpfs") ?
			    "for demos' disk files; --dir for another" :
			    "in memory: steps with a disk need --dir";
}

static const struct {
	const char *name;
	void (*look)(struct finding *is);
} facts[] = {
	{ "kernel", kernel },
	{ "page size", page_size },
	{ "huge pages", huge_pages },
	{ "mTHP", doctor_middle_pages },
	{ "zero page", zero_page },
	{ "fault-around", fault_around },
	{ "overcommit", overcommit },
	{ "counting", counting },
	{ "page frames", frames },
	{ "LRU batches", batches },
	{ "seccomp", filters },
	{ "landlock", doctor_landlock },
	{ "container", container },
	{ "memory limit", doctor_limit },
	{ "own limits", doctor_process_limits },
	{ "locking", doctor_locked },
	{ "swap", swap },
	{ "KSM", doctor_merging },
	{ "DAMON", doctor_reclaim },
	{ "NUMA balancing", doctor_balancing },
	{ "/var/tmp", var_tmp },
};

/* What does not fit goes on in the next line, below what it belongs to. */
static void say_text(const char *name, const struct finding *is)
{
	const int width = 79, indent = 35;
	int at = printf("%-14s %-19s", name, is->value);

	for (const char *word = is->means; *word;) {
		int length = (int)strcspn(word, " ");

		if (at + 1 + length > width)
			at = printf("\n%*s", indent - 1, "") - 1;
		at += printf(" %.*s", length, word);
		word += length;
		word += strspn(word, " ");
	}
	putchar('\n');
}

static void say(const char *name, const struct finding *is, bool json)
{
	json_t *object;

	if (!json) {
		say_text(name, is);
		return;
	}
	object = json_pack("{s:s,s:s,s:s,s:s}", "program", "cow/tools/doctor",
			   "fact", name, "value", is->value, "means",
			   is->means);
	if (!object || json_dumpf(object, stdout, 0))
		errx(1, "write %s as JSON", name);
	json_decref(object);
	putchar('\n');
}

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "One JSON object a line", 0 },
	{ 0 },
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	if (key != 'j')
		return ARGP_ERR_UNKNOWN;
	*json = true;
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse,
		NULL,
		"Say what this machine is like, and what that means for the demos.",
		NULL,
		NULL,
		NULL,
	};
	bool json = false;

	rep_arguments(&argp, argc, argv, 0, &json);
	for (size_t i = 0; i < sizeof(facts) / sizeof(*facts); i++) {
		struct finding is = { "", "" };

		facts[i].look(&is);
		say(facts[i].name, &is, json);
	}
	rep_check_out();
	if (unknown)
		errx(1, "look at a fresh page: none could be mapped");
	return 0;
}
