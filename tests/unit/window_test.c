// SPDX-License-Identifier: MIT
/* Windows, places and children of observe, on the kernel that runs here. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "observe/observe.h"
#include "observe/uapi.h"

#define PAGES 33

static struct obs_window *window;
static char *area;
static size_t bytes;

static int set_up(void **state)
{
	bytes = PAGES * obs_page_size();
	if (obs_small_pages() || obs_pin() || obs_gap_map(&area, bytes) ||
	    obs_window_open(&window, area, PAGES))
		return -1;
	return mmap(area, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		    0) == MAP_FAILED;
}

static int tear_down(void **state)
{
	obs_window_close(window);
	return obs_gap_unmap(area, bytes);
}

static void counts_nothing(void **state)
{
	assert_int_equal(obs_begin(window), 0);
	assert_int_equal(obs_end(window), 0);
	assert_int_equal(window->faults.total, 0);
}

static void counts_writes(void **state)
{
	obs_writes(window);
	assert_int_equal(window->error, 0);
	assert_int_equal(window->faults.total, PAGES);
	assert_int_equal(window->faults.kind[OBS_KIND_ZERO], PAGES);
	assert_int_equal(window->faults.by_perf, PAGES);
}

static void matches_what_it_reads(void **state)
{
	window->value = 7;
	obs_writes(window);
	touch_write(area, 8);
	obs_reads(window);
	assert_int_equal(window->matched, PAGES - 1);
	assert_int_equal(window->faults.total, 0);
	assert_int_equal(obs_matches(window, 8), 1);
}

/* perf does not count populated pages: unless told, the counters disagree. */
static void notices_populated_pages(void **state)
{
	assert_int_equal(obs_begin(window), 0);
	assert_int_equal(madvise(area, bytes, MADV_POPULATE_WRITE), 0);
	if (obs_source_now() == OBS_RUSAGE) {
		assert_int_equal(obs_end(window), 0);
		skip();
	}
	assert_int_equal(obs_end(window), -EBADMSG);
	assert_int_equal(window->error, -EBADMSG);
	assert_non_null(strstr(window->what, "perf counts 0, getrusage 33"));
}

static void explains_populated_pages(void **state)
{
	assert_int_equal(obs_begin(window), 0);
	assert_int_equal(madvise(area, bytes, MADV_POPULATE_WRITE), 0);
	obs_note_populated(window, PAGES);
	assert_int_equal(obs_end(window), 0);
	assert_int_equal(window->faults.total, 0);
}

/* The kernel's own touch: perf sees it unless it may not see the kernel. */
static void explains_kernel_touches(void **state)
{
	int fd = open("/dev/zero", O_RDONLY);

	assert_true(fd >= 0);
	assert_int_equal(obs_begin(window), 0);
	assert_int_equal(read(fd, area, bytes), bytes);
	obs_note_kernel(window, PAGES);
	assert_int_equal(obs_end(window), 0);
	assert_int_equal(window->faults.total, PAGES);
	assert_int_equal(window->faults.by_perf,
			 window->faults.source == OBS_PERF_USER ? 0 : PAGES);
	close(fd);
}

static void counts_refusals(void **state)
{
	struct obs_signal signal;

	assert_int_equal(mprotect(area, bytes, PROT_READ), 0);
	assert_int_equal(obs_begin(window), 0);
	assert_int_equal(obs_try_write(area, 1, &signal), 0);
	assert_int_equal(obs_end(window), 0);
	assert_string_equal(obs_signal_text(&signal), "SIGSEGV, SEGV_ACCERR");
	assert_ptr_equal(signal.addr, area);
	assert_int_equal(window->faults.total, 1);
	assert_int_equal(window->faults.kind[OBS_KIND_SEGV], 1);
	assert_int_equal(obs_try_write(area - 1, 1, &signal), 0);
	assert_string_equal(obs_signal_text(&signal), "SIGSEGV, SEGV_ACCERR");
	assert_int_equal(obs_try_read(area, &signal), 0);
	assert_string_equal(obs_signal_text(&signal), "no signal");
}

static int seven(void)
{
	return 7;
}

static void counts_refused_calls(void **state)
{
	struct obs_signal signal;
	int result = 0;

	assert_int_equal(obs_begin(window), 0);
	assert_int_equal(obs_try_call(seven, &result, &signal), 0);
	assert_int_equal(signal.signo, 0);
	assert_int_equal(result, 7);
	touch_write(area, 'x');
	assert_int_equal(obs_try_call(area, &result, &signal), 0);
	assert_int_equal(obs_end(window), 0);
	assert_string_equal(obs_signal_text(&signal), "SIGSEGV, SEGV_ACCERR");
	assert_int_equal(result, 7);
	assert_int_equal(window->faults.total, 2);
	assert_int_equal(window->faults.kind[OBS_KIND_SEGV], 1);
}

static void sees_faults_elsewhere(void **state)
{
	char *other;

	assert_int_equal(obs_gap_map(&other, bytes), 0);
	assert_int_equal(mprotect(other, bytes, PROT_READ | PROT_WRITE), 0);
	assert_int_equal(obs_begin(window), 0);
	touch_write(other, 1);
	assert_int_equal(obs_end(window), 0);
	assert_int_equal(window->faults.kind[OBS_KIND_STRAY], 1);
	assert_int_equal(obs_gap_unmap(other, bytes), 0);
}

static void watches_so_many_ranges(void **state)
{
	struct obs_window *more[16];
	size_t n = 0;
	int rc = 0;

	while (n < 16 && !(rc = obs_window_open(&more[n], area, 1)))
		n++;
	assert_int_equal(rc, -ENOSPC);
	assert_int_equal(n, 14);
	while (n)
		obs_window_close(more[--n]);
	assert_int_equal(obs_window_open(&more[0], area, 1), 0);
	obs_window_close(more[0]);
}

static void fork_peer(struct obs_peer *peer)
{
	pid_t pid;

	assert_int_equal(obs_peer_open(peer), 0);
	pid = fork();
	if (pid == 0)
		obs_peer_serve(peer);
	assert_true(pid > 0);
	assert_int_equal(obs_peer_adopt(peer, pid), 0);
}

static size_t open_descriptors(void)
{
	size_t n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* The errors of perf's protocol come after the counters were opened. */
static void closes_its_counters(void **state)
{
	size_t before = open_descriptors();

	obs_writes(window);
	assert_int_equal(open_descriptors(), before);
	setenv("PERF_CTL_FD", "x", 1);
	obs_writes(window);
	assert_int_equal(window->error, -EINVAL);
	unsetenv("PERF_CTL_FD");
	assert_int_equal(open_descriptors(), before);
	window->error = 0;
	assert_int_equal(obs_end(window), -EINVAL);
	assert_int_equal(open_descriptors(), before);
}

static void leaves_errno_alone(void **state)
{
	assert_int_equal(obs_begin(window), 0);
	errno = EXDEV;
	assert_int_equal(obs_end(window), 0);
	assert_int_equal(errno, EXDEV);
}

/* Unmapped by its file: SIGBUS, not SIGSEGV. */
static void names_a_bus_error(void **state)
{
	int fd = memfd_create("empty", MFD_CLOEXEC);
	struct obs_signal signal;

	assert_true(fd >= 0);
	assert_ptr_equal(mmap(area, bytes, PROT_READ, MAP_SHARED | MAP_FIXED,
			      fd, 0),
			 area);
	assert_int_equal(obs_try_read(area, &signal), 0);
	assert_string_equal(obs_signal_text(&signal), "SIGBUS, BUS_ADRERR");
	close(fd);
}

/* The pages of a reuse are the same, and the kernel has counted them. */
static void tells_reuse_from_copy(void **state)
{
	struct obs_peer peer;

	obs_writes(window);
	fork_peer(&peer);
	assert_int_equal(obs_peer_end(&peer), 0);
	obs_writes(window);
	assert_int_equal(window->faults.kind[OBS_KIND_REUSE], PAGES);
	assert_true(window->faults.reuses >= PAGES);
}

static void refuses_bad_ranges(void **state)
{
	struct obs_window *none;
	char *addr;

	assert_int_equal(obs_window_open(&none, area + 1, 1), -EINVAL);
	assert_int_equal(obs_window_open(&none, area, 0), -EINVAL);
	assert_int_equal(obs_window_open(&none, area, SIZE_MAX), -EINVAL);
	assert_int_equal(obs_gap_map(&addr, 0), -EINVAL);
	assert_int_equal(obs_gap_map(&addr, SIZE_MAX), -EINVAL);
	assert_int_equal(obs_gap_map(&addr, SIZE_MAX / 4), -ENOMEM);
}

static void a_child_counts_copies(void **state)
{
	struct obs_peer peer;

	obs_writes(window);
	fork_peer(&peer);
	assert_int_equal(obs_peer_call(&peer, obs_writes, window), 0);
	assert_int_equal(window->error, 0);
	assert_int_equal(window->faults.kind[OBS_KIND_COPY], PAGES);
	assert_int_equal(obs_peer_end(&peer), 0);
	assert_int_equal(obs_peer_end(&peer), 0);
	obs_writes(window);
	assert_int_equal(window->faults.kind[OBS_KIND_REUSE], PAGES);
}

static void a_killed_child_is_noticed(void **state)
{
	struct obs_peer peer;

	fork_peer(&peer);
	assert_int_equal(kill(peer.pid, SIGKILL), 0);
	assert_int_equal(obs_peer_call(&peer, obs_writes, window), -EPIPE);
	assert_int_equal(obs_peer_end(&peer), -ECHILD);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/* What obs_begin() says when perf, played by us, answers so. */
static int begin_with_perf(const char *answer, char *heard, size_t size)
{
	int ctl[2], ack[2], rc;
	char number[16];
	ssize_t got;

	assert_int_equal(pipe(ctl) | pipe(ack), 0);
	if (*answer)
		assert_int_equal(write(ack[1], answer, strlen(answer)),
				 strlen(answer));
	close(ack[1]);
	snprintf(number, sizeof(number), "%d", ctl[1]);
	setenv("PERF_CTL_FD", number, 1);
	snprintf(number, sizeof(number), "%d", ack[0]);
	setenv("PERF_ACK_FD", number, 1);
	rc = obs_begin(window);
	unsetenv("PERF_CTL_FD");
	unsetenv("PERF_ACK_FD");
	obs_end(window);
	close(ctl[1]);
	got = read(ctl[0], heard, size - 1);
	heard[got > 0 ? got : 0] = '\0';
	close(ctl[0]);
	close(ack[0]);
	return rc;
}

static void speaks_with_perf(void **state)
{
	char heard[32];

	assert_int_equal(begin_with_perf("ack\n", heard, sizeof(heard)), 0);
	assert_string_equal(heard, "enable\n");
	assert_int_equal(begin_with_perf("nak\n", heard, sizeof(heard)),
			 -EPROTO);
	assert_int_equal(begin_with_perf("", heard, sizeof(heard)), -EPIPE);
	setenv("PERF_CTL_FD", "x", 1);
	assert_int_equal(obs_begin(window), -EINVAL);
	obs_end(window);
	unsetenv("PERF_CTL_FD");
}

/* "Referenced" of the watched range: kilobytes whose accessed bit is set. */
static long referenced(void)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	char line[512];
	struct obs_vma vma;
	bool here = false;
	long kb = -1;

	assert_non_null(smaps);
	while (kb < 0 && fgets(line, sizeof(line), smaps)) {
		line[strcspn(line, "\n")] = '\0';
		if (!obs_vma_parse(line, &vma))
			here = vma.start == (uintptr_t)area;
		else if (here)
			sscanf(line, "Referenced: %ld kB", &kb);
	}
	fclose(smaps);
	return kb;
}

/* What is not marked nobody unmarks in the midst of a fault. */
static void unmarks_its_pages(void **state)
{
	if (obs_unmark() == -EOPNOTSUPP)
		skip();
	touch_write_pages(area, PAGES, obs_page_size(), 1);
	assert_int_equal(referenced(), PAGES * obs_page_size() / 1024);
	assert_int_equal(obs_begin(window), 0);
	assert_int_equal(referenced(), 0);
	touch_write_pages(area, PAGES, obs_page_size(), 2);
	assert_int_equal(obs_end(window), 0);
	assert_int_equal(window->faults.total, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_nothing),
		TEST(counts_writes),
		TEST(matches_what_it_reads),
		TEST(notices_populated_pages),
		TEST(explains_populated_pages),
		TEST(explains_kernel_touches),
		TEST(counts_refusals),
		TEST(counts_refused_calls),
		TEST(sees_faults_elsewhere),
		TEST(watches_so_many_ranges),
		TEST(refuses_bad_ranges),
		TEST(closes_its_counters),
		TEST(leaves_errno_alone),
		TEST(names_a_bus_error),
		TEST(tells_reuse_from_copy),
		TEST(a_child_counts_copies),
		TEST(a_killed_child_is_noticed),
		TEST(speaks_with_perf),
		TEST(unmarks_its_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
