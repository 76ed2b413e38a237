// SPDX-License-Identifier: MIT
/* Which kernel does what: the table that says so, by example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/model.h"

/* What came with a version came to the series that were maintained, too. */
static void kernels_differ(void **state)
{
	static const struct {
		unsigned int kernel;
		bool many, last_page;
	} known[] = {
		{ MM_KERNEL(6, 1, 192), false, false },
		{ MM_KERNEL(6, 12, 58), false, false },
		{ MM_KERNEL(6, 12, 59), false, true },
		{ MM_KERNEL(6, 13, 0), false, false },
		{ MM_KERNEL(6, 17, 8), true, false },
		{ MM_KERNEL(6, 18, 0), true, true },
		{ MM_KERNEL(7, 0, 0), true, true },
	};
	struct mm_machine machine = { .around = 16 };

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
		mm_set_kernel(&machine, known[i].kernel, MM_ARCH_X86);
		assert_int_equal(mm_has(&machine, MM_FACT_MREMAP_MANY),
				 known[i].many);
		assert_int_equal(mm_has(&machine, MM_FACT_LAST_PAGE),
				 known[i].last_page);
		assert_true(mm_has(&machine, MM_FACT_ZEROPAGE));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kernels_differ),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
