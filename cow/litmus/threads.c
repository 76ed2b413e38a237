// SPDX-License-Identifier: MIT
/*
 * Threads of a worker. They share its memory and nothing else: each has fault
 * counters of its own. One semaphore a thread says go, one for all says done.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>

#include "internal.h"

static struct {
	sem_t go;
	void (*run)(struct lit_shared *shared);
	struct lit_shared *shared;
	int stack;
} order[MM_THREADS];

static sem_t done;
static int threads = 1;

/*
 * The places for stacks that are taken, a bit each: who was forked by a thread
 * goes on where that thread was.
 */
static unsigned int taken;
static _Thread_local int my_stack = -1;

static void wait_for(sem_t *sem)
{
	while (sem_wait(sem) && errno == EINTR)
		;
}

static void *serve(void *arg)
{
	int me = (int)(intptr_t)arg;

	my_stack = order[me].stack;
	for (;;) {
		wait_for(&order[me].go);
		order[me].run(order[me].shared);
		sem_post(&done);
	}
	return NULL;
}

/* Left to itself, a thread's stack would be put into the area's holes. */
static int start(const struct lit_shared *shared, int thread)
{
	int place = __builtin_ctz(~taken);
	char *stack = shared->stacks + place * LIT_STACK_BYTES;
	pthread_attr_t attr;
	pthread_t id;
	int rc;

	taken |= 1U << place;
	order[thread].stack = place;
	if (mprotect(stack, LIT_STACK_BYTES, PROT_READ | PROT_WRITE))
		return errno;
	rc = pthread_attr_init(&attr);
	if (rc)
		return rc;
	rc = pthread_attr_setstack(&attr, stack, LIT_STACK_BYTES);
	if (!rc)
		rc = pthread_create(&id, &attr, serve,
				    (void *)(intptr_t)thread);
	pthread_attr_destroy(&attr);
	return rc;
}

int lit_thread_start(struct lit_shared *shared)
{
	int rc;

	if (threads == MM_THREADS) {
		shared->result.rc = -EAGAIN;
		return 0;
	}
	if (threads == 1)
		sem_init(&done, 0, 0);
	sem_init(&order[threads].go, 0, 0);
	rc = start(shared, threads);
	if (rc)
		return lit_fail(rc, "start a thread");
	threads++;
	return lit_thread_run(threads - 1, lit_worker_thread, shared);
}

int lit_thread_run(int thread, void (*run)(struct lit_shared *shared),
		   struct lit_shared *shared)
{
	if (thread >= threads)
		return lit_fail(ESRCH, "use thread %d", thread);
	order[thread].run = run;
	order[thread].shared = shared;
	sem_post(&order[thread].go);
	wait_for(&done);
	return 0;
}

/* fork takes along the thread that calls it, and no other. */
void lit_threads_forget(void)
{
	threads = 1;
	taken = my_stack < 0 ? 0 : 1U << my_stack;
}
