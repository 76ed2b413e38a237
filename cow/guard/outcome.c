// SPDX-License-Identifier: MIT
/*
 * outcome.c - a call was refused: did the program bear it, say so, or break?
 *
 * A run under a fault is compared with one that was let be: exit status,
 * standard output, and what is left behind.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "guard/internal.h"

static void hash(uint64_t *h, unsigned char c)
{
	*h = (*h ^ c) * 0x100000001b3ULL;
}

/* One pass, two hashes: as it is, and with each number made one letter. */
static void hash_output(int fd, struct guard_result *r)
{
	unsigned char buf[4096], before = 0;
	ssize_t n, i;

	r->exact = 0xcbf29ce484222325ULL;
	r->masked = r->exact;
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++) {
			unsigned char c = isxdigit(buf[i]) ? '0' : buf[i];

			hash(&r->exact, buf[i]);
			if (c != '0' || before != '0')
				hash(&r->masked, c);
			before = c;
		}
	}
}

static void first_words(int fd, struct guard_result *r)
{
	ssize_t n = pread(fd, r->words, sizeof(r->words) - 1, 0);

	r->spoke = n > 0;
	r->words[n > 0 ? n : 0] = '\0';
	r->words[strcspn(r->words, "\n")] = '\0';
	for (char *c = r->words; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';
}

static int remove_entry(const char *path, const struct stat *st, int kind,
			struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static unsigned int count_entries(const char *path)
{
	unsigned int n = 0;
	struct dirent *d;
	DIR *dir = opendir(path);

	while (dir && (d = readdir(dir)) != NULL)
		n += strcmp(d->d_name, ".") && strcmp(d->d_name, "..");
	if (dir)
		closedir(dir);
	return n;
}

static long now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000L + ts.tv_nsec / 1000000;
}

/* The caller's environment, with another TMPDIR in front. */
static char **own_env(char *tmpdir)
{
	size_t n = 0, i, kept = 1;
	char **env;

	while (environ[n])
		n++;
	env = calloc(n + 2, sizeof(*env));
	if (!env)
		return NULL;
	env[0] = tmpdir;
	for (i = 0; i < n; i++)
		if (strncmp(environ[i], "TMPDIR=", 7) != 0)
			env[kept++] = environ[i];
	return env;
}

static int run_in(char *tmpdir, const int *fds, struct guard_trial *t,
		  struct guard_result *r)
{
	char **env = own_env(tmpdir);
	long begin = now_ms();
	size_t i;
	int err;

	if (!env)
		return -ENOMEM;
	t->envp = env;
	t->fds = fds;
	err = guard_try(t);
	t->envp = NULL;
	t->fds = NULL;
	free(env);
	r->ms = now_ms() - begin;
	r->status = t->status;
	r->timed_out = t->timed_out;
	r->left = t->left;
	for (i = 0; i < t->nfaults; i++)
		r->hit |= t->faults[i].hits > 0;
	return err;
}

int guard_capture(struct guard_trial *t, struct guard_result *r)
{
	char tmpdir[] = "TMPDIR=/tmp/cow-fail-XXXXXX";
	char *folder = strchr(tmpdir, '/');
	int i, err = 0;
	int fds[3] = { open("/dev/null", O_RDONLY | O_CLOEXEC),
		       memfd_create("out", MFD_CLOEXEC),
		       memfd_create("err", MFD_CLOEXEC) };

	memset(r, 0, sizeof(*r));
	if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0 || !mkdtemp(folder))
		err = -errno;
	if (!err) {
		err = run_in(tmpdir, fds, t, r);
		r->files = count_entries(folder);
		nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
		hash_output(fds[1], r);
		first_words(fds[2], r);
	}
	for (i = 0; i < 3; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	return err;
}

enum guard_likeness guard_likeness(const struct guard_result *a,
				   const struct guard_result *b)
{
	if (a->exact == b->exact)
		return GUARD_BYTES;
	return a->masked == b->masked ? GUARD_MASKED : GUARD_STATUS;
}

static int crash_signal(int status)
{
	static const int crashes[] = { SIGSEGV, SIGBUS,	 SIGILL, SIGFPE,
				       SIGABRT, SIGTRAP, SIGSYS };
	size_t i;

	if (WIFSIGNALED(status))
		return WTERMSIG(status);
	/* A shell says so when the program it waited for crashed. */
	for (i = 0; i < sizeof(crashes) / sizeof(*crashes); i++)
		if (WEXITSTATUS(status) == 128 + crashes[i])
			return crashes[i];
	return 0;
}

static bool same_output(const struct guard_result *r,
			const struct guard_result *clean,
			enum guard_likeness like)
{
	if (like == GUARD_BYTES)
		return r->exact == clean->exact;
	return like == GUARD_STATUS || r->masked == clean->masked;
}

enum guard_outcome guard_judge(const struct guard_result *r,
			       const struct guard_result *clean,
			       enum guard_likeness like, char *why, size_t size)
{
	int sig = r->status == clean->status ? 0 : crash_signal(r->status);
	bool same = same_output(r, clean, like);

	if (r->timed_out) {
		snprintf(why, size, "still running after %ld ms", r->ms);
		return GUARD_HANG;
	}
	if (sig) {
		snprintf(why, size, "SIG%s %s", sigabbrev_np(sig), r->words);
		return GUARD_CRASH;
	}
	if (r->left > clean->left || r->files > clean->files) {
		snprintf(why, size, "%u processes, %u files left", r->left,
			 r->files);
		return GUARD_LEAK;
	}
	if (r->status == clean->status) {
		snprintf(why, size, "%s",
			 !r->hit ? "the call did not come" :
			 same	 ? "" :
				   "other output than without the fault");
		return same ? GUARD_UNHARMED : GUARD_WRONG;
	}
	snprintf(why, size, "exit %d: %s", WEXITSTATUS(r->status),
		 r->spoke ? r->words : "without a word");
	return r->spoke && WEXITSTATUS(r->status) ? GUARD_CLEAN : GUARD_WRONG;
}
