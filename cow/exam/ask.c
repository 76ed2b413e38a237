// SPDX-License-Identifier: MIT
/*
 * The examiner's side of the pipes: starts a subject in the sandbox, asks it,
 * and finds out how it ended when it does not answer.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

/* In the child, between fork and exec. */
static void become_sandbox(const struct exam *e, const int fds[4])
{
	struct rlimit limit = { e->lab->data_limit, e->lab->data_limit };
	char cpu[16], wall[16];

	snprintf(cpu, sizeof(cpu), "%u", e->lab->cpu_s ? e->lab->cpu_s : 2);
	snprintf(wall, sizeof(wall), "%u",
		 e->lab->wall_s ? e->lab->wall_s : 30);
	for (int i = 0; i < 4; i++)
		dup2(fds[i], i);
	close_range(4, ~0U, 0);
	signal(SIGPIPE, SIG_DFL);
	if (limit.rlim_cur)
		setrlimit(RLIMIT_DATA, &limit);
	if (!chdir(e->folder))
		execl(e->sandbox, "sandbox", "--profile", "lab", "--cpu", cpu,
		      "--wall", wall, "--report", "3", "--", e->program, NULL);
	dprintf(3, "sandbox: can't be run: %s: %s\n", e->sandbox,
		strerror(errno));
	_exit(126);
}

static void subject_start(struct exam *e)
{
	struct subject *s = &e->subject;
	int pipes[3][2];
	int ends[4];
	int i;

	for (i = 0; i < 3; i++)
		if (pipe2(pipes[i], O_CLOEXEC))
			exam_broken(e, "pipe: %s", strerror(errno));
	/* What it prints itself is shown to nobody. Opened last: above 3. */
	ends[2] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	if (ends[2] < 0)
		exam_broken(e, "open /dev/null: %s", strerror(errno));
	s->nheard = 0;
	s->sandbox = fork();
	if (s->sandbox < 0)
		exam_broken(e, "fork: %s", strerror(errno));
	ends[0] = pipes[0][0];
	ends[1] = pipes[1][1];
	ends[3] = pipes[2][1];
	if (!s->sandbox)
		become_sandbox(e, ends);
	close(pipes[0][0]);
	close(pipes[1][1]);
	close(ends[2]);
	close(pipes[2][1]);
	s->to = pipes[0][1];
	s->from = pipes[1][0];
	s->report = pipes[2][0];
}

/* Keeps what the sandbox tells, if there is room. Return: false at its end. */
static bool hear(struct subject *s)
{
	char rubbish[BUFSIZ];
	size_t room = sizeof(s->heard) - 1 - s->nheard;
	ssize_t got;

	if (room)
		got = read(s->report, s->heard + s->nheard, room);
	else
		got = read(s->report, rubbish, sizeof(rubbish));
	if (got > 0 && room)
		s->nheard += (size_t)got;
	return got > 0;
}

/*
 * The first line of a kind that is of memory or is not, without the sandbox's
 * name; NULL if none.
 */
static char *sandbox_line(struct subject *s, const char *kind, bool memory)
{
	static const char name[] = "sandbox: ",
			  over[] = "over the memory limit";
	char *at = s->heard;
	size_t len;

	s->heard[s->nheard] = '\0';
	for (; (at = strstr(at, name)); at++) {
		at += sizeof(name) - 1;
		len = strcspn(at, "\n");
		if (strncmp(at, kind, strlen(kind)) ||
		    memory != !!memmem(at, len, over, sizeof(over) - 1))
			continue;
		at[len] = '\0';
		return at;
	}
	return NULL;
}

static void drop_pipes(struct subject *s)
{
	close(s->to);
	close(s->from);
	close(s->report);
	s->sandbox = 0;
}

/* Return: exit status of the sandbox, which is that of the subject. */
static int subject_wait(struct exam *e)
{
	struct subject *s = &e->subject;
	int status;

	close(s->to);
	s->to = -1;
	while (hear(s))
		;
	while (waitpid(s->sandbox, &status, 0) < 0)
		if (errno != EINTR)
			exam_broken(e, "waitpid: %s", strerror(errno));
	drop_pipes(s);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void subject_kill(struct exam *e)
{
	if (!e->subject.sandbox)
		return;
	/* It takes the subject with it. */
	kill(e->subject.sandbox, SIGTERM);
	subject_wait(e);
}

/*
 * Fails the test by how the subject ended; returns if it ended well. To ask for
 * too much memory is no offence: a kernel would say ENOMEM as well.
 */
static void judge_end(struct exam *e, int status, bool early)
{
	struct subject *s = &e->subject;
	const char *line = sandbox_line(s, "refused", false);

	if (line) {
		exam_look(e, "that call: nothing in this lab needs it");
		exam_seen(e, "the sandbox %s", line);
	}
	line = sandbox_line(s, "killed", false);
	if (line) {
		exam_look(
			e,
			"a loop that does not end, a wait for what never comes, or processes left behind");
		exam_seen(e, "the sandbox stopped it: %s", line);
	}
	if (s->nheard && (status == 4 || status == 126))
		exam_broken(e, "%s", s->heard);
	line = sandbox_line(s, "refused", true);
	/* The status that the sandbox has for any refusal. */
	if (line && status == 1)
		status = 0;
	if (line && (status || early)) {
		exam_look(e, "what your code does when it gets no memory");
		exam_seen(e, "the program ended after the sandbox %s", line);
	}
	if (status > 128)
		exam_seen(e, "the program was ended by SIG%s",
			  sigabbrev_np(status - 128));
	if (status || early) {
		exam_look(
			e,
			"exit(), _exit(): your code is called by others and has to return");
		exam_seen(
			e,
			"the program ended with exit status %d instead of answering",
			status);
	}
}

void subject_end(struct exam *e)
{
	if (e->subject.sandbox)
		judge_end(e, subject_wait(e), false);
}

/* Reads one answer, and meanwhile what the sandbox tells. */
static bool receive(struct exam *e, struct exam_answer *answer)
{
	struct subject *s = &e->subject;
	struct pollfd fds[2] = { { s->from, POLLIN, 0 },
				 { s->report, POLLIN, 0 } };
	size_t done = 0;
	ssize_t got;

	while (done < sizeof(*answer)) {
		if (poll(fds, 2, -1) < 0)
			continue;
		if (fds[1].revents && !hear(s))
			fds[1].fd = -1;
		if (!fds[0].revents)
			continue;
		got = read(s->from, (char *)answer + done,
			   sizeof(*answer) - done);
		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

const struct exam_answer *exam_ask(struct exam *e, struct exam_ask ask)
{
	struct subject *s = &e->subject;

	if (!e->program)
		exam_seen(e, "there is no program: it did not compile");
	if (!s->sandbox)
		subject_start(e);
	if (getrandom(&ask.id, sizeof(ask.id), 0) != sizeof(ask.id))
		exam_broken(e, "getrandom: %s", strerror(errno));
	if (write(s->to, &ask, sizeof(ask)) != sizeof(ask) ||
	    !receive(e, &e->answer))
		judge_end(e, subject_wait(e), true);
	if (e->answer.id != ask.id)
		exam_seen(
			e,
			"something in the program wrote an answer to a question that was not asked");
	return &e->answer;
}

const struct exam_answer *exam_call(struct exam *e, uint64_t op, uint64_t a,
				    uint64_t b)
{
	return exam_ask(e, (struct exam_ask){ .op = op, .arg = { a, b } });
}

void exam_finish(struct exam *e)
{
	subject_end(e);
}
