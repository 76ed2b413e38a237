// SPDX-License-Identifier: MIT
/*
 * Fork: every heap and pool is locked while the process is copied, so that the
 * child finds each in a state between two calls, and unlocked on both sides.
 *
 * A thread that forks in a signal handler may be inside a call of the heap
 * itself.  It leaves that heap as it is: on both sides the handler returns into
 * the call, which comes to its end and unlocks.  Another thread that forks at
 * the same time must not wait for that heap while it has a lock that the first
 * one wants; so after a while it lets go of all and begins again.
 *
 * Handlers that were registered before ours run while all is locked.  What they
 * allocate passes the locks, which their thread has.
 */
#include "internal.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>

static struct lock list_lock;
static struct lock *locks;

static bool hold(struct lock *lock, const struct timespec *patience)
{
	int err = lock_take_soon(lock, patience);

	lock->inside += err == -EDEADLK;
	return err != -EBUSY;
}

static void let_go(struct lock *lock)
{
	if (lock->inside)
		lock->inside--;
	else
		lock_drop(lock);
}

static void let_go_until(const struct lock *end)
{
	struct lock *lock;

	for (lock = locks; lock != end; lock = lock->next)
		let_go(lock);
}

/* Holds all or none of them. */
static bool hold_all(const struct timespec *patience)
{
	struct lock *lock;

	if (!hold(&list_lock, patience))
		return false;
	for (lock = locks; lock; lock = lock->next) {
		if (!hold(lock, patience)) {
			let_go_until(lock);
			let_go(&list_lock);
			return false;
		}
	}
	return true;
}

static void before_fork(void)
{
	struct timespec patience = { .tv_nsec = 10000000 };

	/* On a busy machine who has a lock may not run for long. */
	while (!hold_all(&patience)) {
		sched_yield();
		if (patience.tv_nsec < 500000000)
			patience.tv_nsec *= 2;
	}
	lock_pass(true);
}

static void after_fork(bool child)
{
	struct lock *lock;

	lock_pass(false);
	for (lock = locks; lock; lock = lock->next)
		if (lock->forked)
			lock->forked(lock, child);
	let_go_until(NULL);
	let_go(&list_lock);
}

static void in_parent(void)
{
	after_fork(false);
}

static void in_child(void)
{
	after_fork(true);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, in_parent, in_child);
}

void fork_register(struct lock *lock)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, watch_forks);
	lock_take(&list_lock);
	lock->next = locks;
	locks = lock;
	lock_drop(&list_lock);
}

void fork_forget(struct lock *lock)
{
	struct lock **link;

	lock_take(&list_lock);
	for (link = &locks; *link; link = &(*link)->next) {
		if (*link == lock) {
			*link = lock->next;
			break;
		}
	}
	lock_drop(&list_lock);
}
