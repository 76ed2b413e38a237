// SPDX-License-Identifier: MIT
/*
 * A worker: one process of a scenario, on the running kernel. It does what it
 * is told, with each touch of memory counted by itself, and takes a picture of
 * its own pages. Nothing here may allocate memory or fault by itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

/* This thread's perf counters. */
static _Thread_local int counter[3] = { -1, -1, -1 };

/* Whose sockets this process has closed already, a bit each. */
static unsigned int parted;

void lit_worker_born(int proc)
{
	parted |= 1U << proc;
}

/*
 * A socket that two workers keep open for each other would let both outlive
 * the controller: close those of all who have been born meanwhile.
 */
void lit_worker_part(const struct lit_shared *shared)
{
	unsigned int stale = shared->born & ~parted;

	for (int i = 0; i < MM_PROCS; i++) {
		if (!(stale & 1U << i))
			continue;
		close(shared->peer[i].fd);
		close(shared->other[i]);
	}
	parted |= stale;
}

void lit_keep_error(struct lit_shared *shared, int rc)
{
	if (!rc || shared->error)
		return;
	shared->error = rc;
	snprintf(shared->what, sizeof(shared->what), "%s", lit_what());
}

/* What observe reports is remembered in the same place as our own. */
void lit_keep_observed(struct lit_shared *shared, int rc)
{
	if (rc)
		lit_keep_error(shared, lit_fail(-rc, "%s", obs_what()));
}

char *lit_address(const struct lit_shared *shared, int page)
{
	if (page >= MM_BIG)
		return shared->big + (page - MM_BIG) * obs_page_size();
	return page < MM_HEAP ?
		       shared->area + page * obs_page_size() :
		       shared->heap + (page - MM_HEAP) * obs_page_size();
}

/* The heap begins above a page that nothing merges with. */
static int place_heap(struct lit_shared *shared)
{
	size_t page_size = obs_page_size();
	char *now = sbrk(0);
	char *gap = now + (-(uintptr_t)now & (page_size - 1));

	if (brk(gap + page_size) || mprotect(gap, page_size, PROT_NONE))
		return lit_fail(errno, "place the heap");
	shared->heap = gap + page_size;
	lit_keep_observed(shared,
			  obs_keep(shared->heap, MM_HEAP_PAGES * page_size));
	return 0;
}

/* In the first process: the area is a hole, and the heap is placed. */
void lit_worker_begin(void *arg)
{
	struct lit_shared *shared = arg;

	if (munmap(shared->area, MM_AREA * obs_page_size()))
		lit_keep_error(shared, lit_fail(errno, "clear the area"));
	if (shared->big_used &&
	    munmap(shared->big, MM_BIG_PAGES * obs_page_size()))
		lit_keep_error(shared,
			       lit_fail(errno, "clear room for huge pages"));
	lit_keep_error(shared, place_heap(shared));
	lit_worker_init(shared);
}

/* In each process: its own counters; it may outlive who forked it. */
void lit_worker_init(void *arg)
{
	struct lit_shared *shared = arg;

	prctl(PR_SET_PDEATHSIG, 0);
	signal(SIGCHLD, SIG_IGN);
	lit_pins_forget();
	lit_threads_forget();
	lit_worker_thread(shared);
}

/* In each thread: counters are a thread's own. */
void lit_worker_thread(struct lit_shared *shared)
{
	obs_counter_close(counter);
	lit_keep_observed(shared, obs_counter_open(counter, &shared->source));
	lit_keep_observed(shared, obs_quiet());
}

static int protection(unsigned int flags)
{
	return (flags & MM_VM_READ ? PROT_READ : 0) |
	       (flags & MM_VM_WRITE ? PROT_WRITE : 0);
}

static int run_mmap(struct lit_shared *shared, const struct mm_op *op)
{
	size_t page_size = obs_page_size();
	int flags = MAP_FIXED |
		    (op->flags & MM_VM_SHARED ? MAP_SHARED : MAP_PRIVATE) |
		    (op->file < 0 ? MAP_ANONYMOUS : 0);
	void *got = mmap(lit_address(shared, op->start), op->pages * page_size,
			 protection(op->flags), flags,
			 op->file < 0 ? -1 : shared->file[op->file],
			 op->file < 0 ? 0 : op->pgoff * page_size);

	if (got == MAP_FAILED)
		return -1;
	return op->flags & MM_VM_HUGEPAGE ?
		       madvise(got, op->pages * page_size, MADV_HUGEPAGE) :
		       0;
}

static int run_madvise(struct lit_shared *shared, const struct mm_op *op)
{
	static const int advice[MM_ADVICES] = {
		[MM_ADV_DONTNEED] = MADV_DONTNEED,
		[MM_ADV_FREE] = MADV_FREE,
		[MM_ADV_COLD] = MADV_COLD,
		[MM_ADV_WIPEONFORK] = MADV_WIPEONFORK,
		[MM_ADV_KEEPONFORK] = MADV_KEEPONFORK,
		[MM_ADV_DONTFORK] = MADV_DONTFORK,
		[MM_ADV_DOFORK] = MADV_DOFORK,
		[MM_ADV_POPULATE_READ] = MADV_POPULATE_READ,
		[MM_ADV_POPULATE_WRITE] = MADV_POPULATE_WRITE,
		[MM_ADV_PAGEOUT] = MADV_PAGEOUT,
		[MM_ADV_HUGEPAGE] = MADV_HUGEPAGE,
		[MM_ADV_NOHUGEPAGE] = MADV_NOHUGEPAGE,
		[MM_ADV_MERGEABLE] = MADV_MERGEABLE,
		[MM_ADV_UNMERGEABLE] = MADV_UNMERGEABLE,
	};

	return madvise(lit_address(shared, op->start),
		       op->pages * obs_page_size(), advice[op->advice]);
}

static int run_mremap(struct lit_shared *shared, const struct mm_op *op)
{
	size_t bytes = op->pages * obs_page_size();
	size_t new_bytes = op->new_pages ? op->new_pages * obs_page_size() :
					   bytes;
	char *at = lit_address(shared, op->start);
	void *got = op->to < 0 ? mremap(at, bytes, new_bytes, 0) :
				 mremap(at, bytes, new_bytes,
					MREMAP_MAYMOVE | MREMAP_FIXED,
					lit_address(shared, op->to));

	return got == MAP_FAILED ? -1 : 0;
}

/*
 * The child serves its own orders and never returns. The parent keeps no end
 * of its socket: when the controller goes, all workers must notice.
 */
static int run_fork(struct lit_shared *shared, const struct mm_op *op)
{
	struct obs_peer peer = shared->peer[op->child];
	pid_t pid = fork();

	if (pid < 0)
		return -1;
	lit_worker_born(op->child);
	if (!pid)
		obs_peer_serve(&peer);
	lit_keep_observed(shared, obs_peer_adopt(&peer, pid));
	close(peer.fd);
	shared->pid = pid;
	return 0;
}

/* The raw call: the library takes a break that did not shrink for success. */
static int run_brk(struct lit_shared *shared, const struct mm_op *op)
{
	char *want = shared->heap + op->pages * obs_page_size();

	shared->heap_used = true;
	errno = ENOMEM;
	return syscall(SYS_brk, want) == (long)want ? 0 : -1;
}

/* Not to be had on this machine is no result, but the end of the scenario. */
static int run_pin(struct lit_shared *shared, char *at, size_t bytes)
{
	int rc = lit_pin(at, bytes);

	shared->pinned |= 1U << shared->op.proc;
	if (rc < -1)
		lit_keep_error(shared, rc);
	return rc;
}

/* Before a process ends: what was pinned must be free when it is gone. */
void lit_worker_leave(void *shared)
{
	if (lit_unpin())
		lit_keep_error(shared, lit_fail(errno, "unpin pages"));
}

static int run_call(struct lit_shared *shared, const struct mm_op *op)
{
	size_t bytes = op->pages * obs_page_size();
	char *at = lit_address(shared, op->start);

	switch (op->kind) {
	case MM_OP_MMAP:
		return run_mmap(shared, op);
	case MM_OP_MUNMAP:
		return munmap(at, bytes);
	case MM_OP_MPROTECT:
		return mprotect(at, bytes, protection(op->flags));
	case MM_OP_MREMAP:
		return run_mremap(shared, op);
	case MM_OP_MADVISE:
		return run_madvise(shared, op);
	case MM_OP_FORK:
		return run_fork(shared, op);
	case MM_OP_BRK:
		return run_brk(shared, op);
	case MM_OP_PIN:
		return run_pin(shared, at, bytes);
	case MM_OP_UNPIN:
		return lit_unpin();
	default:
		return 0;
	}
}

static uint64_t faults_of(int who)
{
	struct rusage usage;

	getrusage(who, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

uint64_t lit_faults_so_far(void)
{
	return faults_of(RUSAGE_THREAD);
}

static uint64_t faults_of_others(void)
{
	return faults_of(RUSAGE_SELF) - faults_of(RUSAGE_THREAD);
}

static void run_counted(struct lit_shared *shared)
{
	bool populates;
	uint64_t before;
	int rc;

	if (shared->op.kind >= MM_OP_READ && shared->op.kind <= MM_OP_KWRITE) {
		lit_touch_pages(shared);
		return;
	}
	populates = shared->op.kind == MM_OP_MADVISE &&
		    shared->op.start >= MM_BIG &&
		    (shared->op.advice == MM_ADV_POPULATE_READ ||
		     shared->op.advice == MM_ADV_POPULATE_WRITE);
	if (populates)
		lit_allow_huge(shared, true);
	before = lit_faults_so_far();
	rc = run_call(shared, &shared->op);
	shared->result.rc = rc ? -errno : 0;
	if (populates)
		lit_allow_huge(shared, false);
	if (shared->op.kind == MM_OP_MADVISE || shared->op.kind == MM_OP_PIN)
		shared->result.rusage = lit_faults_so_far() - before;
}

/* MADV_FREE and MADV_PAGEOUT pass over pages that lie in a per-CPU batch. */
static bool must_drain(const struct lit_shared *shared)
{
	return shared->drain || shared->op.kind == MM_OP_MADVISE;
}

/* In the thread that the operation is for. */
static void run_here(struct lit_shared *shared)
{
	uint64_t before[OBS_COUNTS], after[OBS_COUNTS];
	uint64_t others;

	if (must_drain(shared))
		obs_drain();
	others = faults_of_others();
	lit_keep_observed(shared, obs_counter_read(counter, before));
	run_counted(shared);
	lit_keep_observed(shared, obs_counter_read(counter, after));
	shared->result.perf = -1;
	if (shared->op.kind == MM_OP_FORK)
		return;
	shared->result.others = faults_of_others() - others;
	if (shared->source != OBS_RUSAGE)
		shared->result.perf =
			after[OBS_PERF_TOTAL] - before[OBS_PERF_TOTAL];
}

void lit_worker_run(void *arg)
{
	struct lit_shared *shared = arg;
	int rc = 0;

	if (shared->op.kind == MM_OP_THREAD) {
		shared->result.perf = -1;
		rc = lit_thread_start(shared);
	} else if (shared->op.thread) {
		rc = lit_thread_run(shared->op.thread, run_here, shared);
	} else {
		run_here(shared);
	}
	lit_keep_error(shared, rc);
}
