// SPDX-License-Identifier: MIT
/* The names of kinds and rules, for scenarios and for the tests. */
#include "internal.h"

const char *mm_kind_id(enum mm_kind kind)
{
	static const char *const id[MM_KINDS] = {
		[MM_KIND_NONE] = "none",   [MM_KIND_ZEROPAGE] = "zeropage",
		[MM_KIND_ZERO] = "zero",   [MM_KIND_COPY] = "copy",
		[MM_KIND_REUSE] = "reuse", [MM_KIND_FILE] = "file",
		[MM_KIND_REMAP] = "remap", [MM_KIND_NOTIFY] = "notify",
		[MM_KIND_HUGE] = "huge",   [MM_KIND_ACCESS] = "access",
		[MM_KIND_SEGV] = "segv",
	};

	return id[kind];
}

const char *mm_rule_id(enum mm_rule rule)
{
	static const char *const id[MM_RULES] = {
		[MM_RULE_SEGV] = "segv",
		[MM_RULE_ZEROPAGE] = "zeropage",
		[MM_RULE_AROUND] = "around",
		[MM_RULE_START] = "start",
		[MM_RULE_END] = "end",
		[MM_RULE_VMA_END] = "vma-end",
		[MM_RULE_TABLE] = "table",
		[MM_RULE_CACHE] = "cache",
		[MM_RULE_NOTIFY] = "notify",
		[MM_RULE_REUSE] = "reuse",
		[MM_RULE_EXCLUSIVE] = "exclusive",
		[MM_RULE_LAZY] = "lazy",
		[MM_RULE_WIPE] = "wipeonfork",
		[MM_RULE_DONTFORK] = "dontfork",
		[MM_RULE_UPGRADE] = "upgrade",
		[MM_RULE_DROP] = "drop",
		[MM_RULE_MERGE] = "merge",
		[MM_RULE_ANON_VMA] = "anon-vma",
		[MM_RULE_CHILD] = "child",
		[MM_RULE_BEFORE] = "before",
		[MM_RULE_POPULATE] = "populate",
		[MM_RULE_THREAD] = "thread",
		[MM_RULE_PAGEOUT] = "pageout",
		[MM_RULE_MAPPED] = "mapped",
		[MM_RULE_CLEAN] = "clean",
		[MM_RULE_LAZYFREE] = "lazyfree",
		[MM_RULE_TOUCH] = "touch",
		[MM_RULE_PIN] = "pin",
		[MM_RULE_HELD] = "held",
		[MM_RULE_HUGE] = "huge",
		[MM_RULE_HUGE_TABLE] = "huge-table",
		[MM_RULE_HUGE_OWNER] = "huge-owner",
		[MM_RULE_HUGE_ZEROPAGE] = "huge-zeropage",
		[MM_RULE_MERGED] = "merged",
		[MM_RULE_MERGED_COPY] = "merged-copy",
	};

	return id[rule];
}
