/* SPDX-License-Identifier: MIT */
/* A forked child that does what it is told, so that two processes take turns. */
#ifndef COW_OBSERVE_PEER_H
#define COW_OBSERVE_PEER_H

#include <sys/types.h>

/**
 * struct obs_peer - a forked child that does what it is told, in turn
 * @fd: the caller's end of a socket pair
 * @other: the child's end; -1 once the sides have parted
 * @pid: the child, for who forked it; else 0
 */
struct obs_peer {
	int fd;
	int other;
	pid_t pid;
};

/* No child yet, or no more. */
#define OBS_PEER_NONE ((struct obs_peer){ -1, -1, 0 })

/**
 * obs_peer_open() - Prepare for a child, before fork().
 * @peer: filled in
 *
 * Return: 0 or -errno.
 */
int obs_peer_open(struct obs_peer *peer);

/**
 * obs_peer_serve() - In the child: do what the parent says until it ends.
 * @peer: the structure, as fork() copied it
 *
 * Never returns: the child leaves by _exit(0) on obs_peer_end(), and is
 * killed when the process that forked it dies.
 */
_Noreturn void obs_peer_serve(struct obs_peer *peer);

/**
 * obs_peer_adopt() - In each other process that has the structure: part.
 * @peer: the structure
 * @pid: the child, for the process that forked it and will wait for it; 0 for
 *       another
 *
 * Until all have parted, a child's death goes unnoticed by obs_peer_call().
 * Who forked is made quiet as well, and waits until the child is: a fork left
 * the stacks of both to be copied at the next store, and whoever counts the
 * faults of all processes, as perf stat does, would count that.
 *
 * Return: 0; -EPIPE when the child died; -EINVAL for a negative @pid; or
 * another -errno.
 */
int obs_peer_adopt(struct obs_peer *peer, pid_t pid);

/**
 * obs_peer_call() - In the parent: have the child run a function; wait for it.
 * @peer: the structure
 * @run: what to run; after a fork a function has one address in both
 * @arg: its argument: shared memory, or what was there before the fork
 *
 * Return: 0; -EPIPE when the child is gone.
 */
int obs_peer_call(struct obs_peer *peer, void (*run)(void *arg), void *arg);

/**
 * obs_peer_end() - Let the child go; if it is ours, wait until it has gone.
 * @peer: the structure; nothing happens if it is closed already
 *
 * Return: 0; -ECHILD when it ended otherwise than by _exit(0); or -errno.
 */
int obs_peer_end(struct obs_peer *peer);

#endif
