// SPDX-License-Identifier: MIT
/* observe's readers, on a captured /proc and on one made up here. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/observe.h"
#include "observe/uapi.h"

#define KIB 1024

static const char *fixture(void)
{
	const char *tests = getenv("COW_TESTS");
	static char path[512];

	assert_non_null(tests);
	snprintf(path, sizeof(path), "%s/fixtures/captured", tests);
	return path;
}

static void parses_a_mapping(void **state)
{
	struct obs_vma vma;

	assert_int_equal(
		obs_vma_parse("7f00-8f00 rw-s 00001000 08:01 12 /x y\n", &vma),
		0);
	assert_int_equal(vma.start, 0x7f00);
	assert_int_equal(vma.end, 0x8f00);
	assert_true(vma.read && vma.write && !vma.exec && vma.shared);
	assert_int_equal(vma.offset, 0x1000);
	assert_int_equal(vma.inode, 12);
	assert_string_equal(vma.name, "/x y");
}

static void refuses_other_lines(void **state)
{
	static const char *const bad[] = {
		"",
		"x",
		"7f00-8f00",
		"7f00-8f00 rw",
		"8f00-7f00 rw-p 0 0:0 0",
		"7f00 8f00 rw-p 0 0:0 0",
		"7f00-8f00 rw-pp 0 0:0 0",
		"7f00-8f00 rw-p 0 0:0",
	};
	struct obs_vma vma;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(obs_vma_parse(bad[i], &vma), -EINVAL);
}

static int count(const struct obs_vma *vma, void *arg)
{
	(*(int *)arg)++;
	return 0;
}

static void walks_captured_mappings(void **state)
{
	struct obs_proc proc;
	struct obs_vma vma;
	int n = 0;

	assert_int_equal(obs_proc_open(&proc, fixture(), 42), 0);
	assert_int_equal(obs_vma_each(&proc, count, &n), 0);
	assert_int_equal(n, 8);
	assert_int_equal(obs_vma_at(&proc, (void *)0x7ffe4b9a0fff, &vma), 0);
	assert_string_equal(vma.name, "[stack]");
	assert_int_equal(obs_vma_at(&proc, (void *)0x7ffe4b9c1000, &vma),
			 -ENOENT);
	assert_int_equal(obs_vma_at(&proc, (void *)0x5581f0a01000, &vma), 0);
	assert_string_equal(vma.name, "/usr/bin/a file (with) spaces");
	obs_proc_close(&proc);
}

static void reads_captured_sums(void **state)
{
	struct obs_rollup sums;
	struct obs_proc proc;
	uint64_t bytes;

	assert_int_equal(obs_proc_open(&proc, fixture(), 42), 0);
	assert_int_equal(obs_rollup(&proc, &sums), 0);
	assert_int_equal(sums.rss, 3512 * KIB);
	assert_int_equal(sums.pss, 1201 * KIB);
	assert_int_equal(sums.shared_clean, 2100 * KIB);
	assert_int_equal(sums.shared_dirty, 12 * KIB);
	assert_int_equal(sums.private_clean, 1000 * KIB);
	assert_int_equal(sums.private_dirty, 400 * KIB);
	assert_int_equal(sums.anonymous, 412 * KIB);
	assert_int_equal(sums.anon_huge, 2048 * KIB);
	assert_int_equal(sums.swap, 8 * KIB);
	assert_int_equal(obs_meminfo(&proc, "MemAvailable", &bytes), 0);
	assert_int_equal(bytes, 23215208ULL * KIB);
	assert_int_equal(obs_meminfo(&proc, "HugePages_Total", &bytes), 0);
	assert_int_equal(bytes, 3);
	assert_int_equal(obs_meminfo(&proc, "MemAvail", &bytes), -ENOENT);
	obs_proc_close(&proc);
}

static void reads_captured_sums_of_a_mapping(void **state)
{
	struct obs_rollup sums;
	struct obs_proc proc;

	assert_int_equal(obs_proc_open(&proc, fixture(), 42), 0);
	assert_int_equal(obs_vma_sums(&proc, (void *)0x5581f0b00000, &sums), 0);
	assert_int_equal(sums.rss, 128 * KIB);
	assert_int_equal(sums.pss, 70 * KIB);
	assert_int_equal(sums.shared_clean, 0);
	assert_int_equal(obs_vma_sums(&proc, (void *)0x5581f0a01fff, &sums), 0);
	assert_int_equal(sums.pss, 2 * KIB);
	assert_int_equal(obs_vma_sums(&proc, (void *)0x5581f0a02000, &sums),
			 -ENOENT);
	obs_proc_close(&proc);
	assert_int_equal(obs_vma_sums_of(0, &sums, &sums), 0);
	assert_true(sums.rss > 0);
}

static void says_what_is_missing(void **state)
{
	struct obs_proc proc;

	assert_int_equal(obs_proc_open(&proc, fixture(), 43), -ENOENT);
	assert_non_null(strstr(obs_what(), "43"));
	assert_int_equal(obs_proc_open(&proc, "/nowhere", 0), -ENOENT);
	assert_non_null(strstr(obs_what(), "/nowhere/proc"));
}

/* A file of numbers, as /proc's tables of pages are. */
static void put_number(const char *path, uint64_t index, uint64_t value)
{
	int fd = open(path, O_WRONLY | O_CREAT, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &value, sizeof(value),
				index * sizeof(value)),
			 sizeof(value));
	assert_int_equal(close(fd), 0);
}

static void put_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* Four pages: exclusive, shared, the zero page, swapped; then an absent one. */
static void make_tree(const char *dir)
{
	const uint64_t first = 0x10000000 / obs_page_size();

	assert_int_equal(chdir(dir), 0);
	assert_int_equal(mkdir("proc", 0700) | mkdir("proc/7", 0700), 0);
	put_text("proc/7/maps", "10000000-20000000 rw-p 00000000 00:00 0\n");
	put_number("proc/7/pagemap", first,
		   PM_PRESENT | PM_MMAP_EXCLUSIVE | 100);
	put_number("proc/7/pagemap", first + 1, PM_PRESENT | 101);
	put_number("proc/7/pagemap", first + 2, PM_PRESENT | 7);
	put_number("proc/7/pagemap", first + 3, PM_SWAP | 99);
	put_number("proc/7/pagemap", first + 4, 0);
	put_number("proc/kpageflags", 100, KPF_ANON_BIT);
	put_number("proc/kpageflags", 101, KPF_ANON_BIT);
	put_number("proc/kpageflags", 7, KPF_ZERO_PAGE_BIT);
	put_number("proc/kpagecount", 100, 1);
	put_number("proc/kpagecount", 101, 2);
	put_number("proc/kpagecount", 7, 0);
}

static void remove_tree(void)
{
	static const char *const files[] = {
		"proc/7/maps",
		"proc/7/pagemap",
		"proc/kpageflags",
		"proc/kpagecount",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++)
		assert_int_equal(unlink(files[i]), 0);
	assert_int_equal(rmdir("proc/7") | rmdir("proc"), 0);
}

static void reads_pages_of_a_tree(void **state)
{
	char dir[] = "/tmp/proc_test.XXXXXX";
	struct obs_page page[5];
	struct obs_proc proc;

	assert_non_null(mkdtemp(dir));
	make_tree(dir);
	assert_int_equal(obs_proc_open(&proc, dir, 7), 0);
	assert_int_equal(obs_pages(&proc, (void *)0x10000000, 5, page), 0);
	assert_int_equal(page[0].flags, OBS_PRESENT | OBS_EXCLUSIVE);
	assert_int_equal(page[0].pfn, 100);
	assert_int_equal(obs_frames(&proc, 5, page), 0);
	assert_int_equal(page[0].mapcount, 1);
	assert_int_equal(page[1].flags, OBS_PRESENT);
	assert_int_equal(page[1].mapcount, 2);
	assert_int_equal(page[1].kflags, KPF_ANON_BIT);
	assert_int_equal(page[2].flags, OBS_PRESENT | OBS_ZERO);
	assert_int_equal(page[3].flags, OBS_SWAPPED);
	assert_int_equal(page[3].pfn, 0);
	assert_int_equal(page[4].flags, 0);
	assert_int_equal(obs_pages(&proc, (void *)0x10000001, 1, page),
			 -EINVAL);
	obs_proc_close(&proc);
	remove_tree();
	assert_int_equal(chdir("/") | rmdir(dir), 0);
}

/* A captured tree is not to be asked about by system calls, whatever its pid. */
static void asks_nobody_about_a_tree(void **state)
{
	char dir[] = "/tmp/proc_test.XXXXXX";
	struct obs_page page[5];
	struct obs_proc proc;

	assert_non_null(mkdtemp(dir));
	make_tree(dir);
	assert_int_equal(rename("proc/7", "proc/self"), 0);
	put_text("proc/self/maps", "10000000-20000000 rw-s 00000000 00:00 0\n");
	assert_int_equal(unlink("proc/kpageflags"), 0);
	put_number("proc/kpageflags", 0, 0);
	put_number("proc/self/pagemap", 0x10000000 / obs_page_size(),
		   PM_PRESENT);
	assert_int_equal(obs_proc_open(&proc, dir, 0), 0);
	assert_int_equal(obs_pages(&proc, (void *)0x10000000, 1, page), 0);
	assert_int_equal(page[0].flags, OBS_PRESENT | OBS_MAP_SHARED);
	assert_int_equal(obs_pages(&proc,
				   (void *)(0x10000000 + 4 * obs_page_size()),
				   1, page),
			 0);
	assert_int_equal(page[0].flags, OBS_MAP_SHARED);
	obs_proc_close(&proc);
	assert_int_equal(rename("proc/self", "proc/7"), 0);
	remove_tree();
	assert_int_equal(chdir("/") | rmdir(dir), 0);
}

/* A line longer than the reader's buffer is cut, and the next one is whole. */
static void cuts_long_lines(void **state)
{
	char dir[] = "/tmp/proc_test.XXXXXX", maps[4096 + 200];
	struct obs_vma vma;
	struct obs_proc proc;
	size_t len;

	assert_non_null(mkdtemp(dir));
	make_tree(dir);
	len = sprintf(maps, "1000-2000 rw-p 00000000 08:01 5 ");
	memset(maps + len, 'n', 4000);
	strcpy(maps + len + 4000, "\n3000-4000 rw-p 00000000 08:01 6 /last\n");
	put_text("proc/7/maps", maps);
	assert_int_equal(obs_proc_open(&proc, dir, 7), 0);
	assert_int_equal(obs_vma_at(&proc, (void *)0x1000, &vma), 0);
	assert_int_equal(strlen(vma.name), sizeof(vma.name) - 1);
	assert_int_equal(obs_vma_at(&proc, (void *)0x3000, &vma), 0);
	assert_string_equal(vma.name, "/last");
	obs_proc_close(&proc);
	remove_tree();
	assert_int_equal(chdir("/") | rmdir(dir), 0);
}

static void compares_pages(void **state)
{
	const struct obs_page shared = { 0, 0, 0, OBS_PRESENT };
	const struct obs_page alone = { 0, 0, 0, OBS_PRESENT | OBS_EXCLUSIVE };
	const struct obs_page absent = { 0 };
	const struct obs_page at5 = { 5, 0, 1, OBS_PRESENT };
	const struct obs_page at6 = { 6, 0, 1, OBS_PRESENT };

	assert_int_equal(obs_count_same(&shared, &shared, 1), 1);
	assert_int_equal(obs_count_same(&shared, &alone, 1), 0);
	assert_int_equal(obs_count_same(&absent, &absent, 1), 0);
	assert_int_equal(obs_count_same(&at5, &at5, 1), 1);
	assert_int_equal(obs_count_same(&at5, &at6, 1), 0);
	assert_int_equal(obs_count_same(&at5, &absent, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parses_a_mapping),
		cmocka_unit_test(refuses_other_lines),
		cmocka_unit_test(walks_captured_mappings),
		cmocka_unit_test(reads_captured_sums),
		cmocka_unit_test(reads_captured_sums_of_a_mapping),
		cmocka_unit_test(says_what_is_missing),
		cmocka_unit_test(reads_pages_of_a_tree),
		cmocka_unit_test(asks_nobody_about_a_tree),
		cmocka_unit_test(cuts_long_lines),
		cmocka_unit_test(compares_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
