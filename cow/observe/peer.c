// SPDX-License-Identifier: MIT
/*
 * Taking turns with a child: an order is a function and its argument, sent
 * through a socket pair; after a fork both sides have the function.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "internal.h"

#define LOOK_AFTER_MS 100

struct order {
	void (*run)(void *arg);
	void *arg;
};

int obs_peer_open(struct obs_peer *peer)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return obs_fail(errno, "make a socket pair for a child");
	peer->fd = pair[0];
	peer->other = pair[1];
	peer->pid = 0;
	return 0;
}

/* Be quiet, say so, and then do what comes. */
void obs_peer_serve(struct obs_peer *peer)
{
	struct order order;
	char done = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(peer->fd);
	if (obs_quiet())
		_exit(1);
	while (send(peer->other, &done, 1, MSG_NOSIGNAL) == 1 &&
	       recv(peer->other, &order, sizeof(order), 0) == sizeof(order) &&
	       order.run)
		order.run(order.arg);
	_exit(0);
}

/*
 * Has a child of ours ended? It stays there to be waited for, unless SIGCHLD is
 * ignored: then it is gone at once, and is no child any more (wait(2)).
 */
static bool has_ended(pid_t pid)
{
	siginfo_t info = { 0 };

	if (!pid)
		return false;
	if (waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT))
		return errno == ECHILD;
	return info.si_pid == pid;
}

/*
 * Wait for the child's answer. Its end closes its side of the pair, but others
 * may have that side open still: so look after it from time to time.
 */
static int wait_done(const struct obs_peer *peer)
{
	struct pollfd answer = { .fd = peer->fd, .events = POLLIN };
	ssize_t got;
	char done;
	int ready;

	do {
		ready = poll(&answer, 1, LOOK_AFTER_MS);
	} while ((ready < 0 && errno == EINTR) ||
		 (!ready && !has_ended(peer->pid)));
	got = recv(peer->fd, &done, 1, MSG_DONTWAIT);
	return got == 1 ? 0 : obs_fail(EPIPE, "talk to the child");
}

int obs_peer_adopt(struct obs_peer *peer, pid_t pid)
{
	int rc;

	if (pid < 0)
		return obs_fail(EINVAL, "adopt a child that was not born");
	close(peer->other);
	peer->other = -1;
	peer->pid = pid;
	if (!pid)
		return 0;
	rc = obs_quiet();
	return rc ? rc : wait_done(peer);
}

int obs_peer_call(struct obs_peer *peer, void (*run)(void *arg), void *arg)
{
	struct order order = { run, arg };

	if (send(peer->fd, &order, sizeof(order), MSG_NOSIGNAL) !=
	    sizeof(order))
		return obs_fail(EPIPE, "talk to the child");
	return wait_done(peer);
}

int obs_peer_end(struct obs_peer *peer)
{
	const struct order leave = { 0 };
	pid_t pid = peer->pid, got;
	int status;

	if (peer->fd < 0)
		return 0;
	send(peer->fd, &leave, sizeof(leave), MSG_NOSIGNAL);
	close(peer->fd);
	if (peer->other >= 0)
		close(peer->other);
	*peer = OBS_PEER_NONE;
	if (!pid)
		return 0;
	do {
		got = waitpid(pid, &status, 0);
	} while (got < 0 && errno == EINTR);
	if (got < 0)
		return obs_fail(errno, "wait for the child");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return obs_fail(ECHILD, "let the child end");
	return 0;
}
