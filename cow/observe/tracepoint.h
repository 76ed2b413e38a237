/* SPDX-License-Identifier: MIT */
/* Faults as tracepoints tell them, for the files of observe alone. */
#ifndef COW_OBSERVE_TRACEPOINT_H
#define COW_OBSERVE_TRACEPOINT_H

#include "internal.h"

#define OBS_FIELDS 3

/* One tracepoint, as tracefs describes it. */
struct obs_tracepoint {
	uint64_t id;
	struct obs_field {
		uint16_t offset;
		uint16_t size;
	} field[OBS_FIELDS];
};

/* Look up "system/event" and up to OBS_FIELDS of its fields by name. */
int obs_tracepoint_find(int tracefs, const char *path, const char *const *name,
			struct obs_tracepoint *point);

/* A field's value in a sample's raw data of so many bytes. */
int64_t obs_tracepoint_value(const struct obs_field *field, const char *raw,
			     size_t size);

/* What is sampled: tracepoints, and perf's own events of a fault's end. */
enum {
	OBS_FAULT_USER,
	OBS_FAULT_KERNEL,
	OBS_ALLOC,
	OBS_POINTS,
	OBS_MINOR = OBS_POINTS,
	OBS_MAJOR,
	OBS_EVENTS,
};

/* A sample as the kernel writes it, behind its header. */
struct obs_sample {
	uint32_t size; /* of what follows */
	char raw[92];
};

/* Open the calling thread's events, with a ring of at least so many bytes. */
int obs_ring_ready(const struct obs_tracepoint *point, size_t bytes);
void obs_ring_close(void);

/* Let the events run, with an empty ring; and stop them. */
int obs_ring_start(void);
int obs_ring_stop(void);

/* Take the next sample out of the ring; false if there is none. */
bool obs_ring_next(struct obs_sample *sample);

/* How many events there were since the start, whether or not samples fitted. */
int obs_ring_counts(uint64_t count[OBS_EVENTS]);

/* What one exception did. */
struct obs_traced {
	uintptr_t addr;
	bool present; /* there was an entry, which forbade it */
	bool write;
	bool refused; /* a signal came of it */
	bool page; /* a page was taken in it, ... */
	bool zeroed; /* ... full of zeros, ... */
	bool huge; /* ... as one of many */
};

/*
 * Make ready to trace the calling thread's faults, up to @faults in a window.
 * A ring of memory is mapped, so it is done before a demo makes holes for
 * others to fall into. 0 also where tracing is not for us; or -errno for want
 * of descriptors or memory.
 */
int obs_trace_open(size_t faults);

/* Trace from now on; but not where that is not for us, or not for so many. */
int obs_trace_begin(size_t faults, bool *traced);

/*
 * Call @each for each fault from obs_trace_begin() to obs_ring_stop(), in
 * order. -ENOBUFS if any sample was lost.
 */
int obs_trace_each(void (*each)(const struct obs_traced *fault, void *arg),
		   void *arg);

/* Label a window's faults by what was traced; page states have to agree. */
int obs_label(struct obs_window *window);

/* What a page's entry tells of a fault; OBS_KINDS if it tells of none. */
enum obs_kind obs_change(const struct obs_page *before,
			 const struct obs_page *after);

#endif
