/* SPDX-License-Identifier: MIT */
/*
 * Page faults: a window counts those of the calling thread, takes a picture of
 * a range's pages before and after, and says of each fault which kind it was.
 */
#ifndef COW_OBSERVE_FAULTS_H
#define COW_OBSERVE_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "proc.h"

/**
 * enum obs_kind - what a page fault did
 * @OBS_KIND_ZEROPAGE: read of fresh anonymous memory: the zero page is mapped
 * @OBS_KIND_ZERO: a new page filled with zeros (anonymous memory, shared too)
 * @OBS_KIND_COPY: a new page filled from another, which stays as it was
 * @OBS_KIND_REUSE: write permission given back on the page that is there
 * @OBS_KIND_FILE: page-cache pages of a file mapped, up to 16 a fault on read
 * @OBS_KIND_REMAP: pages of shared anonymous memory, existing, mapped here
 * @OBS_KIND_NOTIFY: first write to a clean page of a shared file mapping
 * @OBS_KIND_HUGE: a huge page mapped by one fault
 * @OBS_KIND_SEGV: refused: SIGSEGV or SIGBUS
 * @OBS_KIND_STRAY: in no page of the range: the window was not quiet
 * @OBS_KINDS: how many there are
 */
enum obs_kind {
	OBS_KIND_ZEROPAGE,
	OBS_KIND_ZERO,
	OBS_KIND_COPY,
	OBS_KIND_REUSE,
	OBS_KIND_FILE,
	OBS_KIND_REMAP,
	OBS_KIND_NOTIFY,
	OBS_KIND_HUGE,
	OBS_KIND_SEGV,
	OBS_KIND_STRAY,
	OBS_KINDS,
};

/**
 * obs_kind_id() - A fault kind's name for programs, such as "zeropage".
 * @kind: the kind
 *
 * Return: a constant string.
 */
const char *obs_kind_id(enum obs_kind kind);

/**
 * obs_kind_text() - A fault kind's name for people, such as "zero page".
 * @kind: the kind
 *
 * Return: a constant string.
 */
const char *obs_kind_text(enum obs_kind kind);

/**
 * enum obs_source - where the fault count comes from, best first
 * @OBS_PERF: perf_event_open(2), kernel included
 * @OBS_PERF_USER: perf_event_open(2) with exclude_kernel
 * @OBS_RUSAGE: getrusage(RUSAGE_THREAD) alone
 */
enum obs_source {
	OBS_PERF,
	OBS_PERF_USER,
	OBS_RUSAGE,
};

/**
 * obs_source_id() - A source's name, such as "perf".
 * @source: the source
 *
 * Return: a constant string.
 */
const char *obs_source_id(enum obs_source source);

/**
 * obs_source_blind() - What a source can't see.
 * @source: the source
 *
 * Return: a constant phrase to stand in brackets behind the source, or NULL if
 * it misses nothing a demo does.
 */
const char *obs_source_blind(enum obs_source source);

/**
 * enum obs_labels - how it was found out which kind each fault was
 * @OBS_BY_STATES: by each page's entry before and after
 * @OBS_BY_TRACEPOINT: by the kernel's tracepoints, fault by fault; the entries
 *                     must agree
 */
enum obs_labels {
	OBS_BY_STATES,
	OBS_BY_TRACEPOINT,
};

/**
 * obs_labels_text() - How labels were got, in words.
 * @labels: how
 *
 * Return: "by tracepoint" or "by page states".
 */
const char *obs_labels_text(enum obs_labels labels);

/**
 * obs_source_now() - The best source the caller may use.
 *
 * Return: the source that a window opened now would count with.
 */
enum obs_source obs_source_now(void);

/*
 * What the counters count: two by getrusage, three by perf, one by ourselves,
 * and one by the kernel for all processes together (/proc/vmstat, pgreuse).
 */
enum {
	OBS_RU_MINOR,
	OBS_RU_MAJOR,
	OBS_PERF_TOTAL,
	OBS_PERF_MINOR,
	OBS_PERF_MAJOR,
	OBS_REFUSED,
	OBS_REUSES,
	OBS_COUNTS,
};

/**
 * obs_counter_open() - Open the calling thread's counters, without a window.
 * @fd: set to perf's descriptors, -1 where perf is not for us
 * @source: set to who will count
 *
 * For those who count one touch at a time; others use a window. A forked child
 * opens its own.
 *
 * Return: 0, or -EMFILE, -ENFILE or -ENOMEM of perf_event_open(2).
 */
int obs_counter_open(int fd[3], enum obs_source *source);

/**
 * obs_counter_read() - Read the counters: what the difference of two tells.
 * @fd: from obs_counter_open()
 * @value: set; 0 for what is not counted
 *
 * Return: 0 or -errno.
 */
int obs_counter_read(const int fd[3], uint64_t value[OBS_COUNTS]);

/**
 * obs_counter_close() - Close the counters.
 * @fd: from obs_counter_open(); set to -1
 */
void obs_counter_close(int fd[3]);

/**
 * struct obs_faults - the faults of one window
 * @total: minor + major + segv, less those of populated pages: what perf
 *         counts, and what getrusage counts once its blind spots are added
 * @minor: without input or output
 * @major: with
 * @segv: refused; getrusage does not count them
 * @populated: pages made present by the kernel on request; perf does not
 *             count them
 * @kernel: taken inside system calls; perf with exclude_kernel does not count
 *          them
 * @reuses: how many pages the kernel let their last owner write, in all
 *          processes: at least those of the window; ~0 if it does not say
 * @by_perf: what perf said; equal to @total unless @source is OBS_RUSAGE
 *           (or, for OBS_PERF_USER, to @total - @kernel)
 * @source: who counted
 * @labels: who told the kinds
 * @kind: @total again, by kind
 */
struct obs_faults {
	uint64_t total;
	uint64_t minor;
	uint64_t major;
	uint64_t segv;
	uint64_t populated;
	uint64_t kernel;
	uint64_t reuses;
	uint64_t by_perf;
	enum obs_source source;
	enum obs_labels labels;
	uint64_t kind[OBS_KINDS];
};

/**
 * struct obs_window - counts one thread's faults and watches one range
 * @addr: start of the range, page-aligned
 * @pages: length of the range, pages
 * @before: the range's pages at obs_begin()
 * @after: the range's pages at obs_end()
 * @faults: the faults between the two
 * @error: 0, or -errno of the first call that failed since obs_begin();
 *         report shows it, so that a demo need not
 * @what: what that call was doing
 * @odd: where tracepoints and page states say different things of a fault, the
 *       first such; "" where they agree, and where there are no tracepoints
 * @value: what obs_writes() stores, and obs_reads() looks for
 * @matched: in how many pages obs_reads() found it
 * @bytes: size of this structure's own mapping
 * @counter: private
 *
 * The structure lives in shared memory: a child's results can be read by its
 * parent. A window follows whoever calls obs_begin(): after a fork the child
 * simply uses it. Only one process or thread may use it at a time.
 */
struct obs_window {
	char *addr;
	size_t pages;
	struct obs_page *before;
	struct obs_page *after;
	struct obs_faults faults;
	int error;
	char what[128];
	char odd[128];
	char value;
	size_t matched;
	size_t bytes;
	struct {
		int fd[3];
		bool running;
		bool traced;
		uint64_t start[OBS_COUNTS];
	} counter;
};

/**
 * obs_window_open() - Make a window over a range.
 * @window: set to the new window
 * @addr: page-aligned start; need not be mapped yet
 * @pages: length in pages, at least 1
 *
 * The range is watched (obs_keep()) until the window is closed. For tracepoints
 * five events are opened, once in each process that uses windows, and a ring.
 *
 * Return: 0, -EINVAL for a bad range, -ENOMEM, or another -errno.
 */
int obs_window_open(struct obs_window **window, void *addr, size_t pages);

/**
 * obs_window_close() - Unmake a window.
 * @window: a window or NULL
 */
void obs_window_close(struct obs_window *window);

/**
 * obs_begin() - Begin to count.
 * @window: a window
 *
 * Makes the thread quiet first (obs_quiet(); obs_drain(), which may be refused;
 * then the identity of reused pages is only as sure as obs_pin()), takes the picture before, and
 * tells a listening perf stat to enable its events (`perf stat -D -1
 * --control fd:CTL,ACK`, with the two numbers in PERF_CTL_FD and PERF_ACK_FD).
 *
 * Return: 0 or -errno, which is kept in @window as well.
 */
int obs_begin(struct obs_window *window);

/**
 * obs_end() - Stop counting, take the picture after, sort the faults by kind.
 * @window: a window that began
 *
 * The two counters must agree: perf = getrusage + refused - populated (less
 * what the kernel touched, if perf does not see the kernel).
 *
 * Return: 0; -EBADMSG when the counters disagree; -EINVAL without
 * obs_begin(); or another -errno; kept in @window as well. errno is left as it
 * was: what is studied may be a system call.
 */
int obs_end(struct obs_window *window);

/**
 * obs_matches() - In how many pages of a window's range is a value found?
 * @window: a window
 * @value: compared with each page's first byte
 *
 * Counts no faults; a page that is not there yet is faulted in by it.
 *
 * Return: the number of pages.
 */
size_t obs_matches(const struct obs_window *window, char value);

/**
 * obs_reads() - Count the faults of one load from each page of the range.
 * @window: a struct obs_window; how it went is kept in it. The type is that of
 *          obs_peer_call(), so that a child can be told to do it
 */
void obs_reads(void *window);

/**
 * obs_writes() - Count the faults of one store to each page of the range.
 * @window: as for obs_reads()
 */
void obs_writes(void *window);

/**
 * obs_timed() - Count and time one touch of each page, or of every so many.
 * @window: a window; how it went is kept in it
 * @write: store @value; else load
 * @every: touch every @every-th page, at least 1
 *
 * Return: the median time of a touch in nanoseconds; 0 when it went wrong.
 */
uint64_t obs_timed(struct obs_window *window, bool write, size_t every);

/**
 * obs_note_populated() - Tell a window of faults that perf won't count.
 * @window: a window between begin and end
 * @pages: how many were populated (MAP_POPULATE, MADV_POPULATE_*, mlock)
 */
void obs_note_populated(struct obs_window *window, uint64_t pages);

/**
 * obs_note_kernel() - Tell a window of faults taken inside system calls.
 * @window: a window between begin and end
 * @pages: how many pages the kernel itself was first to touch
 */
void obs_note_kernel(struct obs_window *window, uint64_t pages);

/**
 * obs_classify() - Sort a window's faults by kind.
 * @window: a window with both pictures and the sums in its @faults
 *
 * A page whose entry changed took exactly one fault, named by the change
 * (a huge page: one for all of it). Page-cache pages may come many a fault,
 * and a write that is merely permitted changes no entry: these two are what
 * is left of the sum, the first if such pages did appear, the second
 * otherwise; a window must not mix them, nor drop a page and fault it in
 * again. Of the latter there can't be more than the kernel counted in all
 * processes (pgreuse), which tells a reuse from a copy where frame numbers are
 * hidden. What no page can explain is OBS_KIND_STRAY.
 */
void obs_classify(struct obs_window *window);

#endif
