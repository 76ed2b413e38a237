// SPDX-License-Identifier: MIT
/*
 * The controller: one worker process for each P of a scenario. It hands out
 * one order at a time, and has every worker take its picture after each.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

/* The area lies across the end of one page table: MM_TABLE_END pages in. */
static int place_area(struct lit_kernel *kernel)
{
	size_t page_size = obs_page_size();
	size_t table = page_size / sizeof(uint64_t);
	int rc;

	kernel->gap_bytes = (table + MM_AREA) * page_size;
	rc = obs_gap_map(&kernel->gap, kernel->gap_bytes);
	if (rc)
		return lit_fail(-rc, "%s", obs_what());
	rc = obs_gap_map(&kernel->shared->big, MM_BIG_PAGES * page_size);
	if (rc)
		return lit_fail(-rc, "%s", obs_what());
	kernel->shared->area = kernel->gap + (table - MM_TABLE_END) * page_size;
	kernel->shared->stacks = mmap(NULL, MM_THREADS * LIT_STACK_BYTES,
				      PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
				      -1, 0);
	return kernel->shared->stacks == MAP_FAILED ?
		       lit_fail(errno, "reserve stacks") :
		       0;
}

static int open_shared(struct lit_kernel *kernel, bool pin)
{
	struct lit_shared *shared = mmap(NULL, sizeof(*shared),
					 PROT_READ | PROT_WRITE,
					 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return lit_fail(errno, "map %zu bytes", sizeof(*shared));
	kernel->shared = shared;
	shared->drain = pin;
	shared->mark = lit_new_mark();
	shared->access_flag = obs_access_flag();
	for (int i = 0; i < MM_PROCS; i++) {
		shared->peer[i] = OBS_PEER_NONE;
		kernel->pidfd[i] = -1;
	}
	for (int i = 0; i < MM_NAMED; i++) {
		shared->file[i] = -1;
		kernel->disk[i] = -1;
		kernel->held[i] = -1;
	}
	shared->source_fd = memfd_create("litmus-source", MFD_CLOEXEC);
	if (shared->source_fd < 0)
		return lit_fail(errno, "make a memfd");
	return place_area(kernel);
}

int lit_kernel_open(struct lit_kernel **kernel, const char *dir, bool pin)
{
	struct lit_kernel *k = calloc(1, sizeof(*k));
	int rc;

	if (!k)
		return lit_fail(ENOMEM, "run scenarios");
	k->dir = dir;
	k->has_disk = lit_files_probe(dir);
	rc = open_shared(k, pin);
	if (!rc && pin && obs_pin())
		rc = lit_fail(EPERM, "%s", obs_what());
	if (!rc && prctl(PR_SET_CHILD_SUBREAPER, 1))
		rc = lit_fail(errno, "become a subreaper");
	if (!rc && obs_small_pages())
		rc = lit_fail(EPERM, "%s", obs_what());
	if (rc) {
		lit_kernel_close(k);
		return rc;
	}
	*kernel = k;
	return 0;
}

void lit_kernel_close(struct lit_kernel *kernel)
{
	if (!kernel)
		return;
	if (kernel->shared) {
		lit_kernel_stop(kernel);
		if (kernel->gap)
			obs_gap_unmap(kernel->gap, kernel->gap_bytes);
		if (kernel->shared->big)
			obs_gap_unmap(kernel->shared->big,
				      MM_BIG_PAGES * obs_page_size());
		if (kernel->shared->stacks)
			munmap(kernel->shared->stacks,
			       MM_THREADS * LIT_STACK_BYTES);
		close(kernel->shared->source_fd);
		munmap(kernel->shared, sizeof(*kernel->shared));
		lit_files_forget(kernel);
	}
	free(kernel);
}

/* Have a worker do something; what failed there is told as if it had here. */
static int call(struct lit_kernel *kernel, int proc, void (*run)(void *))
{
	struct lit_shared *shared = kernel->shared;
	int rc;

	shared->error = 0;
	rc = obs_peer_call(&shared->peer[proc], run, shared);
	if (rc)
		return lit_fail(-rc, "%s P%d", obs_what(), proc);
	if (!shared->error)
		return 0;
	return lit_fail(-shared->error, "%s", shared->what);
}

/* A socket for each process that may be born, known to all from the start. */
static int open_peers(struct lit_shared *shared)
{
	for (int i = 0; i < MM_PROCS; i++) {
		int rc = obs_peer_open(&shared->peer[i]);

		if (rc)
			return lit_fail(-rc, "%s", obs_what());
		shared->other[i] = shared->peer[i].other;
	}
	return 0;
}

static int adopt(struct lit_kernel *kernel, int proc, pid_t pid)
{
	int rc = obs_peer_adopt(&kernel->shared->peer[proc], proc ? 0 : pid);

	kernel->alive[proc] = true;
	kernel->pid[proc] = pid;
	if (rc)
		return lit_fail(-rc, "%s", obs_what());
	kernel->pidfd[proc] = syscall(SYS_pidfd_open, pid, 0);
	if (kernel->pidfd[proc] < 0)
		return lit_fail(errno, "hold on to process %d", (int)pid);
	return 0;
}

int lit_kernel_start(struct lit_kernel *kernel, const struct lit_setup *setup)
{
	struct lit_shared *shared = kernel->shared;
	struct obs_peer peer;
	pid_t pid;
	int rc;

	if (setup->huge && !lit_sees_huge())
		return lit_fail(ENODEV,
				"needs Linux 6.7, which shows huge pages");
	kernel->setup = *setup;
	shared->heap_used = false;
	shared->big_used = setup->huge;
	shared->born = 1;
	shared->pinned = 0;
	memset(shared->shot, 0, sizeof(shared->shot));
	rc = lit_files_open(kernel);
	if (!rc)
		rc = open_peers(shared);
	if (rc)
		return rc;
	peer = shared->peer[0];
	pid = fork();
	if (pid < 0)
		return lit_fail(errno, "fork");
	if (!pid) {
		lit_worker_born(0);
		obs_peer_serve(&peer);
	}
	rc = adopt(kernel, 0, pid);
	return rc ? rc : call(kernel, 0, lit_worker_begin);
}

/* Gone is a process only when its memory is: then the descriptor is ready. */
static int end(struct lit_kernel *kernel, int proc)
{
	struct pollfd gone = { .fd = kernel->pidfd[proc], .events = POLLIN };
	int rc = 0, ended;

	if (kernel->shared->pinned & 1U << proc)
		rc = call(kernel, proc, lit_worker_leave);
	ended = obs_peer_end(&kernel->shared->peer[proc]);
	if (ended)
		rc = lit_fail(-ended, "%s", obs_what());
	kernel->alive[proc] = false;
	while (gone.fd >= 0 && poll(&gone, 1, -1) < 0 && errno == EINTR)
		;
	if (gone.fd >= 0)
		close(gone.fd);
	kernel->pidfd[proc] = -1;
	while (proc && waitpid(-1, NULL, WNOHANG) > 0)
		;
	return rc;
}

void lit_kernel_stop(struct lit_kernel *kernel)
{
	for (int i = MM_PROCS - 1; i >= 0; i--)
		if (kernel->alive[i])
			end(kernel, i);
		else
			obs_peer_end(&kernel->shared->peer[i]);
	lit_ksm_end();
	lit_files_close(kernel);
}

/* All take their picture: a fault of one may change what the others share. */
static int look(struct lit_kernel *kernel)
{
	int rc = 0;

	for (int i = 0; i < MM_PROCS && !rc; i++) {
		kernel->shared->op.proc = i;
		if (kernel->alive[i])
			rc = call(kernel, i, lit_worker_look);
	}
	return rc;
}

/* Which kind was the fault of one page? Told by its entry, before and after. */
static enum mm_kind kind_of(struct obs_page *before, struct obs_page *after)
{
	static const enum mm_kind same[OBS_KINDS] = {
		[OBS_KIND_ZEROPAGE] = MM_KIND_ZEROPAGE,
		[OBS_KIND_ZERO] = MM_KIND_ZERO,
		[OBS_KIND_COPY] = MM_KIND_COPY,
		[OBS_KIND_REUSE] = MM_KIND_REUSE,
		[OBS_KIND_FILE] = MM_KIND_FILE,
		[OBS_KIND_REMAP] = MM_KIND_REMAP,
		[OBS_KIND_NOTIFY] = MM_KIND_NOTIFY,
		[OBS_KIND_HUGE] = MM_KIND_HUGE,
		[OBS_KIND_SEGV] = MM_KIND_SEGV,
	};
	struct obs_window window = {
		.pages = 1,
		.before = before,
		.after = after,
		.faults = { .total = 1, .reuses = UINT64_MAX },
	};

	if (after->flags & OBS_HUGE && after->flags & OBS_ZERO)
		return MM_KIND_ZEROPAGE;
	if (after->flags & OBS_HUGE && before->flags & OBS_ZERO)
		return MM_KIND_HUGE;
	/* No other huge entry is split for a store that needs no copy. */
	if (before->flags & OBS_HUGE && !(before->flags & OBS_ZERO) &&
	    !(after->flags & OBS_HUGE) && after->flags & OBS_PRESENT)
		return MM_KIND_COPY;
	obs_classify(&window);
	for (int i = 0; i < OBS_KINDS; i++)
		if (window.faults.kind[i])
			return same[i];
	return MM_KINDS;
}

/* No read is permitted anew: where nothing changed, it was only noted. */
static enum mm_kind kind_of_read(enum mm_kind kind)
{
	return kind == MM_KIND_REUSE || kind == MM_KIND_NOTIFY ?
		       MM_KIND_ACCESS :
		       kind;
}

static void classify(struct mm_result *result, const struct mm_op *op,
		     struct lit_shot *before, struct lit_shot *after)
{
	for (int i = 0; i < result->touches; i++) {
		int page = op->start + i;

		if (result->touch[i].kind == MM_KINDS)
			result->touch[i].kind = kind_of(&before->page[page],
							&after->page[page]);
		if (op->kind == MM_OP_READ)
			result->touch[i].kind =
				kind_of_read(result->touch[i].kind);
	}
}

static int run(struct lit_kernel *kernel, const struct mm_op *op)
{
	struct lit_shared *shared = kernel->shared;
	int rc;

	shared->op = *op;
	memset(&shared->result, 0, sizeof(shared->result));
	/* Its fork may have been refused: nobody would answer. */
	if (!kernel->alive[op->proc])
		return lit_fail(ESRCH, "ask P%d, which is not there", op->proc);
	if (op->kind == MM_OP_EXIT)
		return end(kernel, op->proc);
	if (op->kind == MM_OP_MERGE)
		return lit_merge(kernel);
	if (op->kind == MM_OP_SYNC)
		return fsync(shared->file[op->file]) ?
			       lit_fail(errno, "fsync") :
			       0;
	rc = op->kind == MM_OP_MADVISE && op->advice == MM_ADV_MERGEABLE ?
		     lit_ksm_lock() :
		     0;
	if (!rc)
		rc = call(kernel, op->proc, lit_worker_run);
	if (rc || op->kind != MM_OP_FORK || shared->result.rc)
		return rc;
	shared->born |= 1U << op->child;
	rc = adopt(kernel, op->child, shared->pid);
	return rc ? rc : call(kernel, op->child, lit_worker_init);
}

static bool moved(const struct lit_counters *before,
		  const struct lit_counters *after, enum lit_counter counter)
{
	return before->value[counter] != after->value[counter];
}

/*
 * Luck that no model can foresee: no agreement and no difference. The counters
 * are of the whole system: if in doubt, it was for us.
 */
static int check_misses(const struct lit_counters *before)
{
	struct lit_counters after;

	lit_counters(&after);
	if (moved(before, &after, LIT_COUNTER_FALLBACK) ||
	    moved(before, &after, LIT_COUNTER_FALLBACK_CHARGE))
		return lit_fail(ENODEV,
				"needs a huge page, and the kernel found none");
	if (moved(before, &after, LIT_COUNTER_UNSPLIT))
		return lit_fail(ENODEV,
				"needs a huge page that nobody else holds");
	return 0;
}

int lit_kernel_do(struct lit_kernel *kernel, const struct mm_op *op,
		  struct mm_result *result)
{
	struct lit_shared *shared = kernel->shared;
	struct lit_shot before = shared->shot[op->proc];
	struct lit_counters counters;
	int rc;

	if (shared->big_used)
		lit_counters(&counters);
	rc = run(kernel, op);

	if (!rc && shared->big_used)
		rc = check_misses(&counters);
	*result = shared->result;
	if (op->kind == MM_OP_EXIT || op->kind == MM_OP_SYNC ||
	    op->kind == MM_OP_MERGE)
		result->perf = -1;
	if (!rc)
		rc = look(kernel);
	if (!rc)
		classify(result, op, &before, &shared->shot[op->proc]);
	return rc;
}

const struct lit_shot *lit_kernel_shot(const struct lit_kernel *kernel,
				       int proc)
{
	return kernel->alive[proc] ? &kernel->shared->shot[proc] : NULL;
}

enum obs_source lit_kernel_source(const struct lit_kernel *kernel)
{
	return kernel->shared->source;
}

bool lit_kernel_has_disk(const struct lit_kernel *kernel)
{
	return kernel->has_disk;
}

bool lit_kernel_is_huge(const struct lit_kernel *kernel)
{
	return kernel->shared->big_used;
}
