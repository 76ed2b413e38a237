// SPDX-License-Identifier: MIT
/*
 * One break, two users: malloc() and a program that calls sbrk() itself. That
 * works as long as nobody gives back what the other had taken since. Mappings
 * have no such neighbours.
 *
 * Try: foreign
 * Try: foreign --pages 7
 * Try: foreign --json
 */
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

static size_t n, page_size;
static struct obs_window *ours, *theirs, *in_child, *mapped;
static struct obs_peer *peer;

static char *page_above(char *p)
{
	return p + (-(uintptr_t)p & (page_size - 1));
}

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	page_size = obs_page_size();
	/* Whatever its size, malloc() is to take it from the break. */
	mallopt(M_MMAP_THRESHOLD, INT32_MAX);
	mallopt(M_TRIM_THRESHOLD, INT32_MAX);
	mallopt(M_TOP_PAD, 0);
	mapped = rep_window(r, rep_area(r, n), n);
}

static void by_sbrk(struct rep *r)
{
	char *block;

	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, 0, "bytes", "between what sbrk() returned and the break");
	rep_because(r, "we take memory as malloc() does: by moving the break");
	block = sbrk((n + 1) * page_size);
	if (block == (void *)-1) {
		rep_failed(r, -errno, "sbrk(%zu)", (n + 1) * page_size);
		return;
	}
	ours = rep_window(r, page_above(block), n);
	if (!rep_going(r))
		return;
	rep_writes(r, NULL, ours, 'o');
	rep_saw(r, (char *)sbrk(0) - (n + 1) * page_size - block);
}

static void malloc_goes_on(struct rep *r)
{
	char *block;

	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, 1, "blocks", "that malloc() places above ours");
	rep_expect(r, n, "pages", "of ours that read as written");
	rep_because(
		r,
		"malloc() finds the break moved by a stranger: it leaves that alone and goes on above it");
	/* More than malloc() has left below: it has to ask for more. */
	block = malloc(mallinfo2().fordblks + (n + 2) * page_size);
	if (!block) {
		rep_failed(r, -ENOMEM, "malloc %zu pages", n);
		return;
	}
	theirs = rep_window(r, page_above(block), n);
	if (!rep_going(r))
		return;
	in_child = rep_window(r, theirs->addr, n);
	rep_writes(r, NULL, theirs, 't');
	rep_saw(r, block > ours->addr && block < (char *)sbrk(0));
	rep_saw(r, obs_matches(ours, 'o'));
}

/* An order for the child: give back all above its block, as if it were last. */
static void give_back(void *arg)
{
	struct obs_window *window = arg;
	char *end = ours->addr + n * page_size;
	struct obs_signal signal;
	size_t refused = 0;

	obs_begin(window);
	if (sbrk(end - (char *)sbrk(0)) == (void *)-1)
		_exit(1);
	for (size_t i = 0; i < n; i++) {
		obs_try_read(window->addr + i * page_size, &signal);
		refused += signal.signo == SIGSEGV;
	}
	obs_end(window);
	window->matched = refused;
}

static void wrong_block(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_SEGV);
	rep_expect(r, n, "pages", "of malloc()'s block that are gone");
	rep_expect(r, n, "pages", "of the parent's block that read as written");
	rep_because(
		r,
		"a child moves the break back to the end of its own block, as if that were the last one: the break knows no owners, and malloc()'s block is cut off");
	peer = rep_peer(r);
	if (peer)
		rep_forked(r, peer, fork());
	rep_order(r, peer, give_back, in_child);
	rep_saw_faults(r, in_child);
	rep_saw(r, in_child->matched);
	rep_saw(r, obs_matches(theirs, 't'));
	rep_strip(r, "child", in_child->after, n);
	rep_end_peer(r, peer);
}

static void map_instead(struct rep *r)
{
	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, 1, "calls", "of munmap() that succeeds, in any order");
	rep_expect(r, n, "pages", "of ours that read as written");
	rep_because(r, "a mapping is given back without regard to others");
	if (mmap(mapped->addr, n * page_size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
	rep_writes(r, NULL, mapped, 'm');
	rep_saw(r, !munmap(mapped->addr, n * page_size));
	rep_saw(r, obs_matches(ours, 'o'));
}

static const struct rep_step steps[] = {
	{ "We take memory by sbrk().", "S25 S30", by_sbrk },
	{ "malloc() takes more.", "S15 S30", malloc_goes_on },
	{ "A child gives back too soon.", "S29 S30", wrong_block },
	{ "By mmap() instead.", "S30 S44", map_instead },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/foreign",
	.title = "two users of one break",
	.lesson =
		"The break is one for all: who gives back in another order than was taken cuts off somebody else. Mappings can go in any order.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 3,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
