// SPDX-License-Identifier: MIT
/*
 * Tells copies from reuse and from zero-fill by each page's entry before and
 * after: the frame number where it may be seen (root), otherwise bit 56, which
 * is off while another process maps the page, too, and on for a copy.
 *
 * The two pictures lie in shared memory, which is left out of them.
 */
#include "kinds.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "observe/observe.h"

/* Room for 16 GiB of pages that are there; only what is used takes memory. */
#define MOST_PAGES (1UL << 22)
/* A bit that pagemap leaves at 0. */
#define HUGE_ENTRY (1ULL << 60)

struct page {
	uintptr_t at;
	uint64_t entry;
};

/* The pages that are there, in the order of their addresses. */
struct picture {
	int pagemap;
	size_t pages;
	struct page page[MOST_PAGES];
};

static struct picture *before, *after;
static uint64_t faults_before;

static uint64_t faults_now(void)
{
	struct rusage usage;

	if (getrusage(RUSAGE_SELF, &usage))
		err(1, "getrusage");
	return (uint64_t)usage.ru_minflt;
}

static int add_page(struct picture *picture, uintptr_t at, uint64_t entry)
{
	if (!(entry & PM_PRESENT))
		return 0;
	if (picture->pages == MOST_PAGES)
		return -E2BIG;
	picture->page[picture->pages++] = (struct page){ at, entry };
	return 0;
}

static int add_pages(struct picture *picture, uintptr_t start, uintptr_t end,
		     uint64_t bits)
{
	size_t size = obs_page_size();
	uint64_t entry[512];
	int rc = 0;

	while (start < end && !rc) {
		size_t want = (end - start) / size;
		ssize_t got;

		if (want > 512)
			want = 512;
		got = pread(picture->pagemap, entry, want * sizeof(*entry),
			    (off_t)(start / size * sizeof(*entry)));
		if (got <= 0)
			return got ? -errno : -EIO;
		for (size_t i = 0; i < (size_t)got / sizeof(*entry) && !rc; i++)
			rc = add_page(picture, start + i * size,
				      entry[i] | bits);
		start += (size_t)got / sizeof(*entry) * size;
	}
	return rc;
}

/*
 * An allocator may reserve far more than it uses: PAGEMAP_SCAN skips what is
 * not there, and the page of zeros as well.
 */
static int scan(struct picture *picture, uintptr_t start, uintptr_t end)
{
	struct page_region region[64];
	struct pm_scan_arg arg = {
		.size = sizeof(arg),
		.start = start,
		.end = end,
		.vec = (uintptr_t)region,
		.vec_len = sizeof(region) / sizeof(*region),
		.category_mask = PAGE_IS_PRESENT | PAGE_IS_PFNZERO,
		.category_inverted = PAGE_IS_PFNZERO,
		.return_mask = PAGE_IS_HUGE,
	};
	int rc = 0;

	while (arg.start < end && !rc) {
		int n = ioctl(picture->pagemap, PAGEMAP_SCAN, &arg);

		if (n < 0)
			return -errno;
		for (int i = 0; i < n && !rc; i++)
			rc = add_pages(picture, region[i].start, region[i].end,
				       region[i].categories ? HUGE_ENTRY : 0);
		arg.start = arg.walk_end;
	}
	return rc;
}

static int add_mapping(const struct obs_vma *vma, void *arg)
{
	int rc;

	if (vma->shared || !vma->write)
		return 0;
	rc = scan(arg, vma->start, vma->end);
	/* Before Linux 6.7 */
	return rc == -ENOTTY ? add_pages(arg, vma->start, vma->end, 0) : rc;
}

static void take(struct picture *picture)
{
	struct obs_proc self;
	int rc = obs_proc_open(&self, "", 0);

	if (rc)
		errx(1, "%s: %s", obs_what(), strerror(-rc));
	picture->pages = 0;
	picture->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (picture->pagemap < 0)
		err(1, "open /proc/self/pagemap");
	rc = obs_vma_each(&self, add_mapping, picture);
	if (rc)
		errx(1, "look at the pages: %s", strerror(-rc));
	close(picture->pagemap);
	obs_proc_close(&self);
}

static struct picture *new_picture(void)
{
	void *p = mmap(NULL, sizeof(struct picture), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap for a picture of the pages");
	return p;
}

void kinds_begin(void)
{
	before = new_picture();
	after = new_picture();
	take(before);
	faults_before = faults_now();
}

static bool copied(uint64_t old, uint64_t now)
{
	if (old & PM_PFRAME_MASK)
		return (old & PM_PFRAME_MASK) != (now & PM_PFRAME_MASK);
	return !(old & PM_MMAP_EXCLUSIVE) && now & PM_MMAP_EXCLUSIVE;
}

/* One fault brings all of a huge page: its first small one stands for it. */
static bool counts_as_new(const struct page *page)
{
	size_t reach = obs_page_size() / sizeof(uint64_t) * obs_page_size();

	return !(page->entry & HUGE_ENTRY) || page->at % reach == 0;
}

void kinds_end(struct kinds *kinds)
{
	size_t i = 0, j;
	uint64_t known;

	*kinds = (struct kinds){ .faults = faults_now() - faults_before };
	take(after);
	for (j = 0; j < after->pages; j++) {
		const struct page *page = &after->page[j];

		while (i < before->pages && before->page[i].at < page->at)
			i++;
		if (i == before->pages || before->page[i].at != page->at)
			kinds->zero += counts_as_new(page);
		else if (copied(before->page[i].entry, page->entry))
			kinds->copy++;
	}
	known = kinds->copy + kinds->zero;
	kinds->rest = kinds->faults > known ? kinds->faults - known : 0;
	munmap(before, sizeof(*before));
	munmap(after, sizeof(*after));
}
