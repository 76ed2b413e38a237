// SPDX-License-Identifier: MIT
/* The page strip's alphabet: one character a page, the same everywhere. */
#include <string.h>

#include "internal.h"

static const struct {
	char c;
	const char *meaning;
} alphabet[] = {
	{ '.', "absent" },
	{ '0', "zero page" },
	{ 'P', "private, mapped once" },
	{ 'C', "shared copy-on-write" },
	{ 'F', "shared file or memory" },
	{ 'f', "private mapping, page of the file" },
	{ 'D', "private mapping, dirty copy" },
	{ 'H', "huge" },
	{ 's', "swapped" },
	{ '#', "protected" },
	{ '-', "not mapped" },
};

const char *rep_page_meaning(char c)
{
	for (size_t i = 0; i < sizeof(alphabet) / sizeof(*alphabet); i++)
		if (alphabet[i].c == c)
			return alphabet[i].meaning;
	return "unknown";
}

char rep_page_char(const struct obs_page *page)
{
	uint32_t is = page->flags;

	if (is & OBS_UNMAPPED)
		return '-';
	if (is & OBS_MAP_NONE)
		return '#';
	if (is & OBS_SWAPPED)
		return 's';
	if (!(is & OBS_PRESENT))
		return '.';
	if (is & OBS_HUGE)
		return 'H';
	if (is & OBS_ZERO)
		return '0';
	if (is & OBS_FILE)
		return is & OBS_MAP_SHARED ? 'F' : 'f';
	if (!(is & OBS_EXCLUSIVE))
		return 'C';
	return is & OBS_MAP_FILE ? 'D' : 'P';
}

size_t rep_page_run(const struct obs_page *page, size_t pages, size_t *at,
		    char *c)
{
	size_t start = *at;

	*c = rep_page_char(&page[start]);
	while (*at < pages && rep_page_char(&page[*at]) == *c)
		(*at)++;
	return *at - start;
}
