// SPDX-License-Identifier: MIT
/*
 * The model of the kernel's decisions, without a kernel: its rules by example,
 * and its own book-keeping after many random operations.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model_run.h"

static void fork_and_write(void **state)
{
	map(0, 0, 8, RW, -1);
	assert_int_equal(touch(MM_OP_WRITE, 0, 0, 8), 8);
	all_touches(MM_KIND_ZERO);
	do_fork(0, 1);
	assert_int_equal(touch(MM_OP_READ, 1, 0, 8), 0);
	assert_int_equal(touch(MM_OP_WRITE, 1, 0, 8), 8);
	all_touches(MM_KIND_COPY);
	assert_int_equal(touch(MM_OP_WRITE, 0, 0, 8), 8);
	all_touches(MM_KIND_REUSE);
}

static void lazy_fork(void **state)
{
	map(0, 0, 8, RW, -1);
	assert_int_equal(touch(MM_OP_READ, 0, 0, 8), 8);
	do_fork(0, 1);
	assert_int_equal(touch(MM_OP_READ, 1, 0, 8), 8);
	all_touches(MM_KIND_ZEROPAGE);
	assert_int_equal(touch(MM_OP_WRITE, 0, 0, 1), 1);
	do_fork(0, 2);
	assert_int_equal(touch(MM_OP_READ, 2, 0, 8), 0);
}

/* mm_forbids_zeropage(): a read is served as a write, and fork copies it. */
static void no_zero_page(void **state)
{
	struct mm_machine machine = { .around = 16 };

	mm_set(&machine, MM_FACT_ZEROPAGE, false);
	mm_init(mm, &machine);
	map(0, 0, 8, RW, -1);
	assert_int_equal(touch(MM_OP_READ, 0, 0, 8), 8);
	all_touches(MM_KIND_ZERO);
	assert_int_equal(touch(MM_OP_WRITE, 0, 0, 8), 0);
	do_fork(0, 1);
	assert_int_equal(touch(MM_OP_READ, 1, 0, 8), 0);
}

static void fault_around(void **state)
{
	int file = mm_add_file(mm, MM_BACK_MEMFD, 64, 64, 'A');

	map(0, 5, 40, RW, file);
	assert_int_equal(touch(MM_OP_READ, 0, 6, 1), 1);
	assert_int_not_equal(mm->proc[0].pte[20].frame, 0);
	assert_int_equal(mm->proc[0].pte[21].frame, 0);
	assert_int_equal(touch(MM_OP_READ, 0, 5, 40), 2);
}

/* The child's copy is there before anybody writes; the parent goes on. */
static void pinned_and_forked(void **state)
{
	map(0, 0, 2, RW, -1);
	run((struct mm_op){ .kind = MM_OP_PIN, .pages = 1 });
	assert_int_equal(result.rusage, 1);
	assert_int_equal(result.perf, 0);
	touch(MM_OP_WRITE, 0, 1, 1);
	do_fork(0, 1);
	assert_int_equal(touch(MM_OP_WRITE, 0, 0, 2), 1);
	assert_int_equal(touch(MM_OP_WRITE, 1, 0, 2), 1);
	assert_int_equal(result.touch[0].kind, MM_KIND_NONE);
	assert_int_equal(result.touch[1].kind, MM_KIND_REUSE);
}

/* Without swap: given away and clean goes, written since stays. */
static void paged_out(void **state)
{
	map(0, 0, 3, RW, -1);
	touch(MM_OP_WRITE, 0, 0, 3);
	advise(0, 0, 2, MM_ADV_FREE);
	touch(MM_OP_WRITE, 0, 0, 1);
	advise(0, 0, 3, MM_ADV_PAGEOUT);
	assert_int_not_equal(mm->proc[0].pte[0].frame, 0);
	assert_int_equal(mm->proc[0].pte[1].frame, 0);
	assert_int_not_equal(mm->proc[0].pte[2].frame, 0);
}

/* With swap, or for a disk file's pages, the model says that it can't say. */
static void beyond(void **state)
{
	int file = mm_add_file(mm, MM_BACK_DISK, 4, 4, 'A');

	map(0, 0, 4, RW | MM_VM_SHARED, file);
	touch(MM_OP_READ, 0, 0, 4);
	assert_null(mm->beyond);
	advise(0, 0, 4, MM_ADV_PAGEOUT);
	assert_non_null(mm->beyond);
}

/* Threads see one memory, and a process has only so many. */
static void threads(void **state)
{
	map(0, 0, 2, RW, -1);
	for (int i = 1; i < MM_THREADS; i++)
		run((struct mm_op){ .kind = MM_OP_THREAD });
	assert_int_equal(result.rc, 0);
	run((struct mm_op){ .kind = MM_OP_WRITE, .pages = 2, .thread = 2 });
	assert_int_equal(result.rusage, 2);
	assert_int_equal(touch(MM_OP_WRITE, 0, 0, 2), 0);
	run((struct mm_op){ .kind = MM_OP_THREAD });
	assert_int_not_equal(result.rc, 0);
}

static void refused(void **state)
{
	map(0, 0, 2, MM_VM_READ, -1);
	assert_int_equal(touch(MM_OP_WRITE, 0, 0, 4), 0);
	all_touches(MM_KIND_SEGV);
	assert_int_equal(result.perf, 4);
}

static void reasons_given(void **state)
{
	map(0, 0, 1, RW, -1);
	touch(MM_OP_WRITE, 0, 0, 1);
	do_fork(0, 1);
	*reasons = '\0';
	touch(MM_OP_WRITE, 1, 0, 1);
	assert_string_equal(
		reasons,
		"do_user_addr_fault: page 0, write, page present\n"
		"do_wp_page: anonymous, not exclusive, 2 references -> wp_page_copy\n");
}

/* Every rule can be left out, and has a name. */
static void rules_named(void **state)
{
	for (int i = 0; i < MM_RULES; i++) {
		assert_non_null(mm_rule_id(i));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(mm_rule_id(i), mm_rule_id(j));
	}
	for (int i = 0; i < MM_KINDS; i++)
		assert_non_null(mm_kind_id(i));
}

/* Each frame has as many references as there are entries and cached pages. */
static void check_references(void)
{
	static int maps[MM_FRAMES], refs[MM_FRAMES];

	memset(maps, 0, sizeof(maps));
	memset(refs, 0, sizeof(refs));
	for (int p = 0; p < MM_PROCS; p++)
		for (int i = 0; i < MM_PAGES && mm->proc[p].alive; i++)
			maps[mm->proc[p].pte[i].frame]++;
	for (int f = 0; f < MM_FILES; f++)
		for (int i = 0; i < mm->file[f].pages && mm->file[f].users; i++)
			refs[mm->file[f].cache[i]]++;
	for (int i = MM_ZERO_PAGE + 1; i < MM_FRAMES; i++) {
		const struct mm_frame *frame = &mm->frame[i];

		if (!frame->serial) {
			assert_int_equal(maps[i] + refs[i], 0);
			continue;
		}
		assert_int_equal(frame->mapcount, maps[i]);
		assert_int_equal(frame->refs, maps[i] + refs[i] + frame->pins);
		if (frame->exclusive)
			assert_true(frame->anon && frame->mapcount <= 1);
	}
}

/* A huge page is mapped by as many entries as there are, huge ones and small. */
static void check_folios(void)
{
	int maps[MM_FOLIOS] = { 0 };

	for (int p = 0; p < MM_PROCS; p++) {
		const struct mm_proc *proc = &mm->proc[p];

		for (int i = 0; i < MM_PAGES && proc->alive; i++)
			maps[mm->frame[proc->pte[i].frame].folio] +=
				!mm_is_huge(proc, i) ||
				(i - MM_BIG) % MM_HUGE == 0;
	}
	for (int i = 1; i < MM_FOLIOS; i++) {
		assert_int_equal(mm->folio[i].mapcount, maps[i]);
		if (!mm->folio[i].shared)
			assert_true(!maps[i] || mm->folio[i].owner[0] ||
				    mm->folio[i].owner[1]);
	}
}

/* Entries lie in mappings, and no two mappings in one place. */
static void check_mappings(void)
{
	for (int p = 0; p < MM_PROCS; p++) {
		const struct mm_proc *proc = &mm->proc[p];
		int covered = 0, sum = 0;

		if (!proc->alive)
			continue;
		for (int i = 0; i < MM_VMAS; i++)
			sum += proc->vma[i].end - proc->vma[i].start;
		for (int i = 0; i < MM_PAGES; i++) {
			bool mapped = mm_find_vma(proc, i);

			covered += mapped;
			assert_true(mapped || !proc->pte[i].frame);
		}
		assert_int_equal(sum, covered);
	}
}

/* Half of the operations are in the room for huge pages. */
static void make_huge(struct mm_op *op)
{
	op->start = MM_BIG + rand() % (MM_BIG_PAGES - 600);
	op->to = op->to < 0 ? -1 : MM_BIG + rand() % (MM_BIG_PAGES - 600);
	op->pages = 1 + rand() % 600;
	op->new_pages = op->new_pages ? 1 + rand() % 600 : 0;
	if (rand() % 2) {
		op->start = MM_BIG;
		op->pages = MM_HUGE;
	}
	if (op->kind == MM_OP_PIN)
		op->kind = MM_OP_READ;
	if (op->kind != MM_OP_MMAP)
		return;
	op->file = -1;
	op->flags &= ~MM_VM_SHARED;
	op->flags |= MM_VM_HUGEPAGE;
}

static struct mm_op random_op(int *born)
{
	struct mm_op op = {
		.kind = rand() % MM_OPS,
		.proc = rand() % *born,
		.start = rand() % (MM_AREA - 40),
		.pages = 1 + rand() % 40,
		.to = rand() % 4 ? rand() % (MM_AREA - 40) : -1,
		.new_pages = rand() % 41,
		.file = rand() % 3 - 1,
		.pgoff = rand() % 64,
		.flags = rand() % 2 ? RW : MM_VM_READ,
		.advice = rand() % MM_ADVICES,
		.value = rand(),
	};

	if (op.kind == MM_OP_MMAP && rand() % 2)
		op.flags |= MM_VM_SHARED;
	if (op.kind < MM_OP_FORK && rand() % 2)
		make_huge(&op);
	if (op.kind == MM_OP_FORK && *born < MM_PROCS)
		op.child = (*born)++;
	else if (op.kind == MM_OP_FORK)
		op.kind = MM_OP_READ;
	if (op.kind == MM_OP_SYNC || op.kind == MM_OP_BRK) {
		op.file = 1;
		op.pages %= MM_HEAP_PAGES;
	}
	if (op.kind == MM_OP_EXIT && !op.proc)
		op.kind = MM_OP_WRITE;
	return op;
}

static void books_balance(void **state)
{
	srand(1);
	for (int i = 0; i < 300; i++) {
		int born = 1;

		set_up(state);
		mm->why = NULL;
		mm_add_file(mm, MM_BACK_MEMFD, 64, 30, 'A');
		mm_add_file(mm, MM_BACK_DISK, 64, 64, 'a');
		for (int n = 0; n < 60; n++) {
			struct mm_op op = random_op(&born);

			if (!mm->proc[op.proc].alive)
				continue;
			run(op);
		}
		check_references();
		check_folios();
		check_mappings();
		assert_false(mm->full);
	}
}

/* When all processes have gone nothing is left but the named files' pages. */
static void nothing_leaks(void **state)
{
	int left = 0;

	map(0, 0, 20, RW, -1);
	map(0, 30, 20, RW | MM_VM_SHARED, -1);
	touch(MM_OP_WRITE, 0, 0, 50);
	do_fork(0, 1);
	touch(MM_OP_WRITE, 1, 0, 10);
	for (int p = 0; p < 2; p++)
		run((struct mm_op){ .kind = MM_OP_EXIT, .proc = p });
	for (int i = MM_ZERO_PAGE + 1; i < MM_FRAMES; i++)
		left += mm->frame[i].serial != 0;
	for (int i = 0; i < MM_ANON_VMAS; i++)
		left += mm->anon_vma[i].links;
	assert_int_equal(left, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(fork_and_write, set_up),
		cmocka_unit_test_setup(lazy_fork, set_up),
		cmocka_unit_test_setup(no_zero_page, set_up),
		cmocka_unit_test_setup(fault_around, set_up),
		cmocka_unit_test_setup(pinned_and_forked, set_up),
		cmocka_unit_test_setup(paged_out, set_up),
		cmocka_unit_test_setup(beyond, set_up),
		cmocka_unit_test_setup(threads, set_up),
		cmocka_unit_test_setup(refused, set_up),
		cmocka_unit_test_setup(reasons_given, set_up),
		cmocka_unit_test_setup(rules_named, set_up),
		cmocka_unit_test_setup(books_balance, set_up),
		cmocka_unit_test_setup(nothing_leaks, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, tear_down);
}
