// SPDX-License-Identifier: MIT
/*
 * kernel.c - the memory of a small machine: frames, spaces, and the handler that
 * decides about each fault.
 *
 * The file you hand in. The handout tells what to do, kernel.h what each
 * function has to keep. You may change all of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel.h"

#ifdef SOLUTION
/* What a page table entry can be. */
enum state { ABSENT, GONE, ZERO_PAGE, FRAME };

struct entry {
	enum state state;
	size_t frame;
};
#else
/* What do you have to know of a page? Part 1; of a frame? Part 2. */
#endif

struct space {
#ifdef SOLUTION
	char *base; /* NULL: there is no such space */
	size_t pages;
	bool had_frames; /* what Linux calls an anon_vma */
	struct space_faults faults;
	struct entry entry[KERNEL_PAGES];
#else
	char *base;
	size_t pages;
#endif
};

#ifdef SOLUTION
static struct kernel_setup machine;
static struct space spaces[KERNEL_SPACES];
static unsigned int references[KERNEL_FRAMES];
static size_t unused;
static size_t page_size;
static int memory; /* the frames, and one more: the zero page */
static char *direct; /* all of it: where the kernel itself writes */
static struct sigaction before;
static int uffd = -1;

/* ---- frames */

/* A frame that nobody holds; false if there is none. */
static bool take(size_t *frame)
{
	for (size_t i = 0; i < machine.frames; i++) {
		if (references[i])
			continue;
		references[i] = 1;
		unused--;
		*frame = i;
		return true;
	}
	return false;
}

static void put(size_t frame)
{
	if (--references[frame] == 0)
		unused++;
}

/* ---- mappings: what the memory management unit is told */

/* userfaultfd has to be told of each mapping that is made anew. */
static bool protect(char *at)
{
	struct uffdio_register new = {
		.range = { (uintptr_t)at, page_size },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)at, page_size },
		.mode = UFFDIO_WRITEPROTECT_MODE_WP,
	};

	return !ioctl(uffd, UFFDIO_REGISTER, &new) &&
	       !ioctl(uffd, UFFDIO_WRITEPROTECT, &wp);
}

static bool map(const struct space *space, size_t i, size_t frame, bool write)
{
	char *at = space->base + i * page_size;
	bool trap = !write && machine.trap == TRAP_UFFD &&
		    frame != machine.frames;
	int prot = PROT_READ | (write || trap ? PROT_WRITE : 0);

	return mmap(at, page_size, prot, MAP_SHARED | MAP_FIXED, memory,
		    (off_t)(frame * page_size)) != MAP_FAILED &&
	       (!trap || protect(at));
}

static void map_nothing(const struct space *space, size_t i)
{
	mmap(space->base + i * page_size, page_size, PROT_NONE,
	     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

/* ---- faults */

static bool give(struct space *space, size_t i, size_t frame)
{
	space->entry[i].state = FRAME;
	space->entry[i].frame = frame;
	space->had_frames = true;
	return map(space, i, frame, true);
}

static bool fill_with_zeros(struct space *space, size_t i)
{
	size_t frame;

	if (!take(&frame))
		return false;
	memset(direct + frame * page_size, 0, page_size);
	space->faults.zero++;
	return give(space, i, frame);
}

static bool map_zero_page(struct space *space, size_t i)
{
	space->entry[i].state = ZERO_PAGE;
	space->faults.zeropage++;
	return map(space, i, machine.frames, false);
}

static bool copy(struct space *space, size_t i)
{
	size_t old = space->entry[i].frame, frame;

	if (!take(&frame))
		return false;
	memcpy(direct + frame * page_size, direct + old * page_size, page_size);
	put(old);
	space->faults.copy++;
	return give(space, i, frame);
}

/* What Linux calls handle_mm_fault(): false if the access can't be had. */
static bool handle(struct space *space, size_t i, bool store)
{
	switch (space->entry[i].state) {
	case ABSENT:
		if (!store && machine.zero_page)
			return map_zero_page(space, i);
		return fill_with_zeros(space, i);
	case ZERO_PAGE:
		return store && fill_with_zeros(space, i);
	case FRAME:
		if (references[space->entry[i].frame] > 1)
			return copy(space, i);
		space->faults.reuse++;
		return map(space, i, space->entry[i].frame, true);
	default:
		return false;
	}
}

static struct space *find(const void *address, size_t *i)
{
	for (size_t s = 0; s < KERNEL_SPACES; s++) {
		size_t offset = (uintptr_t)address - (uintptr_t)spaces[s].base;

		*i = offset / page_size;
		if (spaces[s].base && *i < spaces[s].pages)
			return &spaces[s];
	}
	return NULL;
}

static void on_segv(int sig, siginfo_t *info, void *context)
{
	struct space *space;
	size_t i;

	space = find(info->si_addr, &i);
	if (space && handle(space, i, fault_is_store(context)))
		return;
	if (space)
		space->faults.refused++;
	if (before.sa_flags & SA_SIGINFO)
		before.sa_sigaction(sig, info, context);
	else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN)
		before.sa_handler(sig);
	else
		/* The access is tried again, and ends the process. */
		signal(sig, SIG_DFL);
}

/* ---- the other trap: who stores sleeps until this thread has decided */

static void *serve(void *arg)
{
	struct uffd_msg message;
	struct space *space;
	size_t i;

	while (read(uffd, &message, sizeof(message)) == sizeof(message)) {
		uintptr_t at = (uintptr_t)message.arg.pagefault.address;
		struct uffdio_range page = { at / page_size * page_size,
					     page_size };

		space = find((void *)at, &i);
		/* No frame is left: let SIGSEGV tell. */
		if (space && !handle(space, i, true))
			mprotect(space->base + i * page_size, page_size,
				 PROT_READ);
		ioctl(uffd, UFFDIO_WAKE, &page);
	}
	return NULL;
}

static int start_uffd(void)
{
	struct uffdio_api api = {
		.api = UFFD_API,
		.features = UFFD_FEATURE_PAGEFAULT_FLAG_WP |
			    UFFD_FEATURE_WP_HUGETLBFS_SHMEM,
	};
	pthread_t thread;

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);
	if (uffd < 0 || ioctl(uffd, UFFDIO_API, &api))
		return -errno;
	return -pthread_create(&thread, NULL, serve, NULL);
}
#else
/* Parts 1 to 5: frames, mappings, and the handler. */
#endif

int kernel_boot(const struct kernel_setup *setup)
{
#ifdef SOLUTION
	struct sigaction action = { .sa_flags = SA_SIGINFO };
	size_t bytes;

	machine = *setup;
	unused = machine.frames;
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	bytes = (machine.frames + 1) * page_size;
	memory = memfd_create("frames", MFD_CLOEXEC);
	if (memory < 0 || ftruncate(memory, (off_t)bytes))
		return -errno;
	direct = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory,
		      0);
	if (direct == MAP_FAILED)
		return -errno;
	action.sa_sigaction = on_segv;
	if (sigaction(SIGSEGV, &action, &before))
		return -errno;
	return machine.trap == TRAP_UFFD ? start_uffd() : 0;
#else
	return -ENOSYS;
#endif
}

size_t kernel_free(void)
{
#ifdef SOLUTION
	return unused;
#else
	return 0;
#endif
}

int space_create(size_t pages, struct space **space)
{
#ifdef SOLUTION
	struct space *made = spaces;

	while (made < spaces + KERNEL_SPACES && made->base)
		made++;
	if (made == spaces + KERNEL_SPACES)
		return -ENOMEM;
	memset(made, 0, sizeof(*made));
	made->base = mmap(NULL, pages * page_size, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (made->base == MAP_FAILED) {
		made->base = NULL;
		return -errno;
	}
	made->pages = pages;
	*space = made;
	return 0;
#else
	return -ENOSYS;
#endif
}

char *space_base(const struct space *space)
{
	return space->base;
}

int space_fork(struct space *parent, struct space **child)
{
#ifdef SOLUTION
	int err = space_create(parent->pages, child);
	bool mapped = true;

	if (err)
		return err;
	(*child)->had_frames = parent->had_frames;
	for (size_t i = 0; i < parent->pages && mapped; i++) {
		struct entry entry = parent->entry[i];

		if (entry.state != GONE && !parent->had_frames)
			continue;
		(*child)->entry[i] = entry;
		if (entry.state == ZERO_PAGE)
			mapped = map(*child, i, machine.frames, false);
		if (entry.state != FRAME)
			continue;
		references[entry.frame]++;
		mapped = map(parent, i, entry.frame, false) &&
			 map(*child, i, entry.frame, false);
	}
	if (mapped)
		return 0;
	space_exit(*child);
	return -ENOMEM;
#else
	return -ENOSYS;
#endif
}

#ifdef SOLUTION
/* What a page holds is put, and an access faults from now on. */
static void forget(struct space *space, size_t i)
{
	if (space->entry[i].state == FRAME)
		put(space->entry[i].frame);
	if (space->entry[i].state != GONE)
		space->entry[i].state = ABSENT;
	map_nothing(space, i);
}
#else
/* Part 3. */
#endif

void space_drop(struct space *space, size_t first, size_t pages)
{
#ifdef SOLUTION
	for (size_t i = first; i < first + pages; i++)
		forget(space, i);
#else
	/* Part 3. */
#endif
}

void space_unmap(struct space *space, size_t first, size_t pages)
{
#ifdef SOLUTION
	for (size_t i = first; i < first + pages; i++) {
		forget(space, i);
		space->entry[i].state = GONE;
	}
#else
	/* Part 3. */
#endif
}

void space_exit(struct space *space)
{
#ifdef SOLUTION
	space_drop(space, 0, space->pages);
	munmap(space->base, space->pages * page_size);
	space->base = NULL;
#else
	/* Part 3. */
#endif
}

void space_faults(const struct space *space, struct space_faults *faults)
{
#ifdef SOLUTION
	*faults = space->faults;
#else
	memset(faults, 0, sizeof(*faults));
#endif
}
