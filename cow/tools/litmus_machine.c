// SPDX-License-Identifier: MIT
/* litmus: the model can be another machine, and say what is so on each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "litmus_machine.h"
#include "report/report.h"

enum {
	KEY_MACHINE = 0x200,
	KEY_KERNEL_VERSION,
	KEY_AROUND,
	KEY_FACT,
	KEY_DROP
};

struct litmus_machine litmus_machine;

static const struct argp_option options[] = {
	{ "machine", KEY_MACHINE, NULL, 0,
	  "describe the machine: what is so, and since which kernel", 6 },
	{ "kernel-version", KEY_KERNEL_VERSION, "VERSION", 0,
	  "let the model be this kernel, such as 6.1.192", 6 },
	{ "around", KEY_AROUND, "PAGES", 0,
	  "let its window of fault-around have so many pages", 6 },
	{ "fact", KEY_FACT, "[no-]FACT", 0,
	  "let this be so there, or not (--machine lists them)", 6 },
	{ "drop", KEY_DROP, "RULE", OPTION_HIDDEN,
	  "leave a rule out of the model", 6 },
	{ 0 },
};

long litmus_number(struct argp_state *state, const char *name, const char *text,
		   long min, long max)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(text, &end, 10);
	if (errno || end == text || *end || value < min || value > max)
		argp_error(state, "%s is from %ld to %ld, not '%s'", name, min,
			   max, text);
	return value;
}

/* FACT or no-FACT: so it is, or not. */
static void set_fact(struct argp_state *state, const char *name)
{
	bool is = strncmp(name, "no-", 3);

	for (int i = 0; i < MM_FACTS; i++) {
		if (strcmp(is ? name : name + 3, mm_fact_id(i)))
			continue;
		litmus_machine.given |= 1U << i;
		if (!is)
			litmus_machine.lacks |= 1U << i;
		return;
	}
	argp_error(state, "no fact '%s': see --machine", name);
}

static uint64_t rule(struct argp_state *state, const char *name)
{
	for (int i = 0; i < MM_RULES; i++)
		if (!strcmp(name, mm_rule_id(i)))
			return UINT64_C(1) << i;
	argp_error(state, "'%s' is unknown to the model", name);
	return 0;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	switch (key) {
	case KEY_MACHINE:
		litmus_machine.show = true;
		return 0;
	case KEY_KERNEL_VERSION:
		if (!lit_kernel_version(arg, &litmus_machine.kernel))
			argp_error(state,
				   "a kernel version is such as 6.1, not '%s'",
				   arg);
		return 0;
	case KEY_AROUND:
		litmus_machine.around =
			litmus_number(state, "--around", arg, 1, MM_TABLE_END);
		return 0;
	case KEY_FACT:
		set_fact(state, arg);
		return 0;
	case KEY_DROP:
		litmus_machine.drop |= rule(state, arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

const struct argp litmus_machine_argp = {
	.options = options,
	.parser = parse,
};

bool litmus_machine_given(void)
{
	return litmus_machine.kernel || litmus_machine.around ||
	       litmus_machine.given;
}

void litmus_machine_apply(struct mm_machine *machine)
{
	if (litmus_machine.kernel)
		lit_machine_kernel(machine, litmus_machine.kernel);
	if (litmus_machine.around)
		machine->around = litmus_machine.around;
	for (int i = 0; i < MM_FACTS; i++)
		if (litmus_machine.given & 1U << i)
			mm_set(machine, i, !(litmus_machine.lacks & 1U << i));
}

void litmus_machine_show(const struct mm_machine *machine)
{
	char line[200];

	printf("Linux %u.%u.%u, fault-around %d pages\n\n",
	       machine->kernel >> 16, machine->kernel >> 8 & 0xff,
	       machine->kernel & 0xff, machine->around);
	printf("here  since         what\n");
	for (int i = 0; i < MM_FACTS; i++) {
		const char *since;
		const char *text = mm_fact_text(i, &since);

		snprintf(line, sizeof(line), "%-5s %-13s %s: %s",
			 mm_has(machine, i) ? "yes" : "no", since ? since : "-",
			 mm_fact_id(i), text);
		rep_paragraph(REP_WIDTH, 20, line);
	}
}
