// SPDX-License-Identifier: MIT
/*
 * Fork: every heap and pool is locked while the process is copied, so that the child
 * finds each in a state between two calls, and unlocked on both sides.
 *
 * A thread that forks in a signal handler may be inside a call of the heap
 * itself.  It leaves that heap as it is: on both sides the handler returns into
 * the call, which comes to its end and unlocks.
 */
#include "internal.h"

#include <errno.h>
#include <pthread.h>

static struct lock list_lock;
static struct lock *locks;

static void hold(struct lock *lock)
{
	lock->held_over_fork = lock_take(lock) == -EDEADLK;
}

static void let_go(struct lock *lock)
{
	if (!lock->held_over_fork)
		lock_drop(lock);
}

static void before_fork(void)
{
	struct lock *lock;

	hold(&list_lock);
	for (lock = locks; lock; lock = lock->next)
		hold(lock);
}

static void after_fork(void)
{
	struct lock *lock;

	for (lock = locks; lock; lock = lock->next)
		let_go(lock);
	let_go(&list_lock);
}

static void watch_forks(void)
{
	pthread_atfork(before_fork, after_fork, after_fork);
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
