// SPDX-License-Identifier: MIT
/*
 * exam_file.c - what did the subject write? The examiner reads it itself, and
 * holds it against what was in the store when the save began.
 */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "calls.h"

static bool seen[MOST_KEYS];

static void path_of(const struct exam *e, char path[PATH_MAX], const char *name)
{
	snprintf(path, PATH_MAX, "%s/%s", exam_folder(e), name);
}

/* Which key is it? Its number stands at its end. Return: MOST_KEYS if none. */
static uint64_t number_of(const char *key)
{
	const char *mark = strchr(key, '#');
	uint64_t n = mark ? strtoull(mark + 1, NULL, 16) : MOST_KEYS;
	char right[STORE_KEY];

	if (n >= MOST_KEYS)
		return MOST_KEYS;
	key_of(right, seed, n);
	return strcmp(key, right) ? MOST_KEYS : n;
}

/* Takes one line. Fails the test if it is none that is due. */
static void check_line(struct exam *e, char *line, size_t at)
{
	char *blank = strchr(line, ' '), *end = strchr(line, '\n'), due[32];
	uint64_t n;

	if (!blank || !end)
		exam_seen(e, "line %zu is '%.70s'", at, line);
	*blank = *end = '\0';
	n = number_of(line);
	if (n == MOST_KEYS || !then[n])
		exam_seen(e, "line %zu has a key that was not there: %.60s", at,
			  line);
	if (seen[n])
		exam_seen(e, "line %zu has a key for the second time: %s", at,
			  line);
	seen[n] = true;
	snprintf(due, sizeof(due), "%" PRIu64, value_of(seed, n, then[n]));
	if (strcmp(blank + 1, due))
		exam_seen(e, "line %zu has %.30s for %s, which was %s", at,
			  blank + 1, line, due);
}

void file_is(struct exam *e, const char *name)
{
	char path[PATH_MAX], line[256];
	size_t n = 0, due = 0;
	FILE *file;

	path_of(e, path, name);
	for (size_t i = 0; i < MOST_KEYS; i++)
		due += then[i] != 0;
	exam_expected(
		e,
		"a file with %zu lines: all keys, as they were when the last good save began",
		due);
	memset(seen, 0, sizeof(seen));
	file = fopen(path, "r");
	if (!file)
		exam_seen(e, "there is no file");
	while (fgets(line, sizeof(line), file))
		check_line(e, line, ++n);
	fclose(file);
	if (n != due)
		exam_seen(e, "it has %zu lines", n);
}

uint64_t file_bytes(struct exam *e, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	path_of(e, path, name);
	return stat(path, &st) ? 0 : (uint64_t)st.st_size;
}

static DIR *open_folder(struct exam *e)
{
	DIR *folder = opendir(exam_folder(e));

	if (!folder)
		exam_broken(e, "can't read %s", exam_folder(e));
	return folder;
}

uint64_t bytes_in_files(struct exam *e)
{
	DIR *folder = open_folder(e);
	struct dirent *entry;
	uint64_t bytes = 0;

	while ((entry = readdir(folder)))
		if (entry->d_type == DT_REG)
			bytes += file_bytes(e, entry->d_name);
	closedir(folder);
	return bytes;
}

void files_are(struct exam *e, const char *one, const char *two)
{
	DIR *folder = open_folder(e);
	char other[NAME_MAX + 1] = "";
	struct dirent *entry;

	while ((entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    strcmp(entry->d_name, one) &&
		    (!two || strcmp(entry->d_name, two)))
			strcpy(other, entry->d_name);
	closedir(folder);
	exam_expected(e, "then no other file in the folder");
	if (*other)
		exam_seen(e, "%s", other);
}
