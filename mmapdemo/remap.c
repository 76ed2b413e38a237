// SPDX-License-Identifier: MIT
/*
 * mremap() moves page table entries, not bytes: no page is copied, none faults,
 * and what was shared with a child stays shared. So can realloc() grow a large
 * block without a copy.
 *
 * Try: remap
 * Try: remap --pages 7
 * Try: remap --json
 */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, bytes;
static struct obs_window *here, *there, *its, *grown, *tail;
static struct obs_peer *peer;

static void set_up(struct rep *r)
{
	char *large;

	n = rep_pages(r);
	bytes = n * obs_page_size();
	here = rep_window(r, rep_area(r, n), n);
	there = rep_window(r, rep_area(r, n), n);
	large = rep_area(r, 2 * n);
	if (!rep_going(r))
		return;
	its = rep_window(r, there->addr, n);
	grown = rep_window(r, large, n);
	tail = rep_window(r, large + bytes, n);
}

/* Move all pages of a window's range to another's; count what it costs. */
static void move(struct rep *r, struct obs_window *from, struct obs_window *to,
		 size_t new_size, int how)
{
	rep_look(r, 0, from);
	obs_begin(to);
	if (mremap(from->addr, bytes, new_size,
		   MREMAP_MAYMOVE | MREMAP_FIXED | how, to->addr) == MAP_FAILED)
		rep_failed(r, -errno, "mremap %zu bytes", bytes);
	obs_end(to);
	rep_saw_faults(r, to);
}

/* How many pages that were at @from before the move are at @to after it? */
static size_t moved(struct rep *r, const struct obs_window *from,
		    const struct obs_window *to)
{
	size_t same = 0;

	if (!rep_sees_frames(r))
		return obs_count_flags(to->after, n, OBS_PRESENT, OBS_PRESENT);
	for (size_t i = 0; i < n; i++)
		same += from->after[i].pfn &&
			from->after[i].pfn == to->after[i].pfn;
	return same;
}

/* How many pages read as written? Of none, where the move was refused. */
static size_t matches(struct rep *r, const struct obs_window *at, char value)
{
	return rep_going(r) ? obs_matches(at, value) : 0;
}

static const char *pages_that(const struct rep *r)
{
	return rep_sees_frames(r) ? "that are the same frame as before" :
				    "that are there";
}

static void first_stores(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "each first store is given a new page of zeros");
	if (mmap(here->addr, bytes, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	rep_writes(r, NULL, here, 'a');
}

static void move_away(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", pages_that(r));
	rep_expect(r, n, "pages", "that read as written, at the new address");
	rep_expect(r, n, "pages", "that are mapped no more at the old one");
	rep_because(
		r,
		"the entries move from one part of the page table to another");
	move(r, here, there, bytes, 0);
	rep_saw(r, moved(r, here, there));
	rep_saw(r, matches(r, there, 'a'));
	rep_look(r, 0, here);
	rep_saw(r, obs_count_flags(here->after, n, OBS_UNMAPPED, OBS_UNMAPPED));
	rep_strip(r, "old", here->after, n);
	rep_strip(r, "new", there->after, n);
}

static void move_shared(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "that are one frame here and in the child");
	rep_because(
		r,
		"a child of fork() shares the pages; the parent moves its entries, and they stay shared");
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	move(r, there, here, bytes, 0);
	rep_saw(r, rep_going(r) ? rep_compare(r, here, its, peer) : 0);
}

static void write_moved(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_COPY);
	rep_expect(r, n, "pages", "that the child reads as they were");
	rep_because(r, "moved or not, a shared page is copied when written");
	here->value = 'b';
	obs_writes(here);
	its->value = 'a';
	rep_order(r, peer, obs_reads, its);
	rep_saw_faults(r, here);
	rep_saw(r, its->matched);
	rep_end_peer(r, peer);
}

static void grow(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_COPY);
	rep_expect(r, n, "pages", pages_that(r));
	rep_expect(r, n, "pages", "that read as written, at the new address");
	rep_because(
		r,
		"there is no room behind it: it moves, and no byte is copied");
	move(r, here, grown, 2 * bytes, 0);
	rep_saw(r, moved(r, here, grown));
	rep_saw(r, matches(r, grown, 'b'));
}

static void touch_tail(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_because(r, "what was added is fresh memory");
	rep_writes(r, NULL, tail, 'c');
}

static const struct rep_step steps[] = {
	{ "A mapping, written.", "S42", first_stores },
	{ "Moved: no fault, the same pages.", "S4", move_away,
	  "It is moved by mremap(), and read." },
	{ "Moved while a child shares it: still shared.", "S45", move_shared,
	  "It is moved while a child shares it." },
	{ "Written after the move: copies.", "S48", write_moved,
	  "It is written after the move." },
	{ "Moved and grown to twice its size.", "S4 S30", grow },
	{ "The added half.", "S42", touch_tail },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/remap",
	.title = "mremap() moves entries, not bytes",
	.lesson =
		"A mapping moves and grows without a fault or a copy, and pages shared with a child stay shared until written.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 3,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
