// SPDX-License-Identifier: MIT
/*
 * Have ksmd go through all memory that may be merged, until nothing changes any
 * more. One scenario at a time, of all that run on the machine: it has ksmd
 * from its first memory to be merged up to its end, and then all is as it was.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include "ksm.h"

/* One pass notes what a page holds, the next one compares; and some more. */
#define PASSES	 6
#define PATIENCE 20000 /* times half a millisecond */

/* So long another scenario may take. */
#define TURN 60000 /* times a millisecond */

static int lock = -1;
static bool begun;

int lit_ksm_lock(void)
{
	if (lock >= 0)
		return 0;
	lock = open(KSM "run", O_RDONLY | O_CLOEXEC);
	if (lock < 0)
		return lit_fail(ENODEV, "needs ksmd: no %srun here", KSM);
	for (int i = 0; i < TURN; i++) {
		if (!flock(lock, LOCK_EX | LOCK_NB))
			return 0;
		usleep(1000);
	}
	close(lock);
	lock = -1;
	return lit_fail(ENODEV,
			"needs ksmd, which another run has had for a minute");
}

/* Who changed the machine for good must say so. */
void lit_ksm_end(void)
{
	if (ksm_settings_end())
		warnx("ksmd's settings are not as they were: %s", lit_what());
	begun = false;
	if (lock >= 0)
		close(lock);
	lock = -1;
}

static int wait_for_passes(void)
{
	long first = ksm_number(KSM "full_scans");

	for (int i = 0; i < PATIENCE; i++) {
		if (ksm_number(KSM "full_scans") - first >= PASSES)
			return 0;
		usleep(500);
	}
	return lit_fail(ENODEV, "needs ksmd, which did not come by");
}

/*
 * ksmd passes by only while somebody has memory to merge: this one page, which
 * is like no other.
 */
static char *begin_page(void)
{
	size_t size = obs_page_size();
	char *page = mmap(NULL, size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED)
		return NULL;
	if (getrandom(page, 64, 0) == 64 &&
	    !madvise(page, size, MADV_MERGEABLE))
		return page;
	munmap(page, size);
	return NULL;
}

static int scan(void)
{
	char *page = begin_page();
	int rc, stopped;

	if (!page)
		return lit_fail(ENODEV, "needs ksmd, and a page for it");
	rc = ksm_run(true);
	if (!rc)
		rc = wait_for_passes();
	stopped = ksm_run(false);
	munmap(page, obs_page_size());
	return rc ? rc : stopped;
}

static int begin(void)
{
	int rc = ksm_is_idle();

	if (!rc)
		rc = ksm_settings_begin(lock);
	begun = !rc;
	return rc;
}

/* Who came while ksmd passed by is still there: look before and after. */
int lit_merge(const struct lit_kernel *kernel)
{
	int rc = lit_ksm_lock();

	if (!rc && !begun)
		rc = begin();
	if (!rc)
		rc = ksm_is_ours(kernel);
	if (!rc)
		rc = scan();
	return rc ? rc : ksm_is_ours(kernel);
}
