// SPDX-License-Identifier: MIT
/*
 * How each fault is labelled: by tracepoint where they are for us, by page
 * states elsewhere; that both agree, and that it is said where they do not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/observe.h"

#define PAGES 33

static struct obs_window *window;
static char *area;
static size_t bytes;

static int map(int how, int fd)
{
	return mmap(area, bytes, PROT_READ | PROT_WRITE, how | MAP_FIXED, fd,
		    0) == MAP_FAILED;
}

static int set_up(void **state)
{
	bytes = PAGES * obs_page_size();
	if (obs_small_pages() || obs_pin() || obs_gap_map(&area, bytes) ||
	    obs_window_open(&window, area, PAGES))
		return -1;
	return map(MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int tear_down(void **state)
{
	obs_window_close(window);
	return obs_gap_unmap(area, bytes);
}

/* Who should tell? The tracepoints of exceptions are x86's. */
static enum obs_labels teller(void)
{
	enum obs_labels labels = OBS_BY_STATES;
#ifdef __x86_64__
	int tracefs = obs_tracefs();

	if (tracefs >= 0 && obs_source_now() == OBS_PERF)
		labels = OBS_BY_TRACEPOINT;
	if (tracefs >= 0)
		close(tracefs);
#endif
	return labels;
}

/* The window ended well, and each of its faults was of one kind. */
static void all_are(enum obs_kind kind, uint64_t faults)
{
	if (window->error)
		print_message("%s\n", window->what);
	assert_int_equal(window->error, 0);
	assert_string_equal(window->odd, "");
	assert_int_equal(window->faults.labels, teller());
	assert_int_equal(window->faults.total, faults);
	assert_int_equal(window->faults.kind[kind], faults);
}

static void private_memory(void **state)
{
	obs_reads(window);
	all_are(obs_fresh_read(), PAGES);
	assert_int_equal(map(MAP_PRIVATE | MAP_ANONYMOUS, -1), 0);
	obs_writes(window);
	all_are(OBS_KIND_ZERO, PAGES);
	obs_writes(window);
	all_are(OBS_KIND_ZERO, 0);
}

/* A child's own events, a fork after its parent's. */
static void copies_and_reuses(void **state)
{
	pid_t pid;

	obs_writes(window);
	pid = fork();
	if (!pid) {
		obs_writes(window);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	all_are(OBS_KIND_COPY, PAGES);
	assert_int_equal(obs_drain(), 0);
	obs_writes(window);
	all_are(OBS_KIND_REUSE, PAGES);
}

static void shared_memory(void **state)
{
	pid_t pid;

	assert_int_equal(map(MAP_SHARED | MAP_ANONYMOUS, -1), 0);
	pid = fork();
	if (!pid) {
		touch_write_pages(area, PAGES, obs_page_size(), 'x');
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	obs_writes(window);
	all_are(OBS_KIND_REMAP, PAGES);
	assert_int_equal(map(MAP_SHARED | MAP_ANONYMOUS, -1), 0);
	obs_writes(window);
	all_are(OBS_KIND_ZERO, PAGES);
}

static void files(void **state)
{
	size_t around = obs_fault_around();
	int fd = memfd_create("labels", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, bytes), 0);
	assert_int_equal(map(MAP_SHARED, fd), 0);
	touch_write_pages(area, PAGES, obs_page_size(), 'x');
	assert_int_equal(map(MAP_PRIVATE, fd), 0);
	obs_reads(window);
	all_are(OBS_KIND_FILE, (PAGES + around - 1) / around);
	obs_writes(window);
	all_are(OBS_KIND_COPY, PAGES);
	close(fd);
}

/* Refused, then let in, at the same addresses. */
static void refusals(void **state)
{
	struct obs_signal signal;

	assert_int_equal(mprotect(area, bytes, PROT_NONE), 0);
	assert_int_equal(obs_begin(window), 0);
	for (size_t i = 0; i < PAGES; i++)
		obs_try_write(area + i * obs_page_size(), 'x', &signal);
	assert_int_equal(mprotect(area, bytes, PROT_READ | PROT_WRITE), 0);
	touch_write_pages(area, PAGES, obs_page_size(), 'x');
	assert_int_equal(obs_end(window), 0);
	assert_string_equal(window->odd, "");
	assert_int_equal(window->faults.labels, teller());
	assert_int_equal(window->faults.kind[OBS_KIND_SEGV], PAGES);
	assert_int_equal(window->faults.kind[OBS_KIND_ZERO], PAGES);
}

/* The picture before is forged: one page shall have been there, elsewhere. */
static void disagreement_is_told(void **state)
{
	if (teller() == OBS_BY_STATES)
		skip();
	assert_int_equal(obs_begin(window), 0);
	window->before[7].flags |= OBS_PRESENT;
	window->before[7].pfn = 1;
	touch_write_pages(area, PAGES, obs_page_size(), 'x');
	assert_int_equal(obs_end(window), 0);
	assert_string_equal(
		window->odd,
		"page 7: zero-fill by tracepoint, copy by page states");
	assert_int_equal(window->faults.kind[OBS_KIND_ZERO], PAGES);
	obs_writes(window);
	assert_string_equal(window->odd, "");
}

/* Two faults on one page, of which its entry shows the second alone. */
static void sees_what_states_do_not(void **state)
{
	if (teller() == OBS_BY_STATES || obs_fresh_read() == OBS_KIND_ZERO)
		skip();
	assert_int_equal(obs_begin(window), 0);
	touch_read(area);
	touch_write(area, 'x');
	assert_int_equal(obs_end(window), 0);
	assert_string_equal(
		window->odd,
		"page 0: zero page by tracepoint, zero-fill by page states");
	assert_int_equal(window->faults.kind[OBS_KIND_ZEROPAGE], 1);
	assert_int_equal(window->faults.kind[OBS_KIND_ZERO], 1);
}

/* The room for samples is made for a fault or a few a page. */
static void lost_samples_are_an_error(void **state)
{
	if (teller() == OBS_BY_STATES)
		skip();
	assert_int_equal(obs_begin(window), 0);
	for (int i = 0; i < 300; i++) {
		touch_write_pages(area, PAGES, obs_page_size(), 'x');
		assert_int_equal(madvise(area, bytes, MADV_DONTNEED), 0);
	}
	assert_int_equal(obs_end(window), -ENOBUFS);
	assert_non_null(strstr(window->what, "samples are lost"));
	/* The next window begins anew. */
	obs_writes(window);
	all_are(OBS_KIND_ZERO, PAGES);
}

/* Who is timed is not traced: it would take as long as the fault itself. */
static void times_without_tracing(void **state)
{
	assert_true(obs_timed(window, true, 1) > 0);
	assert_int_equal(window->faults.labels, OBS_BY_STATES);
	assert_int_equal(window->faults.kind[OBS_KIND_ZERO], PAGES);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(private_memory),
		TEST(copies_and_reuses),
		TEST(shared_memory),
		TEST(files),
		TEST(refusals),
		TEST(disagreement_is_told),
		TEST(sees_what_states_do_not),
		TEST(lost_samples_are_an_error),
		TEST(times_without_tracing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
