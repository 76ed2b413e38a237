// SPDX-License-Identifier: MIT
/* Huge pages in the model of the kernel's decisions: its rules by example. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "model_run.h"

static void huge_page(void **state)
{
	map(0, MM_BIG, MM_HUGE, RW | MM_VM_HUGEPAGE, -1);
	assert_int_equal(touch(MM_OP_WRITE, 0, MM_BIG, MM_HUGE), 1);
	assert_int_equal(result.touch[0].kind, MM_KIND_HUGE);
	do_fork(0, 1);
	assert_true(mm_is_huge(&mm->proc[1], MM_BIG));
	assert_int_equal(touch(MM_OP_WRITE, 1, MM_BIG + 5, 1), 1);
	all_touches(MM_KIND_COPY);
	assert_false(mm_is_huge(&mm->proc[1], MM_BIG));
	assert_true(mm_is_huge(&mm->proc[0], MM_BIG));
	assert_int_equal(touch(MM_OP_WRITE, 1, MM_BIG, MM_HUGE), MM_HUGE - 1);
	assert_int_equal(touch(MM_OP_WRITE, 0, MM_BIG, MM_HUGE), 1);
	assert_int_equal(result.touch[0].kind, MM_KIND_REUSE);
	advise(0, MM_BIG, 1, MM_ADV_DONTNEED);
	assert_false(mm_is_huge(&mm->proc[0], MM_BIG));
	assert_int_equal(touch(MM_OP_WRITE, 0, MM_BIG, 1), 1);
	all_touches(MM_KIND_ZERO);
}

/* Who is the last to map parts of a huge page? Old kernels don't know. */
static void huge_owner(void **state)
{
	struct mm_machine machine = { .around = 16 };

	for (int owner = 0; owner < 2; owner++) {
		mm_set(&machine, MM_FACT_HUGE_OWNER, owner);
		mm_init(mm, &machine);
		map(0, MM_BIG, MM_HUGE, RW | MM_VM_HUGEPAGE, -1);
		touch(MM_OP_WRITE, 0, MM_BIG, 1);
		do_fork(0, 1);
		touch(MM_OP_WRITE, 0, MM_BIG, 1);
		all_touches(MM_KIND_COPY);
		run((struct mm_op){ .kind = MM_OP_EXIT, .proc = 1 });
		touch(MM_OP_WRITE, 0, MM_BIG + 1, 9);
		all_touches(owner ? MM_KIND_REUSE : MM_KIND_COPY);
	}
}

/* The machine may give huge pages to all, to those who ask, or to nobody. */
static void huge_modes(void **state)
{
	struct mm_machine machine = { .around = 16 };

	for (int mode = 0; mode < 4; mode++) {
		bool has = mode & 1, asked = mode & 2;

		mm_set(&machine, MM_FACT_HUGE, has);
		mm_set(&machine, MM_FACT_HUGE_ASKED, asked);
		mm_init(mm, &machine);
		map(0, MM_BIG, MM_HUGE, RW, -1);
		touch(MM_OP_WRITE, 0, MM_BIG, 1);
		all_touches(has && !asked ? MM_KIND_HUGE : MM_KIND_ZERO);
		map(0, MM_BIG + MM_HUGE, MM_HUGE, RW | MM_VM_HUGEPAGE, -1);
		touch(MM_OP_WRITE, 0, MM_BIG + MM_HUGE, 1);
		all_touches(has ? MM_KIND_HUGE : MM_KIND_ZERO);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(huge_page, set_up),
		cmocka_unit_test_setup(huge_owner, set_up),
		cmocka_unit_test_setup(huge_modes, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
