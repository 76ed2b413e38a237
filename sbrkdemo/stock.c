// SPDX-License-Identifier: MIT
/*
 * malloc() keeps a stock: one call of the kernel serves thousands of small
 * blocks. What is freed comes back into it; what is not is lost to the program.
 *
 * Try: stock
 * Try: stock --pages 7
 * Try: stock --json
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/report.h"

/* What the C library asks for beyond what it needs; its smallest block. */
#define TOP_PAD	    (128 << 10)
#define LEAST_BYTES (4 * sizeof(size_t))
#define BLOCKS	    4

static size_t bytes, page_size;

static void set_up(struct rep *r)
{
	page_size = obs_page_size();
	/* More than there ever is room for below the break. */
	bytes = rep_pages(r) * page_size + 2 * TOP_PAD;
	mallopt(M_MMAP_THRESHOLD, TOP_PAD);
}

static void take_least(void)
{
	char *block = malloc(1);

	touch_nothing(block);
}

/* Take small blocks until the break moves; how many, and how far it does. */
static size_t until_it_moves(size_t *moved)
{
	char *end = sbrk(0);
	size_t blocks = 0;

	while (sbrk(0) == (void *)end && blocks < 1 << 20) {
		take_least();
		blocks++;
	}
	*moved = (char *)sbrk(0) - end;
	return blocks;
}

static void stock(struct rep *r)
{
	size_t pages = TOP_PAD / page_size + 1, moved, blocks;

	rep_given(r, "M_TOP_PAD is %d KiB; a block takes %zu bytes at least",
		  TOP_PAD >> 10, LEAST_BYTES);
	rep_expect(r, pages * page_size, "bytes", "that the break moves by");
	rep_expect(r, pages * page_size / LEAST_BYTES, "blocks",
		   "of one byte until it moves again");
	rep_because(
		r,
		"a block takes %zu bytes at least; what is asked of the kernel is rounded up, and %d KiB more",
		LEAST_BYTES, TOP_PAD >> 10);
	until_it_moves(&moved);
	until_it_moves(&moved);
	blocks = until_it_moves(&moved);
	rep_saw(r, moved);
	rep_saw(r, blocks);
}

static void use_up(struct rep *r)
{
	size_t pages = TOP_PAD / page_size + 1, moved, blocks;
	struct obs_window *window;

	rep_expect_faults(r, pages - 1, OBS_KIND_ZERO);
	rep_because(
		r,
		"each block has a head, which is written: a page comes with the first head in it; the first page has one already");
	until_it_moves(&moved);
	window = rep_window(r, (char *)sbrk(0) - moved, pages);
	if (!rep_going(r))
		return;
	/* Two of the stock, so that its first page has a head for sure. */
	take_least();
	take_least();
	blocks = moved / LEAST_BYTES - 4;
	obs_begin(window);
	while (blocks--)
		take_least();
	obs_end(window);
	rep_saw_faults(r, window);
	rep_strip(r, "heap", window->after, pages);
}

/* What the process has in memory, in pages. */
static size_t resident(struct rep *r)
{
	struct obs_rollup sums = { 0 };
	struct obs_proc self;

	if (rep_failed(r, obs_proc_open(&self, "", 0), NULL))
		return 0;
	rep_failed(r, obs_rollup(&self, &sums), NULL);
	obs_proc_close(&self);
	return sums.rss / page_size;
}

/* How many pages stay when some blocks were used? */
static size_t use(struct rep *r, bool give_back)
{
	size_t before;

	rep_failed(r, obs_quiet(), NULL);
	before = resident(r);
	for (int i = 0; i < BLOCKS; i++) {
		char *block = malloc(bytes);

		if (rep_failed(r, block ? 0 : -ENOMEM, "malloc(%zu)", bytes))
			return 0;
		memset(block, 'x', bytes);
		touch_nothing(block);
		if (give_back)
			free(block);
	}
	return resident(r) - before;
}

static void leak(struct rep *r)
{
	size_t each = bytes / page_size + 1;

	rep_given(r, "%zu pages each, and a head in front", each - 1);
	rep_expect(r, BLOCKS * each, "pages", "that stay");
	rep_because(
		r,
		"%d blocks of %zu pages, each with a head: nobody but the program knows that it is done with them",
		BLOCKS, each - 1);
	rep_saw(r, use(r, false));
}

static void give_back(struct rep *r)
{
	rep_expect(r, 0, "pages", "that stay");
	rep_because(r, "large blocks go back to the kernel, each by munmap()");
	rep_saw(r, use(r, true));
}

static const struct rep_step steps[] = {
	{ "malloc(1), until the break moves.", "S10 S15", stock },
	{ "The stock is handed out: now it is memory.", "S28", use_up,
	  "Almost as many blocks are taken." },
	{ "Blocks are used, and never freed: a leak.", "S9", leak,
	  "Four blocks are used, and not freed." },
	{ "Blocks are used, and freed.", "S9 S18", give_back },
};

static const struct rep_demo demo = {
	.name = "sbrkdemo/stock",
	.title = "what malloc() keeps, and what is lost",
	.lesson =
		"malloc() asks the kernel for much at a time and hands it out in pieces; what is never freed is nobody's use until the program ends.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 5,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
