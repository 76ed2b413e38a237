// SPDX-License-Identifier: MIT
/* What kind of machine is this, and is it one that a scenario is for? */
#include <errno.h>

#include "internal.h"

/* A line for each area of swap, after a heading. */
static bool has_swap(void)
{
	FILE *file = fopen("/proc/swaps", "re");
	int lines = 0, c;

	while (file && (c = getc(file)) != EOF)
		lines += c == '\n';
	if (file)
		fclose(file);
	return lines > 1;
}

void lit_machine(struct mm_machine *machine)
{
	machine->swap = has_swap();
	machine->around = obs_fault_around();
	machine->no_zeropage = obs_fresh_read() == OBS_KIND_ZERO;
}

const char *const lit_need_word[LIT_NEEDS] = {
	[LIT_NEED_ZEROPAGE] = "zeropage",
	[LIT_NEED_NO_ZEROPAGE] = "no-zeropage",
	[LIT_NEED_NO_SWAP] = "no-swap",
};

/* What is missing, in words; NULL if it is there. */
static const char *missing(const struct mm_machine *machine, enum lit_need need)
{
	switch (need) {
	case LIT_NEED_ZEROPAGE:
		return machine->no_zeropage ? "the shared page of zeros" : NULL;
	case LIT_NEED_NO_ZEROPAGE:
		return machine->no_zeropage ?
			       NULL :
			       "a machine without the shared page of zeros";
	case LIT_NEED_NO_SWAP:
		return machine->swap ? "a machine without swap" : NULL;
	default:
		return NULL;
	}
}

int lit_check_needs(const struct lit_scenario *scenario)
{
	struct mm_machine machine;

	lit_machine(&machine);
	for (int i = 0; i < LIT_NEEDS; i++) {
		const char *what = NULL;

		if (scenario->needs & 1U << i)
			what = missing(&machine, i);
		if (what)
			return lit_fail(ENODEV, "needs %s", what);
	}
	return 0;
}

void lit_meet_needs(const struct lit_scenario *scenario,
		    struct mm_machine *machine)
{
	if (scenario->needs & 1U << LIT_NEED_ZEROPAGE)
		machine->no_zeropage = false;
	if (scenario->needs & 1U << LIT_NEED_NO_ZEROPAGE)
		machine->no_zeropage = true;
	if (scenario->needs & 1U << LIT_NEED_NO_SWAP)
		machine->swap = false;
}
