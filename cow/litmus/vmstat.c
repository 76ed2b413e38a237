// SPDX-License-Identifier: MIT
/* What the kernel counts for the whole system, and what of it moved. */
#include <inttypes.h>
#include <string.h>

#include "internal.h"

static const char *const field[LIT_COUNTERS] = {
	[LIT_COUNTER_FALLBACK] = "thp_fault_fallback",
	[LIT_COUNTER_FALLBACK_CHARGE] = "thp_fault_fallback_charge",
	[LIT_COUNTER_UNSPLIT] = "thp_split_page_failed",
	[LIT_COUNTER_COLLAPSE] = "thp_collapse_alloc",
	[LIT_COUNTER_STEAL_KSWAPD] = "pgsteal_kswapd",
	[LIT_COUNTER_STEAL_DIRECT] = "pgsteal_direct",
	[LIT_COUNTER_REFAULT] = "workingset_refault_file",
	[LIT_COUNTER_DROP] = "drop_pagecache",
	[LIT_COUNTER_MIGRATE] = "pgmigrate_success",
	[LIT_COUNTER_COMPACT] = "compact_success",
};

/* One pass for all: this may be asked at each operation. */
void lit_counters(struct lit_counters *counters)
{
	FILE *file = fopen("/proc/vmstat", "re");
	char line[100], name[64];
	uint64_t n;

	memset(counters, 0, sizeof(*counters));
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%63s %" SCNu64, name, &n) != 2)
			continue;
		for (int i = 0; i < LIT_COUNTERS; i++)
			if (!strcmp(name, field[i]))
				counters->value[i] = n;
	}
	if (file)
		fclose(file);
}

void lit_counters_moved(const struct lit_counters *before,
			const struct lit_counters *after, char *text,
			size_t size)
{
	size_t used = 0;

	snprintf(text, size, "none of the kernel's counters we know moved");
	for (int i = 0; i < LIT_COUNTERS; i++)
		if (after->value[i] != before->value[i] && used < size)
			used += snprintf(text + used, size - used,
					 "%s%s +%" PRIu64, used ? ", " : "",
					 field[i],
					 after->value[i] - before->value[i]);
}
