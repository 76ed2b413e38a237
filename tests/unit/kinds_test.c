// SPDX-License-Identifier: MIT
/* Which kind a fault was: obs_classify() on made-up pictures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "observe/observe.h"

#define ANON OBS_PRESENT
#define MINE (OBS_PRESENT | OBS_EXCLUSIVE)

/* One page, before and after, and the kind its one fault must have. */
static const struct {
	const char *name;
	struct obs_page before, after;
	enum obs_kind kind;
} rows[] = {
	{ "read of absent anonymous memory",
	  { .flags = 0 },
	  { .flags = OBS_PRESENT | OBS_ZERO },
	  OBS_KIND_ZEROPAGE },
	{ "write to absent anonymous memory",
	  { .flags = 0 },
	  { .flags = MINE },
	  OBS_KIND_ZERO },
	{ "write to the zero page",
	  { .flags = OBS_PRESENT | OBS_ZERO },
	  { .flags = MINE },
	  OBS_KIND_ZERO },
	{ "write to a shared page, frames seen",
	  { .pfn = 5, .flags = ANON },
	  { .pfn = 6, .flags = MINE },
	  OBS_KIND_COPY },
	{ "write to a shared page, frames hidden",
	  { .flags = ANON },
	  { .flags = MINE },
	  OBS_KIND_COPY },
	{ "write by the last owner, frames seen",
	  { .pfn = 5, .flags = ANON },
	  { .pfn = 5, .flags = MINE },
	  OBS_KIND_REUSE },
	{ "write by the last owner, frames hidden",
	  { .flags = MINE },
	  { .flags = MINE },
	  OBS_KIND_REUSE },
	{ "write to an absent page of a private file",
	  { .flags = OBS_MAP_FILE },
	  { .flags = MINE | OBS_MAP_FILE },
	  OBS_KIND_COPY },
	{ "write to a present page of a private file",
	  { .flags = OBS_PRESENT | OBS_FILE | OBS_MAP_FILE },
	  { .flags = MINE | OBS_MAP_FILE },
	  OBS_KIND_COPY },
	{ "read of a file",
	  { .flags = OBS_MAP_FILE },
	  { .flags = OBS_PRESENT | OBS_FILE | OBS_MAP_FILE },
	  OBS_KIND_FILE },
	{ "first write to shared memory",
	  { .flags = OBS_MAP_SHARED },
	  { .flags = OBS_PRESENT | OBS_FILE | OBS_MAP_SHARED },
	  OBS_KIND_ZERO },
	{ "shared memory that another process wrote",
	  { .flags = OBS_MAP_SHARED | OBS_CACHED },
	  { .flags = OBS_PRESENT | OBS_FILE | OBS_MAP_SHARED },
	  OBS_KIND_REMAP },
	{ "write to a clean page of a shared file",
	  { .flags = OBS_PRESENT | OBS_FILE | OBS_MAP_FILE | OBS_MAP_SHARED },
	  { .flags = OBS_PRESENT | OBS_FILE | OBS_MAP_FILE | OBS_MAP_SHARED },
	  OBS_KIND_NOTIFY },
	{ "a page that was swapped in",
	  { .flags = OBS_SWAPPED },
	  { .flags = MINE },
	  OBS_KIND_STRAY },
	{ "a fault elsewhere", { .flags = 0 }, { .flags = 0 }, OBS_KIND_STRAY },
};

/* How many reuses the kernel has counted, in all processes. */
static uint64_t reuses = UINT64_MAX;

static struct obs_faults classify(const struct obs_page *before,
				  const struct obs_page *after, size_t pages,
				  uint64_t total, uint64_t segv)
{
	struct obs_window window = {
		.pages = pages,
		.before = (struct obs_page *)before,
		.after = (struct obs_page *)after,
		.faults = { .total = total, .segv = segv, .reuses = reuses },
	};

	obs_classify(&window);
	return window.faults;
}

static void names_each_kind(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct obs_faults faults =
			classify(&rows[i].before, &rows[i].after, 1, 1, 0);

		print_message("%s\n", rows[i].name);
		for (int kind = 0; kind < OBS_KINDS; kind++)
			assert_int_equal(faults.kind[kind],
					 kind == (int)rows[i].kind);
	}
}

static void counts_a_refusal_first(void **state)
{
	struct obs_faults faults =
		classify(&rows[1].before, &rows[1].after, 1, 2, 1);

	assert_int_equal(faults.kind[OBS_KIND_SEGV], 1);
	assert_int_equal(faults.kind[OBS_KIND_ZERO], 1);
	assert_int_equal(faults.kind[OBS_KIND_STRAY], 0);
}

/* Two faults for one changed page: the second has no page to explain it. */
static void finds_the_stray(void **state)
{
	struct obs_faults faults =
		classify(&rows[1].before, &rows[1].after, 1, 2, 0);

	assert_int_equal(faults.kind[OBS_KIND_ZERO], 1);
	assert_int_equal(faults.kind[OBS_KIND_STRAY], 1);
}

/* Unseen frames: no reuse was counted, so none of the faults was one. */
static void believes_the_kernels_count_of_reuses(void **state)
{
	const struct obs_page same[3] = { { .flags = MINE },
					  { .flags = MINE },
					  { .flags = MINE } };
	struct obs_faults faults;

	reuses = 1;
	faults = classify(same, same, 3, 3, 0);
	reuses = UINT64_MAX;
	assert_int_equal(faults.kind[OBS_KIND_REUSE], 1);
	assert_int_equal(faults.kind[OBS_KIND_STRAY], 2);
}

static void counts_a_huge_page_once(void **state)
{
	size_t pages = obs_page_size() / 8 * 2;
	struct obs_page *before = calloc(pages, sizeof(*before));
	struct obs_page *after = calloc(pages, sizeof(*after));
	struct obs_faults faults;

	assert_true(before && after);
	for (size_t i = 0; i < pages; i++)
		after[i].flags = MINE | OBS_HUGE;
	faults = classify(before, after, pages, 2, 0);
	assert_int_equal(faults.kind[OBS_KIND_HUGE], 2);
	assert_int_equal(faults.kind[OBS_KIND_STRAY], 0);
	free(before);
	free(after);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_each_kind),
		cmocka_unit_test(counts_a_refusal_first),
		cmocka_unit_test(finds_the_stray),
		cmocka_unit_test(believes_the_kernels_count_of_reuses),
		cmocka_unit_test(counts_a_huge_page_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
