// SPDX-License-Identifier: MIT
/*
 * exam_scenes.c - ten scenes, each with numbers and turns of its own for each
 * seed. Which answer is right is for the kernel to say.
 */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "exam/exam.h"
#include "scenes.h"

static uint64_t state;

static int dice(int from, int to)
{
	uint64_t z = (state += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return from + (int)((z ^ (z >> 31)) % (uint64_t)(to - from + 1));
}

static void add(struct scene *s, bool asked, const char *fmt, va_list args)
{
	char last = '`';

	for (int i = 0; i < s->lines; i++)
		if (s->label[i])
			last = s->label[i];
	s->label[s->lines] = asked ? (char)(last + 1) : 0;
	vsnprintf(s->line[s->lines++], sizeof(*s->line), fmt, args);
}

static void __printf(2, 3) line(struct scene *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(s, false, fmt, args);
	va_end(args);
}

static void __printf(2, 3) ask(struct scene *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	add(s, true, fmt, args);
	va_end(args);
}

static void make_fresh(struct scene *s)
{
	int n = dice(5, 8), k = dice(1, n - 2);

	s->title = "fresh memory, read and written";
	line(s, "map a anon private %d", n);
	ask(s, "P0 read a 0-%d", k);
	ask(s, "P0 write a");
	ask(s, "P0 read a");
	if (dice(0, 1))
		line(s, "P0 madvise a dontneed");
	ask(s, "P0 write a 0-%d", k);
}

static void make_first_fork(struct scene *s)
{
	int n = dice(4, 8), k = dice(1, n - 2), who = dice(0, 1);

	s->title = "one fork, both write";
	line(s, "map a anon private %d", n);
	line(s, "P0 write a");
	line(s, "P0 fork P1");
	ask(s, "P%d write a 0-%d", who, k);
	ask(s, "P%d write a", !who);
	ask(s, "P%d write a", who);
	ask(s, "P%d write a", !who);
}

static void make_sharers(struct scene *s)
{
	int n = dice(2, 6), first = dice(0, 2), gone = dice(1, 2);

	s->title = "three sharers";
	line(s, "map a anon private %d", n);
	line(s, "P0 write a");
	line(s, "P0 fork P1");
	line(s, "P0 fork P2");
	ask(s, "P%d write a 0-%d", first, dice(0, n - 1));
	if (dice(0, 1) && gone != first)
		line(s, "P%d exit", gone);
	else
		ask(s, "P%d write a", gone);
	ask(s, "P0 write a");
	ask(s, "P%d write a", 3 - gone);
}

static void make_gone(struct scene *s)
{
	int n = dice(3, 8), k = dice(0, n - 2), exits = dice(0, 1);

	s->title = "a child that reads, and ends";
	line(s, "map a anon private %d", n);
	line(s, "P0 write a 0-%d", k);
	line(s, "P0 fork P1");
	ask(s, "P1 read a");
	if (exits)
		line(s, "P1 exit");
	ask(s, "P0 write a");
	ask(s, "P0 write a 0-%d", k);
	if (!exits)
		ask(s, "P1 write a");
}

static void make_shared(struct scene *s)
{
	int n = dice(4, 8), k = dice(0, n - 2), who = dice(0, 1);

	s->title = "shared memory without a file";
	line(s, "map a anon shared %d", n);
	ask(s, "P0 write a 0-%d", k);
	line(s, "P0 fork P1");
	ask(s, "P%d write a", who);
	ask(s, "P%d write a 0-%d", !who, dice(0, n - 1));
}

static void make_grandchild(struct scene *s)
{
	int n = dice(3, 6), k = dice(0, n - 2);

	s->title = "a child of a child";
	line(s, "map a anon private %d", n);
	line(s, "P0 write a");
	line(s, "P0 fork P1");
	if (dice(0, 1))
		ask(s, "P1 write a 0-%d", k);
	line(s, "P1 fork P2");
	ask(s, "P2 write a");
	if (dice(0, 1))
		line(s, "P0 exit");
	else
		ask(s, "P0 write a 0-%d", k);
	ask(s, "P1 write a");
	ask(s, "P1 write a 0-%d", k);
}

static void make_dontneed(struct scene *s)
{
	int n = dice(3, 8), who = dice(0, 1);

	s->title = "memory that one of two gives back";
	line(s, "map a anon private %d", n);
	line(s, "P0 write a");
	line(s, "P0 fork P1");
	line(s, "P%d madvise a dontneed", who);
	ask(s, "P%d write a", !who);
	ask(s, "P%d read a 0-%d", who, dice(0, n - 1));
	ask(s, "P%d write a", who);
}

static void make_file(struct scene *s)
{
	int n = dice(4, 12), k = dice(0, n - 2);

	s->title = "a private mapping of a file in the page cache";
	line(s, "file m memfd %d cached %d", n, n);
	line(s, "map a m private %d", n);
	if (dice(0, 1))
		ask(s, "P0 read a %d", dice(0, n - 1));
	ask(s, "P0 write a 0-%d", k);
	line(s, "P0 fork P1");
	ask(s, "P1 read a");
	ask(s, "P0 write a 0-%d", k);
	ask(s, "P1 write a 0-%d", k);
}

static void make_protected(struct scene *s)
{
	int n = dice(2, 6), k = dice(1, n - 1), forked = dice(0, 1);

	s->title = "permission taken, and given back";
	line(s, "map a anon private %d", n);
	line(s, "P0 write a 0-%d", k);
	if (forked)
		line(s, "P0 fork P1");
	line(s, "P0 mprotect a r");
	ask(s, "P0 write a 0-%d", dice(0, k));
	line(s, "P0 mprotect a rw");
	ask(s, "P0 write a 0-%d", k);
	ask(s, "P0 %s a", dice(0, 1) ? "read" : "write");
	if (forked)
		ask(s, "P1 write a 0-%d", k);
}

static void make_advised(struct scene *s)
{
	static const char *const advice[] = { "dontfork", "wipeonfork" };
	int n = dice(3, 8), k = dice(0, n - 2);

	s->title = "a mapping that fork() treats differently";
	line(s, "map a anon private %d", n);
	line(s, "P0 write a");
	line(s, "P0 madvise a 0-%d %s", k, advice[dice(0, 1)]);
	line(s, "P0 fork P1");
	ask(s, "P1 read a 0-%d", k);
	ask(s, "P0 write a");
	ask(s, "P1 write a %d-%d", k + 1, n - 1);
	ask(s, "P0 kwrite a 0-%d", k);
}

void scene_make(struct scene *scene, int number, const char *seed)
{
	static void (*const make[SCENES])(struct scene *) = {
		make_fresh,	make_first_fork, make_sharers,	make_gone,
		make_shared,	make_grandchild, make_dontneed, make_file,
		make_protected, make_advised,
	};

	memset(scene, 0, sizeof(*scene));
	state = 0xcbf29ce484222325 + (uint64_t)number;
	for (; *seed; seed++)
		state = (state ^ (unsigned char)*seed) * 0x100000001b3;
	make[number](scene);
}
