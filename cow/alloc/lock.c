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
#include <sys/syscall.h>
#include <unistd.h>

#define LOCK_WAITED_FOR 0x80000000u

static __thread uint32_t self __attribute__((tls_model("initial-exec")));

/* A number of this thread's own; the copy of a thread in a child keeps it. */
static uint32_t lock_self(void)
{
	static _Atomic uint32_t last;

	if (!self)
		self = atomic_fetch_add(&last, 1) + 1;
	return self;
}

/* Waits until the word may have changed; errno must survive free(). */
static void lock_wait(struct lock *lock, uint32_t seen)
{
	int saved = errno;

	syscall(SYS_futex, &lock->state, FUTEX_WAIT_PRIVATE, seen, NULL, NULL,
		0);
	errno = saved;
}

/* Waits for another thread to let go. */
static int lock_contended(struct lock *lock, uint32_t me)
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
		lock_wait(lock, seen | LOCK_WAITED_FOR);
		seen = atomic_load(&lock->state);
	}
}

/* Returns 0, -EDEADLK when this thread has it already, -EBUSY if another has. */
int lock_try(struct lock *lock)
{
	uint32_t seen = 0;
	uint32_t me = lock_self();

	if (atomic_compare_exchange_strong_explicit(&lock->state, &seen, me,
						    memory_order_acquire,
						    memory_order_relaxed))
		return 0;
	return (seen & ~LOCK_WAITED_FOR) == me ? -EDEADLK : -EBUSY;
}

/* Returns 0, or -EDEADLK when this thread has it already. */
int lock_take(struct lock *lock)
{
	int err = lock_try(lock);

	return err == -EBUSY ? lock_contended(lock, lock_self()) : err;
}

void lock_drop(struct lock *lock)
{
	int saved;

	if (!(atomic_exchange_explicit(&lock->state, 0, memory_order_release) &
	      LOCK_WAITED_FOR))
		return;
	saved = errno;
	syscall(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	errno = saved;
}
