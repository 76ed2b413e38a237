// SPDX-License-Identifier: MIT
/* What kind of machine is this, and is it one that a scenario is for? */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

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

static enum mm_arch arch_of(const char *name)
{
	return strcmp(name, "x86_64") ? MM_ARCH_OTHER : MM_ARCH_X86;
}

bool lit_kernel_version(const char *text, unsigned int *kernel)
{
	unsigned int part[3] = { 0 };
	char *end;

	for (int i = 0; i < 3; i++) {
		part[i] = strtoul(text, &end, 10);
		if (end == text || part[i] > 9999)
			return false;
		text = end + 1;
		if (*end != '.')
			break;
	}
	if (part[2] > 255)
		part[2] = 255;
	*kernel = MM_KERNEL(part[0], part[1], part[2]);
	return part[0] && part[0] < 256 && part[1] < 256;
}

void lit_machine_kernel(struct mm_machine *machine, unsigned int kernel)
{
	struct utsname name = { 0 };

	uname(&name);
	mm_set_kernel(machine, kernel, arch_of(name.machine));
}

static bool setting_says(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	char text[100] = "";

	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		*text = '\0';
	fclose(file);
	return strstr(text, word);
}

#define THP "/sys/kernel/mm/transparent_hugepage/"

/* Since Linux 6.8 each size has a setting of its own, that may inherit. */
void lit_machine_huge(struct mm_machine *machine)
{
	static const char size[] = THP "hugepages-2048kB/enabled";
	bool own = !access(size, R_OK) && !setting_says(size, "[inherit]");
	const char *path = own ? size : THP "enabled";
	bool always = setting_says(path, "[always]");

	mm_set(machine, MM_FACT_HUGE,
	       (always || setting_says(path, "[madvise]")) &&
		       obs_page_size() / sizeof(uint64_t) == MM_HUGE);
	mm_set(machine, MM_FACT_HUGE_ASKED, !always);
	mm_set(machine, MM_FACT_HUGE_ZEROPAGE,
	       setting_says(THP "use_zero_page", "1"));
}

bool lit_sees_huge(void)
{
	struct utsname name = { 0 };
	unsigned int kernel = 0;

	uname(&name);
	return lit_kernel_version(name.release, &kernel) &&
	       kernel >= MM_KERNEL(6, 7, 0);
}

void lit_machine(struct mm_machine *machine)
{
	struct utsname name = { 0 };
	unsigned int kernel;

	*machine = (struct mm_machine){
		.around = obs_fault_around(),
		.swap = has_swap(),
	};
	mm_set(machine, MM_FACT_ZEROPAGE, obs_fresh_read() != OBS_KIND_ZERO);
	mm_set(machine, MM_FACT_ACCESS_FLAG, obs_access_flag());
	lit_machine_huge(machine);
	uname(&name);
	if (lit_kernel_version(name.release, &kernel))
		lit_machine_kernel(machine, kernel);
}

int lit_check_needs(const struct lit_scenario *scenario,
		    const struct mm_machine *machine)
{
	for (int i = 0; i < MM_FACTS; i++) {
		bool has = mm_has(machine, i);

		if (scenario->needs & 1U << i && !has)
			return lit_fail(ENODEV, "needs %s", mm_fact_id(i));
		if (scenario->needs_not & 1U << i && has)
			return lit_fail(ENODEV, "needs no-%s", mm_fact_id(i));
	}
	return 0;
}

void lit_meet_needs(const struct lit_scenario *scenario,
		    struct mm_machine *machine)
{
	for (int i = 0; i < MM_FACTS; i++) {
		if (scenario->needs & 1U << i)
			mm_set(machine, i, true);
		if (scenario->needs_not & 1U << i)
			mm_set(machine, i, false);
	}
}
