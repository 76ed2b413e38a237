/* SPDX-License-Identifier: MIT */
/* A lock that knows its owner, and that a forked child can let go. */
#ifndef COW_ALLOC_LOCK_H
#define COW_ALLOC_LOCK_H

#include "compiler.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/single_threaded.h>
#include <time.h>

struct lock {
	_Atomic uint32_t state;
	unsigned int inside; /* forks by a thread that had it already */
	unsigned int passed; /* times taken by one that has it for a fork */
	struct lock *next; /* of those that fork.c knows */
	/* Called on both sides of a fork, all locks held; may be NULL. */
	void (*forked)(struct lock *lock, bool child);
};

/* A number of this thread's own; 0 before it has taken a lock. */
extern __thread uint32_t lock_self __attribute((tls_model("initial-exec")))
HIDDEN_SYMBOL;

int lock_take_soon(struct lock *lock, const struct timespec *most);
void lock_drop_slow(struct lock *lock);
void quiet_begin(void);
void quiet_end(void);
int lock_take_quiet(struct lock *lock);
void lock_drop_quiet(struct lock *lock);
int lock_try(struct lock *lock);
void lock_pass(bool pass);

/* A thread alone in its process takes it without a locked instruction. */
static inline bool lock_take_alone(struct lock *lock)
{
	if (!__libc_single_threaded || !lock_self ||
	    atomic_load_explicit(&lock->state, memory_order_relaxed))
		return false;
	atomic_store_explicit(&lock->state, lock_self, memory_order_relaxed);
	atomic_signal_fence(memory_order_acquire);
	return true;
}

/* Returns 0, or -EDEADLK when this thread has it already. */
static inline int lock_take(struct lock *lock)
{
	return likely(lock_take_alone(lock)) ? 0 : lock_take_soon(lock, NULL);
}

static inline void lock_drop(struct lock *lock)
{
	if (likely(__libc_single_threaded && !lock->passed))
		atomic_store_explicit(&lock->state, 0, memory_order_release);
	else
		lock_drop_slow(lock);
}

#endif
