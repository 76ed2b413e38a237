// SPDX-License-Identifier: MIT
/* subject.c - calls the student's pool, and tells what came of it. */
#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exam/exam.h"
#include "../pool.h"
#include "ops.h"

static struct pool *pools[POOLS];
static void *many[MANY];
static size_t nmany;

/* The child goes on; its parent ends as it does. */
static int64_t go_on_in_child(void)
{
	pid_t child = fork();
	int status;

	if (child <= 0)
		return child;
	if (waitpid(child, &status, 0) != child)
		_exit(125);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 125);
}

static int64_t alloc_many(struct pool *pool, uint64_t blocks)
{
	for (nmany = 0; nmany < blocks && nmany < MANY; nmany++) {
		many[nmany] = pool_alloc(pool);
		if (!many[nmany])
			break;
		*(char *)many[nmany] = 1;
	}
	return (int64_t)nmany;
}

static int64_t free_many(struct pool *pool)
{
	int64_t failed = 0;

	while (nmany)
		failed += pool_free(pool, many[--nmany]) != 0;
	return failed;
}

static int64_t memory(void)
{
	void *at = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at == MAP_FAILED ? 0 : (int64_t)at;
}

static void answer(const struct exam_ask *ask, struct exam_answer *a)
{
	const uint64_t *arg = ask->arg;
	struct pool **pool = &pools[arg[0] % POOLS];

	switch (ask->op) {
	case ASK_CREATE:
		a->value = pool_create(arg[1], arg[2], pool);
		break;
	case ASK_ALLOC:
		a->value = (int64_t)pool_alloc(*pool);
		break;
	case ASK_FREE:
		a->value = pool_free(*pool, (void *)arg[1]);
		break;
	case ASK_LEFT:
		a->value = (int64_t)pool_left(*pool);
		break;
	case ASK_DESTROY:
		pool_destroy(*pool);
		break;
	case ASK_FORK:
		a->value = go_on_in_child();
		break;
	case ASK_ALLOC_MANY:
		a->value = alloc_many(*pool, arg[1]);
		break;
	case ASK_FREE_MANY:
		a->value = free_many(*pool);
		break;
	case ASK_MEMORY:
		a->value = memory();
		break;
	}
	a->error = errno;
}

int main(void)
{
	return exam_serve(answer);
}
