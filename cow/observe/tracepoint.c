// SPDX-License-Identifier: MIT
/*
 * The faults of the calling thread, one by one, by the kernel's tracepoints:
 * exceptions:page_fault_* tell where and what the processor wanted, and
 * kmem:mm_page_alloc that a page was taken. What stands between a fault and
 * perf's own event of its end (which a refused one does not have) is its.
 * One sample an event, all into one ring.
 *
 * To let go of a tracepoint takes the kernel tens of milliseconds: so the events
 * stay open, stopped, from a process's first window to its end.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tracepoint.h"

static const struct {
	const char *path;
	const char *field[OBS_FIELDS];
} wanted[OBS_POINTS] = {
	[OBS_FAULT_USER] = { "exceptions/page_fault_user",
			     { "address", "error_code" } },
	[OBS_FAULT_KERNEL] = { "exceptions/page_fault_kernel",
			       { "address", "error_code" } },
	[OBS_ALLOC] = { "kmem/mm_page_alloc",
			{ "migratetype", "gfp_flags", "order" } },
};

/* The error code of an x86 page fault. */
#define FAULT_PRESENT (1 << 0)
#define FAULT_WRITE   (1 << 1)
/* The pages of processes can be moved; page tables can't. */
#define MIGRATE_MOVABLE 1
#define GFP_ZERO	0x100

/* The samples of a fault that takes a page are smaller than that. */
#define FAULT_BYTES 256
#define RING_LEAST  ((size_t)128 << 10)
#define RING_MOST   ((size_t)16 << 20)

/* What the first window of a process finds out, and its children inherit. */
static struct {
	enum { NOT_ASKED, TRACED, NOT_FOR_US } state;
	struct obs_tracepoint point[OBS_POINTS];
	size_t bytes; /* of a ring that is large enough for all windows */
} known;

/* A tracepoint's data begins with its number; perf's own events have none. */
static int which(const struct obs_sample *sample)
{
	uint16_t id;

	memcpy(&id, sample->raw, sizeof(id));
	for (int i = 0; i < OBS_POINTS; i++)
		if (known.point[i].id == id)
			return i;
	return OBS_MINOR;
}

/* The fault that has not ended yet, and whom to tell when it has. */
struct reader {
	struct obs_traced fault;
	bool open;
	void (*each)(const struct obs_traced *fault, void *arg);
	void *arg;
};

static void finish(struct reader *reader, bool refused)
{
	reader->fault.refused = refused;
	if (reader->open)
		reader->each(&reader->fault, reader->arg);
	reader->open = false;
}

static void read_sample(struct reader *reader, int event,
			const struct obs_sample *sample)
{
	struct obs_traced *fault = &reader->fault;
	int64_t value[OBS_FIELDS];

	for (int i = 0; i < OBS_FIELDS && event < OBS_POINTS; i++)
		value[i] = obs_tracepoint_value(&known.point[event].field[i],
						sample->raw, sample->size);
	if (event == OBS_ALLOC) {
		if (fault->page || value[0] != MIGRATE_MOVABLE)
			return;
		fault->page = true;
		fault->zeroed = value[1] & GFP_ZERO;
		fault->huge = value[2];
	} else if (event >= OBS_POINTS) {
		finish(reader, false);
	} else if (value[0] >= 0) { /* else it is the kernel's own memory */
		finish(reader, true);
		*fault = (struct obs_traced){
			.addr = value[0],
			.present = value[1] & FAULT_PRESENT,
			.write = value[1] & FAULT_WRITE,
		};
		reader->open = true;
	}
}

/* Rather no label than a wrong one: was any sample lost? */
static int complete(const uint64_t got[OBS_EVENTS])
{
	uint64_t count[OBS_EVENTS];
	int rc = obs_ring_counts(count);

	count[OBS_MINOR] += count[OBS_MAJOR];
	for (int i = 0; i <= OBS_MINOR && !rc; i++)
		if (count[i] != got[i])
			rc = obs_fail(
				ENOBUFS,
				"trace faults: %llu of %llu samples are lost",
				(unsigned long long)(count[i] - got[i]),
				(unsigned long long)count[i]);
	return rc;
}

int obs_trace_each(void (*each)(const struct obs_traced *fault, void *arg),
		   void *arg)
{
	struct reader reader = { .each = each, .arg = arg };
	uint64_t got[OBS_EVENTS] = { 0 };
	struct obs_sample sample;

	while (obs_ring_next(&sample)) {
		int event = which(&sample);

		got[event]++;
		read_sample(&reader, event, &sample);
	}
	finish(&reader, true);
	return complete(got);
}

static int find_points(void)
{
	int tracefs = obs_tracefs(), rc = 0;

	if (tracefs < 0)
		return tracefs;
	for (int i = 0; i < OBS_POINTS && !rc; i++)
		rc = obs_tracepoint_find(tracefs, wanted[i].path,
					 wanted[i].field, &known.point[i]);
	close(tracefs);
	return rc;
}

/* What is told of one page, whatever else faults meanwhile. */
struct trial {
	uintptr_t addr;
	int zero_fills;
	int others;
};

static void look_at_fault(const struct obs_traced *fault, void *arg)
{
	struct trial *trial = arg;

	if (fault->addr != trial->addr)
		return;
	if (!fault->present && fault->write && fault->page && fault->zeroed &&
	    !fault->refused)
		trial->zero_fills++;
	else
		trial->others++;
}

/* Does it work here? A fresh page that is stored to must be seen as one. */
static int try_it(void)
{
	size_t size = obs_page_size();
	struct trial trial = { 0 };
	int rc;
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return obs_fail(errno, "mmap a page to try tracing");
	trial.addr = (uintptr_t)p;
	rc = obs_ring_start();
	touch_write(p, 'x');
	if (!rc)
		rc = obs_ring_stop();
	munmap(p, size);
	if (!rc)
		rc = obs_trace_each(look_at_fault, &trial);
	if (!rc && (trial.zero_fills != 1 || trial.others))
		rc = obs_fail(EOPNOTSUPP, "trace the fault of a fresh page");
	return rc;
}

/* A ring has a power of two of bytes. */
static size_t ring_bytes(size_t faults)
{
	size_t bytes = RING_LEAST;

	while (bytes / FAULT_BYTES < faults && bytes <= RING_MOST)
		bytes *= 2;
	return bytes;
}

/* Want of descriptors or memory is an error; else tracing is not for us. */
static int give_up(int rc)
{
	obs_ring_close();
	if (obs_wanting(rc))
		return rc;
	known.state = NOT_FOR_US;
	return 0;
}

int obs_trace_open(size_t faults)
{
	size_t bytes = ring_bytes(faults);
	int rc = 0;

	if (known.state == NOT_FOR_US || bytes > RING_MOST)
		return 0;
	if (bytes > known.bytes)
		known.bytes = bytes;
	if (known.state == NOT_ASKED)
		rc = find_points();
	if (!rc)
		rc = obs_ring_ready(known.point, known.bytes);
	if (!rc && known.state == NOT_ASKED)
		rc = try_it();
	if (rc)
		return give_up(rc);
	known.state = TRACED;
	return 0;
}

int obs_trace_begin(size_t faults, bool *traced)
{
	int rc = obs_trace_open(faults);

	*traced = known.state == TRACED && ring_bytes(faults) <= RING_MOST;
	return rc || !*traced ? rc : obs_ring_start();
}
