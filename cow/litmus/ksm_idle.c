// SPDX-License-Identifier: MIT
/* Is ksmd free for us, and does it find no memory but that of the scenario? */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ksm.h"

int ksm_is_idle(void)
{
	if (access(KSM "run", W_OK))
		return lit_fail(ENODEV, "needs root, to have ksmd merge");
	if (ksm_number(KSM "run"))
		return lit_fail(ENODEV, "needs ksmd for itself: %srun is not 0",
				KSM);
	if (ksm_number(KSM "pages_shared"))
		return lit_fail(
			ENODEV,
			"needs ksmd for itself: %spages_shared is not 0", KSM);
	if (ksm_number(KSM "max_page_sharing") < MM_SHARING)
		return lit_fail(ENODEV,
				"needs %smax_page_sharing of %d, or more", KSM,
				MM_SHARING);
	return 0;
}

/* Who has gone meanwhile has no memory. */
static FILE *open_of(int pid, const char *name, int *error)
{
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	file = fopen(path, "re");
	if (!file && errno != ENOENT && errno != ESRCH)
		*error = errno;
	return file;
}

/* Newer kernels (6.17) say it in one line: 1 yes, 0 no, -1 not told. */
static int told(int pid, int *error)
{
	static const char key[] = "ksm_mergeable: ";
	FILE *file = open_of(pid, "ksm_stat", error);
	char line[64];
	int yes = -1;

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, key, strlen(key)))
			yes = line[strlen(key)] == 'y';
	if (file)
		fclose(file);
	return yes;
}

/* On others each mapping has its flags. */
static bool has_flag(int pid, int *error)
{
	FILE *file = open_of(pid, "smaps", error);
	char *line = NULL;
	size_t size = 0;
	bool yes = false;

	while (file && !yes && getline(&line, &size, file) > 0)
		yes = !strncmp(line, "VmFlags:", 8) && strstr(line, " mg");
	if (file)
		fclose(file);
	free(line);
	return yes;
}

static bool is_ours(const struct lit_kernel *kernel, int pid)
{
	for (int i = 0; i < MM_PROCS; i++)
		if (kernel->alive[i] && kernel->pid[i] == pid)
			return true;
	return pid == getpid();
}

static int check(int pid)
{
	int error = 0, yes = told(pid, &error);
	char name[32] = "";
	FILE *file;

	if (yes < 0 && !error)
		yes = has_flag(pid, &error);
	if (error)
		return lit_fail(ENODEV,
				"needs to see the memory of process %d: %s",
				pid, strerror(error));
	if (!yes)
		return 0;
	file = open_of(pid, "comm", &error);
	if (file && fgets(name, sizeof(name), file))
		name[strcspn(name, "\n")] = '\0';
	if (file)
		fclose(file);
	return lit_fail(
		ENODEV,
		"needs ksmd for itself: process %d (%s) has memory to be merged",
		pid, name);
}

int ksm_is_ours(const struct lit_kernel *kernel)
{
	DIR *dir = opendir("/proc");
	const struct dirent *entry;
	int rc = 0;

	if (!dir)
		return lit_fail(ENODEV, "needs /proc");
	while (!rc && (entry = readdir(dir))) {
		int pid = atoi(entry->d_name);

		if (isdigit((unsigned char)*entry->d_name) &&
		    !is_ours(kernel, pid))
			rc = check(pid);
	}
	closedir(dir);
	return rc;
}
