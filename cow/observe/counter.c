// SPDX-License-Identifier: MIT
/*
 * The counters of the calling thread: perf's software events where we may have
 * them, getrusage(RUSAGE_THREAD) always, and the refusals we caught ourselves.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

static const uint64_t events[3] = {
	PERF_COUNT_SW_PAGE_FAULTS,
	PERF_COUNT_SW_PAGE_FAULTS_MIN,
	PERF_COUNT_SW_PAGE_FAULTS_MAJ,
};

static int open_event(uint64_t config, bool exclude_kernel, int group)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = config,
		.exclude_kernel = exclude_kernel,
		.exclude_hv = 1,
		.read_format = PERF_FORMAT_GROUP,
	};

	return syscall(SYS_perf_event_open, &attr, 0, -1, group,
		       PERF_FLAG_FD_CLOEXEC);
}

void obs_counter_close(int fd[3])
{
	for (int i = 0; i < 3; i++) {
		if (fd[i] >= 0)
			close(fd[i]);
		fd[i] = -1;
	}
}

static int open_group(int fd[3], bool exclude_kernel)
{
	for (int i = 0; i < 3; i++)
		fd[i] = -1;
	for (int i = 0; i < 3; i++) {
		fd[i] = open_event(events[i], exclude_kernel, fd[0]);
		if (fd[i] < 0) {
			int error = errno;

			obs_counter_close(fd);
			return obs_fail(error, "perf_event_open");
		}
	}
	return 0;
}

bool obs_wanting(int rc)
{
	return rc == -EMFILE || rc == -ENFILE || rc == -ENOMEM;
}

/* Is perf not for us here? Want of descriptors or memory is another matter. */
static bool refused(int rc)
{
	return rc && !obs_wanting(rc);
}

int obs_counter_open(int fd[3], enum obs_source *source)
{
	int rc = open_group(fd, false);

	*source = OBS_PERF;
	if (refused(rc)) {
		rc = open_group(fd, true);
		*source = OBS_PERF_USER;
	}
	if (refused(rc)) {
		rc = 0;
		*source = OBS_RUSAGE;
	}
	return rc;
}

/* Reuses of all processes; the largest number if the kernel does not say. */
static int read_reuses(uint64_t *value)
{
	struct obs_proc self;
	int rc = obs_proc_open(&self, "", 0);

	if (rc)
		return rc;
	rc = obs_vmstat(&self, "pgreuse", value);
	obs_proc_close(&self);
	if (rc == -ENOENT) {
		*value = UINT64_MAX;
		rc = 0;
	}
	return rc;
}

int obs_counter_read(const int fd[3], uint64_t value[OBS_COUNTS])
{
	struct rusage usage;
	uint64_t group[4];

	int rc;

	memset(value, 0, OBS_COUNTS * sizeof(*value));
	rc = read_reuses(&value[OBS_REUSES]);
	if (rc)
		return rc;
	if (fd[0] >= 0) {
		ssize_t got = read(fd[0], group, sizeof(group));

		if (got != sizeof(group))
			return obs_fail(got < 0 ? errno : EIO,
					"read the perf counters");
		value[OBS_PERF_TOTAL] = group[1];
		value[OBS_PERF_MINOR] = group[2];
		value[OBS_PERF_MAJOR] = group[3];
	}
	if (getrusage(RUSAGE_THREAD, &usage))
		return obs_fail(errno, "getrusage");
	value[OBS_RU_MINOR] = usage.ru_minflt;
	value[OBS_RU_MAJOR] = usage.ru_majflt;
	value[OBS_REFUSED] = obs_refused_count();
	return 0;
}

enum obs_source obs_source_now(void)
{
	enum obs_source source;
	int fd[3];

	if (!obs_counter_open(fd, &source))
		obs_counter_close(fd);
	return source;
}

const char *obs_source_id(enum obs_source source)
{
	static const char *const id[] = {
		[OBS_PERF] = "perf",
		[OBS_PERF_USER] = "perf:u",
		[OBS_RUSAGE] = "getrusage",
	};

	return id[source];
}

const char *obs_source_blind(enum obs_source source)
{
	static const char *const blind[] = {
		[OBS_PERF_USER] =
			"user mode only, blind to faults inside system calls",
		[OBS_RUSAGE] =
			"blind to refused accesses, which the program adds",
	};

	return source == OBS_PERF ? NULL : blind[source];
}
