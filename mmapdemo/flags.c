// SPDX-License-Identifier: MIT
/*
 * What flags of mmap() do: MAP_FIXED replaces what is there and says nothing,
 * MAP_FIXED_NOREPLACE refuses, MAP_POPULATE faults where perf does not look,
 * and MAP_NORESERVE matters as far as the system counts promises.
 *
 * Try: flags
 * Try: flags --pages 7
 * Try: flags --json
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, half, page_size;
static struct obs_window *all, *lower, *upper;

/* Map fresh memory at a window's range; returns 0 or -errno. */
static int map(const struct obs_window *window, int how)
{
	char *got = mmap(window->addr, window->pages * page_size,
			 PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | how, -1, 0);

	return got == MAP_FAILED ? -errno : got == window->addr ? 0 : -EFAULT;
}

static void set_up(struct rep *r)
{
	char *area = rep_area(r, rep_pages(r));

	n = rep_pages(r);
	half = (n + 1) / 2;
	page_size = obs_page_size();
	all = rep_window(r, area, n);
	lower = rep_window(r, area, half);
	upper = rep_window(r, area + (n - half) * page_size, half);
}

static void first_stores(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "each first store is given a new page of zeros");
	rep_failed(r, map(all, MAP_FIXED), "mmap %zu pages", n);
	rep_writes(r, NULL, all, 'a');
}

static void replace(struct rep *r)
{
	rep_expect_faults(r, half, obs_fresh_read());
	rep_expect(r, half, "pages", "that lost what was in them");
	rep_expect(r, n - half, "pages", "that read as before");
	rep_because(
		r,
		"MAP_FIXED unmaps what is in its way, and tells nobody: the new pages are fresh");
	lower->value = 0;
	rep_failed(r, map(lower, MAP_FIXED), "mmap %zu pages", half);
	obs_reads(lower);
	rep_saw_faults(r, lower);
	rep_saw(r, lower->matched);
	rep_saw(r, obs_matches(all, 'a'));
	rep_look(r, 0, all);
	rep_strip(r, "area", all->after, n);
}

static void no_replace(struct rep *r)
{
	int error;

	rep_expect_faults(r, 0, OBS_KIND_ZEROPAGE);
	rep_expect(r, 1, "calls", "that fails with EEXIST");
	rep_expect(r, n - half, "pages", "that read as before");
	rep_because(r, "MAP_FIXED_NOREPLACE takes free addresses only");
	obs_begin(all);
	error = map(all, MAP_FIXED_NOREPLACE);
	obs_end(all);
	rep_saw_faults(r, all);
	rep_saw(r, error == -EEXIST);
	rep_saw(r, obs_matches(all, 'a'));
}

/*
 * getrusage counts what populate brings, perf doesn't: it counts exceptions,
 * and the kernel makes the pages present without one.
 */
static void no_touch(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_ZERO);
	rep_expect(r, half, "faults", "that getrusage counts");
	rep_expect(r, 0, "faults", "that perf counts");
	rep_expect(r, half, "pages", "that are there before any touch");
	rep_because(
		r,
		"the kernel walks the pages itself: handled as faults, but no processor exception, which is what perf counts");
	obs_begin(upper);
	rep_failed(r, map(upper, MAP_FIXED | MAP_POPULATE),
		   "mmap and populate %zu pages", half);
	obs_note_populated(upper, half);
	obs_end(upper);
	rep_saw_faults(r, upper);
	rep_saw(r, upper->faults.minor);
	rep_saw(r, upper->faults.by_perf);
	rep_saw(r,
		obs_count_flags(upper->after, half, OBS_PRESENT, OBS_PRESENT));
	rep_strip(r, "upper", upper->after, half);
}

/* /proc/sys/vm/overcommit_memory: 0 guess, 1 always, 2 never. */
static int overcommit_mode(struct rep *r)
{
	int fd = open("/proc/sys/vm/overcommit_memory", O_RDONLY | O_CLOEXEC);
	char mode = '0';

	if (fd < 0 || read(fd, &mode, 1) != 1)
		rep_failed(r, -errno, "read vm/overcommit_memory");
	if (fd >= 0)
		close(fd);
	return mode - '0';
}

/* Can more be promised than there is memory and swap? */
static bool promised(struct rep *r, int how)
{
	struct sysinfo info;
	size_t bytes;
	char *got;

	if (sysinfo(&info))
		rep_failed(r, -errno, "ask how much memory there is");
	bytes = (info.totalram + info.totalswap) * info.mem_unit +
		n * page_size;
	got = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | how, -1, 0);
	if (got == MAP_FAILED)
		return false;
	munmap(got, bytes);
	return true;
}

static void no_reserve(struct rep *r)
{
	static const char *const why[] = {
		"mode 0 of vm.overcommit_memory refuses only what is more than all there is, unless MAP_NORESERVE is given",
		"mode 1 of vm.overcommit_memory refuses nothing: the flag has no effect",
		"mode 2 of vm.overcommit_memory counts every promise and ignores the flag",
	};
	int mode = overcommit_mode(r);

	rep_expect(r, mode == 1, "mappings", "of more than all memory");
	rep_expect(r, mode != 2, "mappings", "of it with MAP_NORESERVE");
	rep_because(r, "%s", why[mode]);
	rep_saw(r, promised(r, 0));
	rep_saw(r, promised(r, MAP_NORESERVE));
}

static const struct rep_step steps[] = {
	{ "A mapping, written.", "S42", first_stores },
	{ "MAP_FIXED over half of it: replaced, silently.", "S39", replace,
	  "MAP_FIXED over half of it." },
	{ "MAP_FIXED_NOREPLACE refuses.", "S39", no_replace,
	  "MAP_FIXED_NOREPLACE over it." },
	{ "MAP_POPULATE: pages without a touch.", "S42", no_touch,
	  "MAP_POPULATE." },
	{ "MAP_NORESERVE, and more than there is.", "S40", no_reserve },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/flags",
	.title = "four flags of mmap()",
	.lesson =
		"MAP_FIXED destroys what it lands on; ask for MAP_FIXED_NOREPLACE. MAP_POPULATE faults all the same. MAP_NORESERVE matters by overcommit mode.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 2,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
