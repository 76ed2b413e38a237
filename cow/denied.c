// SPDX-License-Identifier: MIT
/*
 * What does a program see when the kernel refuses it memory, or a child? And
 * how does malloc() help itself: from brk to mmap, from mmap to brk, and when
 * both are refused, to NULL.
 *
 * Each step runs this program once more, as a probe, under a guard that lets
 * the loader have its calls and refuses the probe's own.
 *
 * Try: denied
 * Try: denied --pages 1000
 */
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "guard/guard.h"
#include "report/report.h"

#define KINDS 3

static const int kinds[KINDS] = { SCMP_SYS(brk), SCMP_SYS(mmap),
				  SCMP_SYS(clone) };
static const int errors[KINDS] = { ENOMEM, ENOMEM, EAGAIN };
static uint64_t before[KINDS]; /* calls made before the probe's own */
static size_t bytes; /* what a probe asks for */

/* What a probe saw: its results, in the order the step expects them. */
struct seen {
	long value[3];
};

/* ---- the probes: the calls a step is about */

static void probe_mmap(struct seen *s)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	s->value[0] = p == MAP_FAILED;
	s->value[1] = errno;
}

static void probe_brk(struct seen *s)
{
	char *old = sbrk(0);

	s->value[0] = sbrk((intptr_t)bytes) == (void *)-1;
	s->value[1] = errno;
	/* The call itself knows no errno: it answers with the break. */
	s->value[2] = syscall(SYS_brk, old + bytes) - (long)old;
}

static void probe_fork(struct seen *s)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	s->value[0] = pid == -1;
	s->value[1] = errno;
	s->value[2] = waitpid(-1, NULL, 0) > 0;
}

/* In small blocks, for which malloc asks for the break to be moved. */
static void probe_small(struct seen *s)
{
	static void **last; /* each block holds the one before */
	void **block;
	size_t i;

	for (i = 0; i < bytes; i += 1024) {
		block = malloc(1000);
		if (!block)
			continue;
		*block = last;
		last = block;
		s->value[0]++;
	}
	s->value[1] = errno;
}

/* One block so large that malloc maps it by itself, unless that is refused. */
static void probe_large(struct seen *s)
{
	char *old = sbrk(0);
	static char *p;

	p = malloc(1 << 20);
	s->value[0] = !!p;
	s->value[1] = p && p + (1 << 20) > old && p < (char *)sbrk(0);
}

static const struct probe {
	const char *name;
	void (*run)(struct seen *s);
} probes[] = {
	{ "none", NULL },	  { "mmap", probe_mmap },
	{ "brk", probe_brk },	  { "fork", probe_fork },
	{ "small", probe_small }, { "large", probe_large },
};

/*
 * A static program's start has a heap already: what is left of it, but for the
 * head of a block, is taken before any of the probes.
 */
static bool use_up_heap(void)
{
	enum { HEAD = 64 };
	size_t left = mallinfo2().keepcost;
	char *rest = left > HEAD ? malloc(left - HEAD) : NULL;

	if (rest)
		touch_write(rest, 'r');
	return rest || left <= HEAD;
}

static int be_probe(const char *name, const char *size)
{
	struct seen seen = { { 0 } };
	size_t i;

	bytes = strtoul(size, NULL, 10);
	if (!use_up_heap())
		return 1;
	for (i = 0; i < sizeof(probes) / sizeof(*probes); i++) {
		if (strcmp(probes[i].name, name) != 0 || !probes[i].run)
			continue;
		errno = 0;
		probes[i].run(&seen);
	}
	return write(STDOUT_FILENO, &seen, sizeof(seen)) != sizeof(seen);
}

/* ---- the demo */

/* Run a probe; refuse[i]: are its own calls of that kind refused? */
static void run_probe(struct rep *r, const char *name, const bool *refuse,
		      struct guard_fault *faults, struct seen *seen)
{
	char size[24];
	char *argv[5] = { "/proc/self/exe", "--probe", (char *)name, size,
			  NULL };
	int fds[3] = { STDIN_FILENO, memfd_create("seen", MFD_CLOEXEC),
		       STDERR_FILENO };
	struct guard_trial t = { .argv = argv,
				 .fds = fds,
				 .faults = faults,
				 .nfaults = KINDS,
				 .limit_ms = 10000 };
	int i, err;

	snprintf(size, sizeof(size), "%zu", bytes);
	memset(seen, 0, sizeof(*seen));
	for (i = 0; i < KINDS; i++)
		faults[i] = (struct guard_fault){
			.nr = kinds[i],
			.when = GUARD_FROM,
			.n = before[i] + 1,
			.error = refuse && refuse[i] ? errors[i] : 0,
		};
	if (rep_failed(r, fds[1] < 0 ? -errno : 0, "make room for an answer"))
		return;
	err = guard_try(&t);
	if (err == -EBUSY)
		rep_skip_rest(
			r, "under a guard already, and the kernel allows one");
	else if (!rep_failed(r, err, "run the probe %s", name) &&
		 pread(fds[1], seen, sizeof(*seen), 0) != sizeof(*seen))
		rep_failed(r, -EIO, "the probe %s left no answer", name);
	close(fds[1]);
}

/* How many calls the loader makes, before any of a probe's own. */
static void set_up(struct rep *r)
{
	struct guard_fault faults[KINDS];
	struct seen seen;
	int i;

	bytes = rep_pages(r) * obs_page_size();
	run_probe(r, "none", NULL, faults, &seen);
	for (i = 0; i < KINDS; i++)
		before[i] = faults[i].seen;
}

static void ask(struct rep *r, const char *name, bool brk, bool map, bool fork,
		struct guard_fault *faults, struct seen *seen)
{
	const bool refuse[KINDS] = { brk, map, fork };

	run_probe(r, name, refuse, faults, seen);
}

static void no_mmap(struct rep *r)
{
	struct guard_fault faults[KINDS];
	struct seen seen;

	rep_expect(r, 1, "calls", "ending in MAP_FAILED");
	rep_expect(r, ENOMEM, "errno", "that mmap leaves: ENOMEM");
	rep_because(r, "a system call that fails returns -errno");
	ask(r, "mmap", false, true, false, faults, &seen);
	rep_saw(r, seen.value[0]);
	rep_saw(r, seen.value[1]);
}

static void no_brk(struct rep *r)
{
	struct guard_fault faults[KINDS];
	struct seen seen;

	rep_expect(r, 1, "calls", "of sbrk ending in (void *)-1");
	rep_expect(r, ENOMEM, "errno", "that sbrk leaves: ENOMEM");
	rep_expect(r, 0, "bytes",
		   "that the answer of brk itself is off the old break");
	rep_because(
		r,
		"brk knows no errno: it returns the break as it is, and sbrk compares");
	ask(r, "brk", true, false, false, faults, &seen);
	rep_saw(r, seen.value[0]);
	rep_saw(r, seen.value[1]);
	rep_saw(r, seen.value[2]);
}

static void no_fork(struct rep *r)
{
	struct guard_fault faults[KINDS];
	struct seen seen;

	rep_expect(r, 1, "calls", "of fork ending in -1");
	rep_expect(r, EAGAIN, "errno", "that fork leaves: EAGAIN");
	rep_expect(r, 0, "children", "to wait for");
	rep_because(r, "a fork that fails happens in one process only");
	ask(r, "fork", false, false, true, faults, &seen);
	rep_saw(r, seen.value[0]);
	rep_saw(r, seen.value[1]);
	rep_saw(r, seen.value[2]);
}

static void small_blocks(struct rep *r)
{
	struct guard_fault faults[KINDS];
	struct seen seen;

	rep_expect(r, bytes / 1024, "blocks", "that malloc gives nevertheless");
	rep_expect(r, 1, "ways", "from brk to mmap: it did call mmap");
	rep_because(r, "malloc maps a heap where the break can't be moved");
	ask(r, "small", true, false, false, faults, &seen);
	rep_saw(r, seen.value[0]);
	rep_saw(r, faults[1].seen > before[1]);
}

static void large_block(struct rep *r)
{
	struct guard_fault faults[KINDS];
	struct seen seen;

	rep_expect(r, 1, "blocks", "of 1 MiB given by malloc nevertheless");
	rep_expect(r, 1, "blocks", "lying below the break");
	rep_because(r, "malloc moves the break where it can't map");
	ask(r, "large", false, true, false, faults, &seen);
	rep_saw(r, seen.value[0]);
	rep_saw(r, seen.value[1]);
}

static void no_way(struct rep *r)
{
	struct guard_fault faults[KINDS];
	struct seen seen;

	rep_expect(r, 0, "blocks", "that malloc gives");
	rep_expect(r, ENOMEM, "errno", "that malloc leaves: ENOMEM");
	rep_because(r, "only when both are refused does malloc return NULL");
	ask(r, "small", true, true, false, faults, &seen);
	rep_saw(r, seen.value[0]);
	rep_saw(r, seen.value[1]);
}

static const struct rep_step steps[] = {
	{ "mmap is refused.", NULL, no_mmap },
	{ "brk is refused.", NULL, no_brk },
	{ "fork is refused.", NULL, no_fork },
	{ "malloc of small blocks while brk is refused.", NULL, small_blocks },
	{ "malloc of a large block while mmap is refused.", NULL, large_block },
	{ "malloc while both are refused.", NULL, no_way },
};

static const struct rep_demo demo = {
	.name = "cow/denied",
	.title = "when the kernel says no",
	.lesson =
		"Memory and children can be refused at any call. malloc() has two sources and returns NULL only when both say no.",
	REP_STEPS(steps),
	.pages = 16,
	.copies = 1,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	if (argc == 4 && !strcmp(argv[1], "--probe"))
		return be_probe(argv[2], argv[3]);
	return rep_main(&demo, argc, argv);
}
