// SPDX-License-Identifier: MIT
/*
 * outcome.c - a call was refused: did the program bear it, say so, or break?
 *
 * A run under a fault is compared with one that was let be: exit status,
 * standard output, and what is left behind.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "internal.h"

static void hash(uint64_t *h, unsigned char c)
{
	*h = (*h ^ c) * 0x100000001b3ULL;
}

/* Where in a text one is: numbers, and addresses that begin with 0x. */
struct reader {
	unsigned char before;
	bool address;
};

/*
 * Two hashes of a text, one without its addresses, which move with each block
 * that malloc puts elsewhere, and one in which each number is one letter and
 * what sets numbers in columns, be it wide or narrow, one blank.
 */
static void hash_char(struct guard_result *r, struct reader *at,
		      unsigned char c)
{
	unsigned char masked = isxdigit(c) ? '0' : c;

	at->address = (at->address && isxdigit(c)) ||
		      (at->before == '0' && c == 'x');
	if (!at->address)
		hash(&r->exact, c);
	if ((masked != '0' || !isxdigit(at->before)) &&
	    (masked != ' ' || at->before != ' '))
		hash(&r->masked, masked);
	at->before = c;
}

/* The last line is where a program tells its verdict, if anywhere. */
static void note_line(struct guard_result *r, char *line, size_t *len,
		      unsigned char c)
{
	if (c == '\n') {
		line[*len] = '\0';
		strcpy(r->last, line);
		*len = 0;
	} else if (*len < GUARD_WORDS_LEN - 1) {
		line[(*len)++] = c < ' ' || c > '~' ? '?' : c;
	}
}

static void hash_output(int fd, struct guard_result *r)
{
	char line[GUARD_WORDS_LEN];
	unsigned char buf[BUFSIZ];
	struct reader at = { 0 };
	size_t len = 0;
	ssize_t n, i;

	r->exact = 0xcbf29ce484222325ULL;
	r->masked = r->exact;
	lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		for (i = 0; i < n; i++) {
			hash_char(r, &at, buf[i]);
			note_line(r, line, &len, buf[i]);
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

/* Milliseconds since some moment in the past. */
long guard_now_ms(void)
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
	long begin = guard_now_ms();
	size_t i;
	int err;

	if (!env)
		return -ENOMEM;
	t->envp = env;
	t->fds = fds;
	t->tmpdir = strchr(tmpdir, '/');
	err = guard_try(t);
	t->envp = NULL;
	t->fds = NULL;
	t->tmpdir = NULL;
	free(env);
	r->ms = guard_now_ms() - begin;
	r->status = t->status;
	r->timed_out = t->timed_out;
	r->left = t->left;
	r->files = t->files;
	for (i = 0; i < t->nfaults; i++)
		r->hit |= t->faults[i].hits > 0;
	return err;
}

int guard_capture(struct guard_trial *t, struct guard_result *r)
{
	char tmpdir[PATH_MAX] = "TMPDIR=";
	size_t name = strlen(tmpdir);
	int i, err = 0;
	int fds[3] = { open("/dev/null", O_RDONLY | O_CLOEXEC),
		       memfd_create("out", MFD_CLOEXEC),
		       memfd_create("err", MFD_CLOEXEC) };

	memset(r, 0, sizeof(*r));
	if (fds[0] < 0 || fds[1] < 0 || fds[2] < 0)
		err = -errno;
	else
		err = guard_folder_name(GUARD_TRIAL_NAME, tmpdir + name,
					sizeof(tmpdir) - name);
	if (!err) {
		err = run_in(tmpdir, fds, t, r);
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

/* Does its output end in saying that something is wrong? */
static bool is_verdict(const struct guard_result *r)
{
	static const char *const words[] = { "differ", "fail",	 "error",
					     "cannot", "not ok", "skipped" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strcasestr(r->last, words[i]))
			return true;
	return false;
}

enum guard_outcome guard_judge(const struct guard_result *r,
			       const struct guard_result *clean,
			       enum guard_likeness like, char *why, size_t size)
{
	int sig = r->status == clean->status ? 0 : crash_signal(r->status);
	bool same = same_output(r, clean, like);

	if (r->timed_out) {
		snprintf(why, size, "still running at the time limit");
		return GUARD_HANG;
	}
	if (sig) {
		snprintf(why, size, "SIG%s %s", sigabbrev_np(sig), r->words);
		return GUARD_CRASH;
	}
	if (r->left > clean->left || r->files > clean->files) {
		snprintf(why, size, "%u process%s, %u file%s left", r->left,
			 r->left == 1 ? "" : "es", r->files,
			 r->files == 1 ? "" : "s");
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
		 r->spoke      ? r->words :
		 is_verdict(r) ? r->last :
				 "without a word");
	return WEXITSTATUS(r->status) && (r->spoke || is_verdict(r)) ?
		       GUARD_CLEAN :
		       GUARD_WRONG;
}
