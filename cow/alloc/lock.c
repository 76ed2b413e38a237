// SPDX-License-Identifier: MIT
/*
 * The lock of a heap: a futex word that holds the number of the owning thread.
 *
 * Knowing its owner is what a mutex of the C library does not offer together
 * with being let go in a forked child: a signal handler may fork while its
 * thread is inside the allocator, and both sides must be able to go on.
 */
#include "internal.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOCK_WAITED_FOR 0x80000000u

__thread uint32_t lock_self;

/* The copy of a thread in a child keeps its number. */
static uint32_t my_number(void)
{
	static _Atomic uint32_t last;

	if (!lock_self)
		lock_self = atomic_fetch_add(&last, 1) + 1;
	return lock_self;
}

/* Waits until the word may have changed; errno must survive free(). */
static int lock_wait(struct lock *lock, uint32_t seen,
		     const struct timespec *most)
{
	int saved = errno;
	int err = 0;

	if (syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, seen, most,
		    NULL, 0) &&
	    errno == ETIMEDOUT)
		err = -EBUSY;
	errno = saved;
	return err;
}

/* Waits for another thread to let go; -EBUSY if it does not for @most. */
static int lock_contended(struct lock *lock, uint32_t me,
			  const struct timespec *most)
{
	uint32_t seen = atomic_load(&lock->state);

	for (;;) {
		/* Others may wait still: who waited takes it as waited for. */
		if (!seen) {
			if (atomic_compare_exchange_weak(&lock->state, &seen,
							 me | LOCK_WAITED_FOR))
				return 0;
			continue;
		}
		if (!(seen & LOCK_WAITED_FOR) &&
		    !atomic_compare_exchange_weak(&lock->state, &seen,
						  seen | LOCK_WAITED_FOR))
			continue;
		if (lock_wait(lock, seen | LOCK_WAITED_FOR, most))
			return -EBUSY;
		seen = atomic_load(&lock->state);
	}
}

/* It has it for the sake of a fork alone, whose handlers may allocate. */
static __thread bool forking __attribute__((tls_model("initial-exec")));

void lock_pass(bool pass)
{
	forking = pass;
}

/* Returns 0, -EDEADLK when this thread has it already, -EBUSY if another has. */
int lock_try(struct lock *lock)
{
	uint32_t seen = 0;
	uint32_t me = my_number();

	if (lock_take_alone(lock))
		return 0;
	if (atomic_compare_exchange_strong_explicit(&lock->state, &seen, me,
						    memory_order_acquire,
						    memory_order_relaxed))
		return 0;
	if ((seen & ~LOCK_WAITED_FOR) != me)
		return -EBUSY;
	if (!forking || lock->inside)
		return -EDEADLK;
	lock->passed++;
	return 0;
}

/* As lock_take(); -EBUSY when another thread keeps it for @most, if not NULL. */
int lock_take_soon(struct lock *lock, const struct timespec *most)
{
	int err = lock_try(lock);

	return err == -EBUSY ? lock_contended(lock, my_number(), most) : err;
}

void lock_drop_slow(struct lock *lock)
{
	int saved;

	if (lock->passed) {
		lock->passed--;
		return;
	}
	if (!(atomic_exchange_explicit(&lock->state, 0, memory_order_release) &
	      LOCK_WAITED_FOR))
		return;
	saved = errno;
	syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	errno = saved;
}

/*
 * Signals wait while a thread has one of the inner locks.  A handler that forks
 * waits for all locks; others may hold an outer one while they wait for this.
 * In a process of one thread there are no others.
 */
static __thread unsigned int quiet __attribute((tls_model("initial-exec")));
static __thread bool masked __attribute((tls_model("initial-exec")));
static __thread uint64_t mask __attribute((tls_model("initial-exec")));

void quiet_begin(void)
{
	const uint64_t all = ~(uint64_t)0;

	if (quiet++ || __libc_single_threaded)
		return;
	masked = !syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask,
			  sizeof(mask));
}

void quiet_end(void)
{
	if (--quiet || !masked)
		return;
	masked = false;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}

int lock_take_quiet(struct lock *lock)
{
	int err;

	quiet_begin();
	err = lock_take(lock);
	if (err)
		quiet_end();
	return err;
}

void lock_drop_quiet(struct lock *lock)
{
	lock_drop(lock);
	quiet_end();
}
