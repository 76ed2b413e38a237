// SPDX-License-Identifier: MIT
/*
 * What PROT_NONE, PROT_READ, PROT_WRITE and PROT_EXEC allow: loads, stores and
 * calls, with the signal for each that is refused, and what mprotect() costs.
 *
 * Try: prot
 * Try: prot --pages 7
 * Try: prot --json
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

/* The start of a function, and more: it is copied to each page. */
#define CODE_BYTES 64

static size_t n, page_size;
static struct obs_window *window;

static noinline int forty_two(void)
{
	return 42;
}

static void protect(struct rep *r, int prot)
{
	if (mprotect(window->addr, n * page_size, prot))
		rep_failed(r, -errno, "mprotect %zu pages", n);
}

static void set_up(struct rep *r)
{
	n = rep_pages(r);
	page_size = obs_page_size();
	window = rep_window(r, rep_area(r, n), n);
	if (rep_going(r) &&
	    mmap(window->addr, n * page_size, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
		rep_failed(r, -errno, "mmap %zu pages", n);
}

/* Load from or store to each page: how many are refused by the rights? */
static size_t refused(bool store)
{
	struct obs_signal signal;
	size_t count = 0;

	obs_begin(window);
	for (size_t i = 0; i < n; i++) {
		char *page = window->addr + i * page_size;

		if (store)
			obs_try_write(page, 'b', &signal);
		else
			obs_try_read(page, &signal);
		count += signal.signo == SIGSEGV &&
			 signal.code == SEGV_ACCERR && signal.addr == page;
	}
	obs_end(window);
	return count;
}

static void read_write(struct rep *r)
{
	size_t count;

	rep_expect_faults(r, n, OBS_KIND_ZERO);
	rep_expect(r, 0, "stores", "that are refused");
	rep_because(r, "PROT_READ | PROT_WRITE allows both");
	count = refused(true);
	for (size_t i = 0; i < n; i++)
		memcpy(window->addr + i * page_size, forty_two, CODE_BYTES);
	rep_saw_faults(r, window);
	rep_saw(r, count);
}

static void read_none(struct rep *r)
{
	size_t count;

	rep_expect_faults(r, n, OBS_KIND_SEGV);
	rep_expect(r, n, "loads", "refused: SIGSEGV, SEGV_ACCERR, its address");
	rep_because(
		r, "PROT_NONE allows nothing; the pages are kept all the same");
	protect(r, PROT_NONE);
	count = refused(false);
	rep_saw_faults(r, window);
	rep_saw(r, count);
	rep_strip(r, "none", window->after, n);
}

static void write_read_only(struct rep *r)
{
	size_t count;

	rep_expect_faults(r, n, OBS_KIND_SEGV);
	rep_expect(r, n, "stores",
		   "refused: SIGSEGV, SEGV_ACCERR, its address");
	rep_because(r, "a store faults, and the rights do not name it");
	protect(r, PROT_READ);
	count = refused(true);
	rep_saw_faults(r, window);
	rep_saw(r, count);
}

/* Call the function in each page; how many return 42? */
static size_t calls(void)
{
	struct obs_signal signal;
	size_t right = 0;

	obs_begin(window);
	for (size_t i = 0; i < n; i++) {
		int result = 0;

		obs_try_call(window->addr + i * page_size, &result, &signal);
		right += result == 42;
	}
	obs_end(window);
	return right;
}

static void call_data(struct rep *r)
{
	size_t right;

	rep_expect_faults(r, n, OBS_KIND_SEGV);
	rep_expect(r, 0, "functions", "that ran");
	rep_because(r, "the bytes are a function, but without PROT_EXEC");
	right = calls();
	rep_saw_faults(r, window);
	rep_saw(r, right);
}

static void call_code(struct rep *r)
{
	size_t right;

	rep_expect_faults(r, 0, OBS_KIND_SEGV);
	rep_expect(r, n, "functions", "that ran and returned 42");
	rep_because(r, "PROT_EXEC allows it, and the pages are there");
	protect(r, PROT_READ | PROT_EXEC);
	__builtin___clear_cache(window->addr, window->addr + n * page_size);
	right = calls();
	rep_saw_faults(r, window);
	rep_saw(r, right);
}

static void write_again(struct rep *r)
{
	rep_expect_faults(r, 0, OBS_KIND_REUSE);
	rep_because(r, "ours alone: mprotect() makes them writable at once");
	protect(r, PROT_READ | PROT_WRITE);
	rep_writes(r, NULL, window, 'c');
}

static const struct rep_step steps[] = {
	{ "PROT_READ | PROT_WRITE: stores go through.", "S34", read_write,
	  "PROT_READ | PROT_WRITE: stores." },
	{ "PROT_NONE: no load.", "S34", read_none, "PROT_NONE: loads." },
	{ "PROT_READ: no store.", "S34", write_read_only,
	  "PROT_READ: stores." },
	{ "PROT_READ: no call.", "S34", call_data, "PROT_READ: calls." },
	{ "PROT_READ | PROT_EXEC: calls.", "S34", call_code },
	{ "PROT_READ | PROT_WRITE again.", "S34", write_again },
};

static const struct rep_demo demo = {
	.name = "mmapdemo/prot",
	.title = "what the rights of a mapping allow",
	.lesson =
		"What the rights do not name ends in SIGSEGV, SEGV_ACCERR. Pages keep what is in them, whatever the rights.",
	REP_STEPS(steps),
	.pages = 64,
	.copies = 1,
	.set_up = set_up,
};

int main(int argc, char **argv)
{
	return rep_main(&demo, argc, argv);
}
