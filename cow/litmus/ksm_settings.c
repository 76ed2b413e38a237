// SPDX-License-Identifier: MIT
/*
 * ksmd's settings, ours for the time of a scenario. A process of its own, the
 * guard, puts them back when our end of a socket closes: in the usual way, or
 * because we were killed. If it was killed, we do.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ksm.h"

/* Old kernels lack some of them. */
static const struct {
	const char *path;
	const char *value;
} setting[] = {
	{ KSM "pages_to_scan", "100000" },
	{ KSM "sleep_millisecs", "0" },
	{ KSM "use_zero_pages", "0" },
	{ KSM "smart_scan", "0" },
};

#define SETTINGS ((int)(sizeof(setting) / sizeof(*setting)))

static char kept[SETTINGS][32];
static pid_t guard_pid;
static int guard_fd = -1;

static bool read_text(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return false;
	got = read(fd, text, size - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	return got > 0;
}

static int write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t put = fd < 0 ? -1 : write(fd, text, strlen(text));

	if (fd >= 0)
		close(fd);
	return put > 0 ? 0 : lit_fail(ENODEV, "needs to write %s", path);
}

long ksm_number(const char *path)
{
	char text[32];

	return read_text(path, text, sizeof(text)) ? atol(text) : -ENODEV;
}

int ksm_run(bool run)
{
	return write_text(KSM "run", run ? "1" : "0");
}

/*
 * First ksmd stops and forgets all that it has seen: nothing was merged before,
 * so nothing is now. Then the rest.
 */
static int put_back(void)
{
	int rc = write_text(KSM "run", "2");

	if (ksm_run(false))
		rc = -ENODEV;
	for (int i = 0; i < SETTINGS; i++)
		if (*kept[i] && write_text(setting[i].path, kept[i]))
			rc = -ENODEV;
	return rc;
}

/* All descriptors but two: who waits for a worker's end does not wait for us. */
static void keep_open(int one, int other)
{
	int low = one < other ? one : other, high = one < other ? other : one;

	if (low > 0)
		close_range(0, low - 1, 0);
	if (high > low + 1)
		close_range(low + 1, high - 1, 0);
	close_range(high + 1, ~0U, 0);
}

static void guard(int fd, int lock)
{
	static const int deadly[] = { SIGINT,  SIGTERM, SIGHUP,
				      SIGQUIT, SIGPIPE, SIGALRM };
	char byte = 0;

	setsid();
	for (size_t i = 0; i < sizeof(deadly) / sizeof(*deadly); i++)
		signal(deadly[i], SIG_IGN);
	keep_open(fd, lock);
	if (write(fd, &byte, 1) == 1)
		while (read(fd, &byte, 1) < 0 && errno == EINTR)
			;
	_exit(put_back() ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* Nothing is changed before the guard says that it watches. */
static int start_guard(int lock)
{
	int ends[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return lit_fail(errno, "make a pair of sockets");
	guard_pid = fork();
	if (!guard_pid) {
		close(ends[0]);
		guard(ends[1], lock);
	}
	close(ends[1]);
	guard_fd = ends[0];
	if (guard_pid < 0)
		return lit_fail(EAGAIN, "fork");
	if (read(guard_fd, &byte, 1) != 1)
		return lit_fail(ECHILD, "have a guard for ksmd's settings");
	return 0;
}

int ksm_settings_begin(int lock)
{
	int rc;

	for (int i = 0; i < SETTINGS; i++)
		if (!read_text(setting[i].path, kept[i], sizeof(kept[i])))
			*kept[i] = '\0';
	rc = start_guard(lock);
	for (int i = 0; i < SETTINGS && !rc; i++)
		if (*kept[i])
			rc = write_text(setting[i].path, setting[i].value);
	return rc;
}

int ksm_settings_end(void)
{
	int status = -1;
	pid_t got = -1;

	if (guard_fd < 0)
		return 0;
	close(guard_fd);
	guard_fd = -1;
	if (guard_pid > 0)
		do {
			got = waitpid(guard_pid, &status, 0);
		} while (got < 0 && errno == EINTR);
	return got == guard_pid && !status ? 0 : put_back();
}
