// SPDX-License-Identifier: MIT
/*
 * The events of one thread, and the ring that the kernel writes a sample of each
 * into. They are opened stopped, and run in windows only.
 */
#include <errno.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracepoint.h"

/* The events of one thread; a fork leaves the child those of its parent. */
static _Thread_local struct {
	pid_t tid; /* whose they are; 0 before there are any */
	int fd[OBS_EVENTS];
	char *ring; /* the first page tells how far the kernel has written */
	size_t bytes; /* without that page */
	uint64_t start[OBS_EVENTS];
} mine;

static int open_event(const struct obs_tracepoint *point, int event, int group)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT,
		.size = sizeof(attr),
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_RAW,
		.disabled = group < 0,
		.read_format = PERF_FORMAT_GROUP,
	};

	if (event < OBS_POINTS) {
		attr.config = point[event].id;
	} else {
		attr.type = PERF_TYPE_SOFTWARE;
		attr.config = event == OBS_MINOR ?
				      PERF_COUNT_SW_PAGE_FAULTS_MIN :
				      PERF_COUNT_SW_PAGE_FAULTS_MAJ;
	}
	return syscall(SYS_perf_event_open, &attr, 0, -1, group,
		       PERF_FLAG_FD_CLOEXEC);
}

/* A child's ring goes where its parent's is, which fork does not copy. */
static int map_ring(size_t bytes)
{
	char *ring = mmap(mine.ring, obs_page_size() + bytes,
			  PROT_READ | PROT_WRITE, MAP_SHARED, mine.fd[0], 0);

	if (ring == MAP_FAILED)
		return obs_fail(errno, "map a ring of %zu bytes", bytes);
	mine.ring = ring;
	mine.bytes = bytes;
	for (int i = 1; i < OBS_EVENTS; i++)
		if (ioctl(mine.fd[i], PERF_EVENT_IOC_SET_OUTPUT, mine.fd[0]))
			return obs_fail(errno, "trace into one ring");
	return 0;
}

static void unmap_ring(void)
{
	if (mine.bytes && mine.tid == gettid())
		munmap(mine.ring, obs_page_size() + mine.bytes);
	mine.bytes = 0;
}

void obs_ring_close(void)
{
	unmap_ring();
	for (int i = OBS_EVENTS - 1; i >= 0 && mine.tid; i--)
		if (mine.fd[i] >= 0)
			close(mine.fd[i]);
	mine.tid = 0;
}

static int open_events(const struct obs_tracepoint *point)
{
	int rc = 0;

	mine.tid = gettid();
	for (int i = 0; i < OBS_EVENTS; i++)
		mine.fd[i] = -1;
	for (int i = 0; i < OBS_EVENTS && !rc; i++) {
		mine.fd[i] = open_event(point, i, mine.fd[0]);
		if (mine.fd[i] < 0)
			rc = obs_fail(errno, "perf_event_open");
	}
	return rc;
}

int obs_ring_ready(const struct obs_tracepoint *point, size_t bytes)
{
	int rc = 0;

	if (mine.tid != gettid()) {
		obs_ring_close();
		rc = open_events(point);
	}
	if (!rc && mine.bytes < bytes) {
		unmap_ring();
		rc = map_ring(bytes);
	}
	return rc;
}

static struct perf_event_mmap_page *head_page(void)
{
	return (struct perf_event_mmap_page *)mine.ring;
}

/* How many events there were, whether or not their samples fitted. */
static int read_counts(uint64_t count[OBS_EVENTS])
{
	uint64_t group[1 + OBS_EVENTS];
	ssize_t got = read(mine.fd[0], group, sizeof(group));

	if (got != sizeof(group))
		return obs_fail(got < 0 ? errno : EIO, "read trace counts");
	memcpy(count, group + 1, OBS_EVENTS * sizeof(*count));
	return 0;
}

/* The events of a group follow the first; to switch each stops perf's own. */
static int switch_events(unsigned long how)
{
	return ioctl(mine.fd[0], how, 0) ? obs_fail(errno, "switch tracing") :
					   0;
}

int obs_ring_start(void)
{
	struct perf_event_mmap_page *page = head_page();
	int rc = switch_events(PERF_EVENT_IOC_DISABLE);

	__atomic_store_n(&page->data_tail,
			 __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE),
			 __ATOMIC_RELEASE);
	if (!rc)
		rc = read_counts(mine.start);
	return rc ? rc : switch_events(PERF_EVENT_IOC_ENABLE);
}

int obs_ring_stop(void)
{
	return switch_events(PERF_EVENT_IOC_DISABLE);
}

/* Copy out of the ring, in which a sample may go on at the beginning. */
static void take(void *to, size_t bytes, uint64_t *at)
{
	const char *data = mine.ring + obs_page_size();
	size_t offset = *at % mine.bytes, first = mine.bytes - offset;

	if (first > bytes)
		first = bytes;
	memcpy(to, data + offset, first);
	memcpy((char *)to + first, data, bytes - first);
	*at += bytes;
}

bool obs_ring_next(struct obs_sample *sample)
{
	struct perf_event_mmap_page *page = head_page();
	uint64_t head = __atomic_load_n(&page->data_head, __ATOMIC_ACQUIRE);
	struct perf_event_header header;
	uint64_t at = page->data_tail, body;

	do {
		if (at >= head)
			return false;
		body = at;
		take(&header, sizeof(header), &body);
		at += header.size;
		__atomic_store_n(&page->data_tail, at, __ATOMIC_RELEASE);
	} while (header.type != PERF_RECORD_SAMPLE);
	header.size -= sizeof(header);
	memset(sample, 0, sizeof(*sample));
	take(sample,
	     header.size < sizeof(*sample) ? header.size : sizeof(*sample),
	     &body);
	return true;
}

int obs_ring_counts(uint64_t count[OBS_EVENTS])
{
	int rc = read_counts(count);

	for (int i = 0; i < OBS_EVENTS && !rc; i++)
		count[i] -= mine.start[i];
	return rc;
}
