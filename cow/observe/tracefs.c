// SPDX-License-Identifier: MIT
/*
 * Tracepoints: what number each has, and where its fields stand in a sample.
 * Both are told by tracefs. Where nobody has mounted that we mount it for
 * ourselves: a mount that hangs on a descriptor alone is seen by nobody else.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "tracepoint.h"

#define TRACEFS "/sys/kernel/tracing"

static int mount_unseen(void)
{
	int fs = fsopen("tracefs", FSOPEN_CLOEXEC), fd = -1, error;

	if (fs < 0)
		return obs_fail(errno, "fsopen tracefs");
	if (!fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		fd = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	error = errno;
	close(fs);
	return fd < 0 ? obs_fail(error, "mount tracefs") : fd;
}

int obs_tracefs(void)
{
	int fd = open(TRACEFS, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && !faccessat(fd, "events/header_page", R_OK, 0))
		return fd;
	if (fd >= 0)
		close(fd);
	return mount_unseen();
}

/* "field:unsigned long address;	offset:8;	size:8;	signed:0;" */
static void take_field(const char *line, const char *const *name,
		       struct obs_tracepoint *point)
{
	const char *end = strchr(line, ';');
	unsigned int offset, size;

	if (!end || sscanf(end, "; offset:%u; size:%u;", &offset, &size) != 2 ||
	    offset > USHRT_MAX || size > sizeof(uint64_t))
		return;
	for (size_t i = 0; i < OBS_FIELDS && name[i]; i++) {
		size_t length = strlen(name[i]);

		if (end - line <= (ptrdiff_t)length ||
		    end[-1 - (ptrdiff_t)length] != ' ' ||
		    strncmp(end - length, name[i], length))
			continue;
		point->field[i].offset = offset;
		point->field[i].size = size;
	}
}

int obs_tracepoint_find(int tracefs, const char *path, const char *const *name,
			struct obs_tracepoint *point)
{
	struct obs_lines lines = { .fd = -1 };
	char format[64], *line;
	int error;

	memset(point, 0, sizeof(*point));
	snprintf(format, sizeof(format), "events/%s/format", path);
	lines.fd = openat(tracefs, format, O_RDONLY | O_CLOEXEC);
	if (lines.fd < 0)
		return obs_fail(errno, "open %s", format);
	while ((line = obs_line(&lines, &error))) {
		line += strspn(line, "\t ");
		if (!strncmp(line, "ID: ", 4))
			point->id = strtoul(line + 4, NULL, 10);
		else if (!strncmp(line, "field:", 6))
			take_field(line + 6, name, point);
	}
	close(lines.fd);
	for (size_t i = 0; i < OBS_FIELDS && name[i] && !error; i++)
		error = point->field[i].size ? 0 : -ENOENT;
	return error ? obs_fail(-error, "read %s", format) : 0;
}

int64_t obs_tracepoint_value(const struct obs_field *field, const char *raw,
			     size_t size)
{
	int64_t value = 0;
	int32_t half;

	if ((size_t)field->offset + field->size > size)
		return 0;
	if (field->size == sizeof(half)) {
		memcpy(&half, raw + field->offset, sizeof(half));
		return half;
	}
	memcpy(&value, raw + field->offset, field->size);
	return value;
}
