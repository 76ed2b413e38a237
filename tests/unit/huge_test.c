// SPDX-License-Identifier: MIT
/* Huge pages as observe sees them, where the kernel gives any. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "observe/observe.h"

static void one_fault_brings_a_huge_page(void **state)
{
	size_t pages = obs_page_size() / sizeof(uint64_t);
	size_t bytes = pages * obs_page_size();
	struct obs_window *window;
	char *area;

	assert_int_equal(obs_gap_map(&area, bytes), 0);
	assert_ptr_equal(mmap(area, bytes, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0),
			 area);
	assert_int_equal(obs_window_open(&window, area, pages), 0);
	if (madvise(area, bytes, MADV_HUGEPAGE)) {
		/* A kernel without huge pages. */
		assert_int_equal(errno, EINVAL);
		skip();
	}
	obs_writes(window);
	assert_int_equal(window->error, 0);
	if (window->faults.total != 1)
		skip();
	assert_int_equal(window->faults.kind[OBS_KIND_HUGE], 1);
	assert_int_equal(obs_count_flags(window->after, pages, OBS_HUGE,
					 OBS_HUGE),
			 pages);
	obs_window_close(window);
	assert_int_equal(obs_gap_unmap(area, bytes), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_fault_brings_a_huge_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
