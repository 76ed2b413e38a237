// SPDX-License-Identifier: MIT
/*
 * listen.c - how does a supervisor hear of calls, and answer them?
 *
 * Two descriptors: the filter's listener, where calls wait, and the socket to
 * the keeper, where the ends of processes are told. Calls come first: a child
 * that waits would otherwise never end.
 */
#include <errno.h>
#include <limits.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "internal.h"

/* Linux 6.6: wake the other side on this CPU, as a pipe does. */
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#endif
#define SYNC_WAKE_UP 1UL

static void note_asked(struct guard *g, const struct guard_spec *spec)
{
	size_t i;
	int nr;

	g->ask_other = spec->other == SCMP_ACT_NOTIFY;
	for (i = 0; i < spec->nrules; i++) {
		nr = spec->rules[i].nr;
		if (nr >= 0 && spec->rules[i].action == SCMP_ACT_NOTIFY)
			g->asked[nr % ASKED_BITS / 64] |= 1ULL << nr % 64;
	}
}

static bool is_asked(const struct guard *g, int nr)
{
	return g->ask_other || nr < 0 ||
	       g->asked[nr % ASKED_BITS / 64] >> nr % 64 & 1;
}

static int recv_note(struct guard *g, struct note *note, int *fd)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = { note, sizeof(*note) };
	struct msghdr msg = { .msg_iov = &iov,
			      .msg_iovlen = 1,
			      .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(g->sock, &msg, MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;

	if (n < 0)
		return -errno;
	if (n != sizeof(*note))
		return -EOWNERDEAD;
	c = CMSG_FIRSTHDR(&msg);
	if (fd && c && c->cmsg_type == SCM_RIGHTS)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return 0;
}

/* The keeper's first word: the listener, or why there is none. */
static int await_start(struct guard *g)
{
	struct note note = { 0 };
	int err;

	do {
		err = recv_note(g, &note, &g->listener);
		if (!err && note.what == NOTE_KEEPER)
			g->keeper = note.value;
	} while (err == -EINTR || (!err && note.what == NOTE_KEEPER));
	if (err)
		return err;
	if (note.what != NOTE_LISTENER)
		return note.value;
	g->killable = note.value > 0;
	g->target = abs(note.value);
	/* EINVAL before 6.6: then a wake-up costs more, no more than that. */
	ioctl(g->listener, SECCOMP_IOCTL_NOTIF_SET_FLAGS, SYNC_WAKE_UP);
	return 0;
}

/* Return: 0 or -errno, with no guard. */
static int new_guard(struct guard **out, const struct guard_spec *spec)
{
	struct seccomp_notif_sizes sizes;
	struct guard *g;
	int err = -ENOMEM;

	if (syscall(SYS_seccomp, SECCOMP_GET_NOTIF_SIZES, 0, &sizes))
		return -ENOSYS;
	g = calloc(1, sizeof(*g));
	if (!g)
		return -ENOMEM;
	g->sock = -1;
	g->listener = -1;
	g->watch = -1;
	g->keeper = -1;
	g->flags = spec->flags;
	note_asked(g, spec);
	if (spec->tmpdir)
		g->tmpdir = strdup(spec->tmpdir);
	if (!spec->tmpdir || g->tmpdir)
		err = seccomp_notify_alloc(&g->req, &g->resp);
	if (err) {
		free(g->tmpdir);
		free(g);
		return err == -EOPNOTSUPP ? -ENOSYS : err;
	}
	g->req_size = sizeof(*g->req);
	if (sizes.seccomp_notif > g->req_size)
		g->req_size = sizes.seccomp_notif;
	*out = g;
	return 0;
}

int guard_open(struct guard **out, const struct guard_spec *spec)
{
	struct sock_fprog prog = { 0 };
	char path[PATH_MAX];
	struct guard *g;
	int err;

	err = guard_search(spec->argv[0], path, sizeof(path));
	if (err)
		return err;
	err = new_guard(&g, spec);
	if (err)
		return err;
	err = guard_filter(spec, &prog);
	if (!err && prctl(PR_SET_CHILD_SUBREAPER, 1))
		err = -errno;
	if (!err)
		err = guard_start_keeper(g, spec, path, &prog);
	if (!err)
		err = await_start(g);
	free(prog.filter);
	if (err)
		guard_close(g);
	else
		*out = g;
	return err;
}

static void fill_event(struct guard_event *ev, const struct seccomp_notif *req)
{
	uint32_t arch = req->data.arch;
	char *name = NULL;
	int nr = req->data.nr;

	memset(ev, 0, sizeof(*ev));
	ev->what = GUARD_CALL;
	ev->id = req->id;
	ev->tid = req->pid;
	ev->ip = req->data.instruction_pointer;
	for (int i = 0; i < 6; i++)
		ev->args[i] = req->data.args[i];
	if (arch == SCMP_ARCH_X86_64 && nr & 0x40000000)
		arch = SCMP_ARCH_X32;
	ev->arch = arch;
	ev->nr = nr;
	if (arch == seccomp_arch_native())
		return;
	name = seccomp_syscall_resolve_num_arch(arch, nr);
	ev->nr = name ? seccomp_syscall_resolve_name(name) : -1;
	free(name);
}

/* Return: 1 when a call waits for the user, 0 when there was none. */
static int take_call(struct guard *g, struct guard_event *ev)
{
	bool exec;

	memset(g->req, 0, g->req_size);
	if (ioctl(g->listener, SECCOMP_IOCTL_NOTIF_RECV, g->req))
		return errno == ENOENT ? 0 : -errno;
	fill_event(ev, g->req);
	if (g->flags & GUARD_TASKS)
		guard_saw_call(g, ev);
	exec = ev->nr == SCMP_SYS(execve) || ev->nr == SCMP_SYS(execveat);
	if (exec && guard_find_proc(g, ev->tid))
		guard_find_proc(g, ev->tid)->stale = true;
	if (is_asked(g, ev->nr))
		return 1;
	return guard_allow(g, ev);
}

/* Return: 1 with an event, 0 for a note that makes none, or -errno. */
static int take_note(struct guard *g, struct guard_event *ev)
{
	struct note note = { 0 };
	int err = recv_note(g, &note, NULL);

	if (err == -EINTR)
		return err;
	if (err) {
		guard_end_keepers(g);
		return -EOWNERDEAD;
	}
	memset(ev, 0, sizeof(*ev));
	switch (note.what) {
	case NOTE_NO_EXEC:
		g->exec_error = note.value;
		return 0;
	case NOTE_FILES:
		g->files = note.value;
		return 0;
	case NOTE_EXIT:
		g->exited = true;
		ev->what = GUARD_EXIT;
		ev->status = note.value;
		ev->error = g->exec_error;
		return 1;
	case NOTE_DONE:
		ev->what = GUARD_DONE;
		ev->left = note.value;
		ev->files = g->files;
		return 1;
	default:
		return -EPROTO;
	}
}

/* Return: 1 with an event, 0 when there was none to tell, or -errno. */
static int wait_for_both(struct guard *g, struct guard_event *ev,
			 int timeout_ms)
{
	struct pollfd p[2] = { { .fd = g->gone ? -1 : g->listener,
				 .events = POLLIN },
			       { .fd = g->sock, .events = POLLIN } };
	int n = poll(p, 2, timeout_ms);

	if (n <= 0)
		return n ? -errno : -ETIME;
	if (p[0].revents & POLLIN)
		return take_call(g, ev);
	if (p[1].revents)
		return take_note(g, ev);
	g->gone = true;
	return 0;
}

/*
 * A caller that is interrupted now and then can wait where calls are received,
 * and need not be told first that there is one. A tick shows what else came.
 */
static int wait_for_call(struct guard *g, struct guard_event *ev)
{
	int n = take_call(g, ev), other;

	if (n && n != -EINTR)
		return n;
	other = wait_for_both(g, ev, 0);
	return other == -ETIME ? n : other;
}

int guard_next(struct guard *g, struct guard_event *ev, int timeout_ms)
{
	int n = 0;

	while (!n) {
		if (g->sock < 0)
			return -EOWNERDEAD;
		if (g->flags & GUARD_TICKS && timeout_ms < 0 && !g->gone)
			n = wait_for_call(g, ev);
		else
			n = wait_for_both(g, ev, timeout_ms);
	}
	return n < 0 ? n : 0;
}

static int answer(struct guard *g, const struct guard_event *ev, int64_t val,
		  int error, unsigned int flags)
{
	struct seccomp_notif_resp *r = g->resp;

	r->id = ev->id;
	r->val = val;
	r->error = -error;
	r->flags = flags;
	while (ioctl(g->listener, SECCOMP_IOCTL_NOTIF_SEND, r))
		if (errno != EINTR)
			return errno == ENOENT ? 0 : -errno;
	return 0;
}

int guard_allow(struct guard *g, const struct guard_event *ev)
{
	if (ev->nr == SCMP_SYS(brk))
		guard_brk_allowed(g, ev);
	return answer(g, ev, 0, 0, SECCOMP_USER_NOTIF_FLAG_CONTINUE);
}

int guard_fail(struct guard *g, const struct guard_event *ev, int error)
{
	uint64_t old;
	int err;

	if (error < 1 || error > 4095)
		return -EINVAL;
	if (ev->nr != SCMP_SYS(brk))
		return answer(g, ev, 0, error, 0);
	err = guard_break(g, ev, NULL, &old);
	if (err == -ESRCH)
		return 0;
	/* 0 is below any request too, and makes the C library ask anew. */
	return answer(g, ev, err ? 0 : (int64_t)old, 0, 0);
}

static void kill_pid(pid_t pid, void *arg)
{
	kill(pid, *(int *)arg);
}

int guard_kill(struct guard *g, int sig)
{
	if (g->exited || g->sock < 0)
		return -ESRCH;
	if (sig != SIGKILL)
		return kill(g->target, sig) ? -errno : 0;
	guard_walk(g->keeper, kill_pid, &sig);
	return 0;
}

void guard_close(struct guard *g)
{
	if (!g)
		return;
	guard_end_keepers(g);
	guard_forget(g);
	if (g->word)
		munmap((void *)g->word, sizeof(*g->word));
	free(g->tmpdir);
	free(g->req);
	free(g->resp);
	free(g);
}
