// SPDX-License-Identifier: MIT
/*
 * Every kind of wrong pointer is found, said in one line, and ends the program,
 * or is passed over with the heap whole.
 */
#include "alloc/internal.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

static struct heap *heap;
static char *blocks[8];
static _Alignas(16) char local[64];

static void open_with(enum heap_on_misuse on_misuse)
{
	struct heap_config config = { .on_misuse = on_misuse,
				      .backend = HEAP_MMAP };
	size_t i;

	assert_int_equal(heap_open(&config, &heap), 0);
	for (i = 0; i < 8; i++) {
		blocks[i] = heap_malloc(heap, 200);
		memset(blocks[i], 0, 200);
	}
}

static int free_twice(void)
{
	heap_free(heap, blocks[2]);
	return heap_free(heap, blocks[2]);
}

/* It has become the inside of a larger free block meanwhile. */
static int free_twice_joined(void)
{
	heap_free(heap, blocks[3]);
	heap_free(heap, blocks[2]);
	heap_free(heap, blocks[4]);
	return heap_free(heap, blocks[3]);
}

/* It joins the free block before it at once. */
static int free_twice_behind(void)
{
	heap_free(heap, blocks[2]);
	heap_free(heap, blocks[3]);
	return heap_free(heap, blocks[3]);
}

static int free_local(void)
{
	return heap_free(heap, local + 16);
}

static int free_libc(void)
{
	char *theirs = malloc(100);
	int err = heap_free(heap, theirs);

	free(theirs);
	return err;
}

static int free_inside(void)
{
	return heap_free(heap, blocks[2] + 32);
}

static int free_odd(void)
{
	return heap_free(heap, blocks[2] + 1);
}

static int free_unmapped(void)
{
	char *block = heap_malloc(heap, 4 << 20);

	heap_free(heap, block);
	return heap_free(heap, block);
}

static int free_inside_mapping(void)
{
	return heap_free(heap, (char *)heap_malloc(heap, 4 << 20) + 4096);
}

static int free_underrun(void)
{
	char *head = (char *)block_of(blocks[2]);

	head[5] ^= 1;
	return heap_free(heap, blocks[2]);
}

static int free_overrun(void)
{
	memset(blocks[2], 0, 201);
	return heap_free(heap, blocks[2]);
}

static int free_beside_written(void)
{
	heap_free(heap, blocks[2]);
	/* The footer of the free block, as if someone still used it. */
	memset(blocks[2] + 192, 0x41, 8);
	return heap_free(heap, blocks[3]);
}

static int realloc_freed(void)
{
	heap_free(heap, blocks[2]);
	return heap_realloc(heap, blocks[2], 500) ? 0 : -errno;
}

static int usable_foreign(void)
{
	return heap_usable_size(heap, local + 16) ? 0 : -EINVAL;
}

static const struct wrong {
	const char *name;
	int (*act)(void);
	const char *call;
	const char *says;
	bool breaks; /* memory was written over: not whole afterwards */
} wrongs[] = {
	{ "freed twice", free_twice, "free(0x", "freed already", false },
	{ "freed twice, joined", free_twice_joined, "free(0x", "freed already",
	  false },
	{ "freed twice, behind", free_twice_behind, "free(0x", "freed already",
	  false },
	{ "local", free_local, "free(0x", "not a block of this heap", false },
	{ "of libc", free_libc, "free(0x", "not a block of this heap", false },
	{ "inside", free_inside, "free(0x", "inside one", false },
	{ "odd address", free_odd, "free(0x", "inside one", false },
	{ "unmapped", free_unmapped, "free(0x", "not a block of this heap",
	  false },
	{ "inside a mapping", free_inside_mapping, "free(0x", "inside one",
	  false },
	{ "underrun", free_underrun, "free(0x", "head of the block", true },
	{ "overrun", free_overrun, "free(0x", "over its end", true },
	{ "written after free", free_beside_written, "free(0x",
	  "a free block beside", true },
	{ "realloc of a freed one", realloc_freed, "realloc(0x",
	  "freed already", false },
	{ "usable size of a foreign one", usable_foreign,
	  "malloc_usable_size(0x", "not a block", false },
};

static void test_passed_over(void **state)
{
	const struct wrong *wrong = *state;

	open_with(HEAP_QUIET);
	assert_int_equal(wrong->act(), -EINVAL);
	if (!wrong->breaks)
		assert_int_equal(heap_check(heap, NULL), 0);
	heap_close(heap);
}

/* Runs it in a child; what came on standard error, and how it ended. */
static int run_child(const struct wrong *wrong, enum heap_on_misuse on_misuse,
		     char *text, size_t size)
{
	size_t length = 0;
	int status, ends[2];
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(ends[1], STDERR_FILENO);
		open_with(on_misuse);
		/* Not the test library's handler. */
		signal(SIGABRT, SIG_DFL);
		wrong->act();
		_exit(0);
	}
	close(ends[1]);
	while ((got = read(ends[0], text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	text[length] = '\0';
	close(ends[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void assert_one_line(const char *text, const struct wrong *wrong)
{
	assert_int_equal(strncmp(text, "heap: ", 6), 0);
	assert_non_null(strstr(text, wrong->call));
	assert_non_null(strstr(text, wrong->says));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
}

static void test_reported(void **state)
{
	const struct wrong *wrong = *state;
	char text[400];
	int status;

	status = run_child(wrong, HEAP_ABORT, text, sizeof(text));
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	assert_one_line(text, wrong);
	status = run_child(wrong, HEAP_REPORT, text, sizeof(text));
	assert_int_equal(status, 0);
	assert_one_line(text, wrong);
}

static void test_free_block_written(void **state)
{
	(void)state;
	open_with(HEAP_QUIET);
	heap_free(heap, blocks[2]);
	/* As a program does that uses a freed block: its head is gone. */
	block_of(blocks[2])->head = 0x4141414141414141;
	errno = 0;
	while (heap_malloc(heap, 200))
		;
	assert_int_equal(errno, ENOMEM);
	heap_close(heap);
}

static void in_a_handler(int signal)
{
	(void)signal;
	assert_null(heap_malloc(heap, 1));
	assert_int_equal(heap_free(heap, blocks[0]), -EINVAL);
	assert_int_equal(heap_usable_size(heap, blocks[0]), 0);
}

static int raise_once(const struct heap_block *block, void *arg)
{
	(void)block;
	(void)arg;
	return raise(SIGUSR1);
}

static void test_reentered(void **state)
{
	(void)state;
	open_with(HEAP_QUIET);
	signal(SIGUSR1, in_a_handler);
	heap_walk(heap, raise_once, NULL);
	signal(SIGUSR1, SIG_DFL);
	assert_int_equal(heap_check(heap, NULL), 0);
	heap_close(heap);
}

#define WRONGS (sizeof(wrongs) / sizeof(*wrongs))

int main(void)
{
	struct CMUnitTest tests[2 * WRONGS + 2] = { { 0 } };
	const struct CMUnitTest more[] = {
		cmocka_unit_test(test_free_block_written),
		cmocka_unit_test(test_reentered),
	};
	size_t i;

	for (i = 0; i < WRONGS; i++) {
		tests[i].name = wrongs[i].name;
		tests[i].test_func = test_passed_over;
		tests[i].initial_state = (void *)&wrongs[i];
		tests[WRONGS + i] = tests[i];
		tests[WRONGS + i].test_func = test_reported;
	}
	memcpy(&tests[2 * WRONGS], more, sizeof(more));
	return cmocka_run_group_tests_name("alloc misuse", tests, NULL, NULL);
}
