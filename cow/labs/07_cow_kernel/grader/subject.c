// SPDX-License-Identifier: MIT
/*
 * subject.c - the programs of the student's machine: they load and store, by
 * instructions that the compiler may not leave out, and tell what came of it.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exam/exam.h"
#include "observe/observe.h"
#include "ops.h"

_Static_assert(sizeof(struct look) <= EXAM_DATA, "it fits");

static struct space *spaces[SPACES];
static size_t page_size;
static sigjmp_buf back;
static atomic_bool trying;
static char *_Atomic told; /* by the signal: where it was */

/* Was there before the student's handler, and is told what that can't mend. */
static void on_refusal(int sig, siginfo_t *info, void *context)
{
	told = info->si_addr;
	if (trying)
		siglongjmp(back, 1);
	signal(sig, SIG_DFL);
}

static int boot(const uint64_t *arg)
{
	struct kernel_setup setup = { arg[0], arg[1],
				      (enum kernel_trap)arg[2] };

	page_size = (size_t)sysconf(_SC_PAGESIZE);
	return kernel_boot(&setup);
}

static int boot_with_handler(const uint64_t *arg)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO };

	action.sa_sigaction = on_refusal;
	if (sigaction(SIGSEGV, &action, NULL))
		return -errno;
	return boot(arg);
}

static char *at(struct space *space, uint64_t offset)
{
	return space_base(space) + offset;
}

/* One access, which may be refused. */
static int64_t try(char *where, bool store, unsigned char value,
		   unsigned char *loaded)
{
	told = NULL;
	if (sigsetjmp(back, 1)) {
		trying = 0;
		return told == where ? REFUSED : REFUSED_ELSEWHERE;
	}
	trying = 1;
	if (store)
		touch_write(where, (char)value);
	else
		*loaded = (unsigned char)touch_read(where);
	trying = 0;
	return DONE;
}

/* Nothing faults any more, or it would be counted. */
static void fill(struct space *space, uint64_t page, unsigned char value)
{
	for (uint64_t i = 0; i < page_size; i++)
		touch_write(at(space, page * page_size + i),
			    (char)pattern(value, i));
}

static void load(char *where, struct exam_answer *a)
{
	unsigned char loaded = 0;

	a->value = try(where, false, 0, &loaded);
	a->more[0] = loaded;
}

static unsigned char byte(struct space *space, uint64_t offset)
{
	return (unsigned char)touch_read(at(space, offset));
}

static void look_at(struct space *space, uint64_t pages, struct look *look)
{
	struct space_faults faults = { 0 };

	space_faults(space, &faults);
	look->zeropage = faults.zeropage;
	look->zero = faults.zero;
	look->copy = faults.copy;
	look->reuse = faults.reuse;
	look->refused = faults.refused;
	for (uint64_t p = 0; p < PAGES; p++) {
		look->sum[p] = 0;
		for (uint64_t i = 0; pages >> p & 1 && i < page_size; i++)
			look->sum[p] = mix(look->sum[p],
					   byte(space, p * page_size + i));
	}
}

static void where_is(struct space *space, struct exam_answer *a)
{
	if (!a->value && space)
		a->more[0] = (uint64_t)space_base(space);
}

static char *elsewhere(void)
{
	static void *page;

	if (!page)
		page = mmap(NULL, page_size, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return page;
}

/* Without a handler before the student's: how a process of its own ends. */
static _Noreturn void die(const uint64_t *arg)
{
	const uint64_t small[] = { 4, 0, TRAP_SEGV };
	struct space *space = NULL;

	signal(SIGSEGV, SIG_DFL);
	if (boot(small) || space_create(2, &space) || !space)
		_exit(NOT_EVEN_GOOD);
	touch_write(at(space, 1), 1);
	space_unmap(space, 1, 1);
	if (byte(space, 1) != 1)
		_exit(NOT_EVEN_GOOD);
	if (arg[0])
		touch_write(at(space, page_size), 1);
	else
		touch_write(elsewhere(), 1);
	_exit(CAME_THROUGH);
}

static int64_t dies(const uint64_t *arg)
{
	pid_t child = fork();
	int status;

	if (!child)
		die(arg);
	return child < 0 || waitpid(child, &status, 0) != child ? -1 : status;
}

static void answer(const struct exam_ask *ask, struct exam_answer *a)
{
	const uint64_t *arg = ask->arg;
	struct space **space = &spaces[arg[0] % SPACES];

	switch (ask->op) {
	case ASK_BOOT:
		a->value = boot_with_handler(arg);
		break;
	case ASK_CREATE:
		a->value = space_create(arg[1], space);
		where_is(*space, a);
		break;
	case ASK_FORK:
		a->value = space_fork(*space, &spaces[arg[1] % SPACES]);
		where_is(spaces[arg[1] % SPACES], a);
		break;
	case ASK_EXIT:
		space_exit(*space);
		*space = NULL;
		break;
	case ASK_DROP:
		space_drop(*space, arg[1], arg[2]);
		break;
	case ASK_UNMAP:
		space_unmap(*space, arg[1], arg[2]);
		break;
	case ASK_STORE:
		a->value = try(at(*space, arg[1]), true, (unsigned char)arg[2],
			       NULL);
		break;
	case ASK_FILL:
		fill(*space, arg[1], (unsigned char)arg[2]);
		break;
	case ASK_LOAD:
		load(at(*space, arg[1]), a);
		break;
	case ASK_LOOK:
		look_at(*space, arg[1], (struct look *)a->data);
		break;
	case ASK_FREE:
		a->value = (int64_t)kernel_free();
		break;
	case ASK_ELSEWHERE:
		load(arg[0] ? (char *)arg[0] : elsewhere(), a);
		break;
	case ASK_DIES:
		a->value = dies(arg);
		break;
	}
	a->error = errno;
}

int main(void)
{
	return exam_serve(answer);
}
