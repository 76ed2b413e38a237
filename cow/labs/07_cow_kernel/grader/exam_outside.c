// SPDX-License-Identifier: MIT
/*
 * exam_outside.c - the mappings of the student's process, as /proc has them:
 * who can't fault here has not protected anything.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "calls.h"

struct seen {
	bool read;
	bool write;
	bool shared;
	bool protected; /* by userfaultfd */
	uint64_t inode;
	uint64_t offset;
};

struct outside {
	struct machine *m;
	uint64_t page_size;
	struct seen page[MM_PROCS][PAGES];
};

static int note(const struct obs_vma *vma, void *arg)
{
	struct outside *o = arg;

	for (int p = 0; p < MM_PROCS; p++) {
		for (int i = 0; o->m->base[p] && i < o->m->scene->pages; i++) {
			uint64_t at = o->m->base[p] + i * o->page_size;
			struct seen *page = &o->page[p][i];

			if (at < vma->start || at >= vma->end)
				continue;
			page->read = vma->read;
			page->write = vma->write;
			page->shared = vma->shared;
			page->inode = vma->inode;
			page->offset = vma->offset + at - vma->start;
		}
	}
	return 0;
}

static void note_protected(struct outside *o, int pagemap, int p)
{
	uint64_t entry[PAGES] = { 0 };
	ssize_t bytes = o->m->scene->pages * (ssize_t)sizeof(*entry);

	if (pread(pagemap, entry, (size_t)bytes,
		  (off_t)(o->m->base[p] / o->page_size * sizeof(*entry))) !=
	    bytes)
		return;
	for (int i = 0; i < o->m->scene->pages; i++)
		o->page[p][i].protected = entry[i] & PM_UFFD_WP;
}

static void take_picture(struct exam *e, struct outside *o)
{
	struct obs_proc proc;
	int pagemap;

	if (obs_proc_open(&proc, "", exam_pid(e)))
		exam_broken(e, "%s", obs_what());
	if (obs_vma_each(&proc, note, o))
		exam_broken(e, "%s", obs_what());
	pagemap = openat(proc.dir, "pagemap", O_RDONLY | O_CLOEXEC);
	for (int p = 0; p < MM_PROCS && pagemap >= 0; p++)
		if (o->m->base[p])
			note_protected(o, pagemap, p);
	if (pagemap >= 0)
		close(pagemap);
	obs_proc_close(&proc);
}

static const char *access_of(const struct seen *page)
{
	return page->write && page->protected ?
		       "readable and writable, write-protected" :
	       page->write ? "readable and writable" :
	       page->read  ? "readable only" :
			     "no access";
}

/* What the mapping has to be like; the trap decides how a store faults. */
static const char *wanted(const struct machine *m, const struct want *want)
{
	if (!want->frame)
		return "no access";
	if (want->write)
		return "readable and writable";
	if (m->trap == TRAP_SEGV || want->frame == MM_ZERO_PAGE)
		return "readable only";
	return "readable and writable, write-protected";
}

static void judge_access(struct exam *e, struct machine *m, int p, int i,
			 const struct want *want, const struct seen *page)
{
	const char *is = access_of(page), *should = wanted(m, want);

	exam_expected(e, "page %d of P%d, looked at in /proc/PID/maps: %s", i,
		      p, should);
	/* The zero page may be protected in either way. */
	if (strcmp(is, should) &&
	    !(want->frame == MM_ZERO_PAGE && page->write && page->protected))
		exam_seen(e, "%s", is);
	if (want->frame > MM_ZERO_PAGE && !page->shared) {
		exam_expected(
			e, "page %d of P%d: a MAP_SHARED mapping of its frame",
			i, p);
		exam_seen(e, "a private mapping");
	}
}

static void judge_frame(struct exam *e, struct machine *m, int p, int i,
			int frame, const struct seen *page)
{
	exam_expected(e, "page %d of P%d: %s", i, p,
		      m->inode[frame] ?
			      "the frame that Linux has there as well" :
			      "a frame that no other page holds");
	if (!m->inode[frame]) {
		m->inode[frame] = page->inode;
		m->offset[frame] = page->offset;
	}
	if (page->inode != m->inode[frame] || page->offset != m->offset[frame])
		exam_seen(e,
			  "another: offset %#" PRIx64 ", it was %#" PRIx64
			  " so far",
			  page->offset, m->offset[frame]);
}

/* Two frames of Linux's must be two here; a page of another space, the same. */
static void judge_apart(struct exam *e, const struct outside *o,
			const struct step *step, int p, int i)
{
	const struct seen *page = &o->page[p][i];

	for (int q = 0; q <= p; q++) {
		for (int k = 0; step->alive[q] && k < o->m->scene->pages; k++) {
			int frame = step->page[q][k].frame;

			if (frame <= MM_ZERO_PAGE ||
			    frame == step->page[p][i].frame ||
			    o->page[q][k].inode != page->inode ||
			    o->page[q][k].offset != page->offset)
				continue;
			exam_expected(
				e,
				"page %d of P%d and page %d of P%d: two frames",
				i, p, k, q);
			exam_seen(e, "one frame");
		}
	}
}

static bool is_frame(const struct machine *m, const struct seen *page)
{
	for (size_t i = 0; page->shared && i < FRAMES_SEEN; i++)
		if (m->inode[i] && m->inode[i] == page->inode)
			return true;
	return false;
}

/* A space that has ended: no frame may be left, but where another one is now. */
static void judge_ended(struct exam *e, const struct outside *o, int p)
{
	const struct machine *m = o->m;
	uint64_t bytes = (uint64_t)m->scene->pages * o->page_size;

	for (int q = 0; q < MM_PROCS; q++)
		if (q != p && m->base[q] < m->base[p] + bytes &&
		    m->base[p] < m->base[q] + bytes)
			return;
	exam_expected(e, "no frame is mapped any more where P%d was", p);
	for (int i = 0; i < m->scene->pages; i++)
		if (is_frame(m, &o->page[p][i]))
			exam_seen(e, "page %d: %s", i,
				  access_of(&o->page[p][i]));
}

void look_from_outside(struct exam *e, struct machine *m)
{
	const struct step *step = &m->scene->step[m->now];
	static struct outside o;

	o = (struct outside){ .m = m, .page_size = obs_page_size() };
	take_picture(e, &o);
	for (int p = 0; p < MM_PROCS; p++) {
		if (m->base[p] && !step->alive[p])
			judge_ended(e, &o, p);
		for (int i = 0; step->alive[p] && i < m->scene->pages; i++) {
			const struct want *want = &step->page[p][i];

			judge_access(e, m, p, i, want, &o.page[p][i]);
			if (want->frame <= MM_ZERO_PAGE)
				continue;
			if (want->frame >= FRAMES_SEEN)
				exam_broken(e, "a scene with too many frames");
			judge_apart(e, &o, step, p, i);
			judge_frame(e, m, p, i, want->frame, &o.page[p][i]);
		}
	}
}
