// SPDX-License-Identifier: MIT
/*
 * Makes allocation traces of the classic shapes, each of which is hard on some
 * policy: reproducible from a seed, to be replayed by replay.
 *
 * Try: tracegen staircase --ops 2000 | replay -
 */
#include <argp.h>
#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/report.h"

struct block {
	size_t id;
	size_t size;
};

/* A trace in the making. */
struct gen {
	FILE *out;
	uint64_t state;
	size_t wanted; /* operations */
	size_t ops;
	size_t ids;
	struct block *live;
	size_t live_count;
	size_t live_room;
	size_t live_bytes;
	size_t peak;
};

/* splitmix64: the same numbers on every machine. */
static uint64_t next(struct gen *gen)
{
	uint64_t word = gen->state += 0x9e3779b97f4a7c15;

	word = (word ^ word >> 30) * 0xbf58476d1ce4e5b9;
	word = (word ^ word >> 27) * 0x94d049bb133111eb;
	return word ^ word >> 31;
}

static size_t below(struct gen *gen, size_t limit)
{
	return next(gen) % limit;
}

static void account(struct gen *gen, size_t more, size_t less)
{
	gen->live_bytes += more - less;
	if (gen->live_bytes > gen->peak)
		gen->peak = gen->live_bytes;
	gen->ops++;
}

static void take(struct gen *gen, size_t size)
{
	if (gen->live_count == gen->live_room) {
		gen->live_room = gen->live_room ? 2 * gen->live_room : 1024;
		gen->live = reallocarray(gen->live, gen->live_room,
					 sizeof(*gen->live));
		if (!gen->live)
			err(1, "making a trace of %zu blocks", gen->live_room);
	}
	gen->live[gen->live_count++] = (struct block){ gen->ids, size };
	fprintf(gen->out, "a %zu %zu\n", gen->ids++, size);
	account(gen, size, 0);
}

static void resize(struct gen *gen, size_t which, size_t size)
{
	struct block *block = &gen->live[which];

	fprintf(gen->out, "r %zu %zu\n", block->id, size);
	account(gen, size, block->size);
	block->size = size;
}

/* Ends a block; those behind it move up, so the order of age is kept. */
static void drop(struct gen *gen, size_t which)
{
	struct block block = gen->live[which];

	gen->live_count--;
	memmove(&gen->live[which], &gen->live[which + 1],
		(gen->live_count - which) * sizeof(block));
	fprintf(gen->out, "f %zu\n", block.id);
	account(gen, 0, block.size);
}

/* There is room for one operation more, and for ending all that is live. */
static bool goes_on(const struct gen *gen)
{
	return gen->ops + gen->live_count + 1 < gen->wanted;
}

static void random_sizes(struct gen *gen)
{
	while (goes_on(gen)) {
		size_t what = below(gen, 10);

		if (!gen->live_count || what < 5)
			take(gen, 1 + below(gen, 4000));
		else if (what < 6)
			resize(gen, below(gen, gen->live_count),
			       1 + below(gen, 8192));
		else
			drop(gen, below(gen, gen->live_count));
	}
}

/* Small and large in turn; the large ones go, and larger ones can't follow. */
static void binary(struct gen *gen)
{
	size_t pairs = gen->wanted / 6;
	size_t i;

	for (i = 0; i < pairs; i++) {
		take(gen, 64);
		take(gen, 448);
	}
	for (i = 0; i < pairs; i++)
		drop(gen, i + 1);
	while (goes_on(gen))
		take(gen, 512);
}

/* One block grows step by step while small ones settle behind it. */
static void staircase(struct gen *gen)
{
	size_t size = 512;

	take(gen, size);
	while (goes_on(gen)) {
		take(gen, 128);
		size += 16 + below(gen, 64);
		resize(gen, 0, size);
		if (gen->live_count > 2)
			drop(gen, 1);
	}
}

static void phases(struct gen *gen, bool last_first)
{
	while (goes_on(gen)) {
		size_t count = 16 + below(gen, 256);

		while (count-- && goes_on(gen))
			take(gen, 16 + below(gen, 512));
		count = below(gen, gen->live_count + 1);
		while (count--)
			drop(gen, last_first ? gen->live_count - 1 : 0);
	}
}

static void lifo(struct gen *gen)
{
	phases(gen, true);
}

static void fifo(struct gen *gen)
{
	phases(gen, false);
}

/* Each size class half as frequent as the one of half its size. */
static void exponential(struct gen *gen)
{
	while (goes_on(gen)) {
		size_t class = (size_t)__builtin_ctzll(next(gen) | 1 << 16);
		size_t size = (size_t)8 << class;

		if (!gen->live_count || below(gen, 100) < 52)
			take(gen, size + below(gen, size));
		else
			drop(gen, below(gen, gen->live_count));
	}
}

static const struct shape {
	const char *name;
	void (*make)(struct gen *gen);
} shapes[] = {
	{ "random", random_sizes }, { "binary", binary },
	{ "staircase", staircase }, { "lifo", lifo },
	{ "fifo", fifo },	    { "exponential", exponential },
};

struct options {
	const struct shape *shape;
	size_t ops;
	uint64_t seed;
};

static void generate(const struct options *options)
{
	struct gen gen = { .state = options->seed, .wanted = options->ops };
	size_t room = 0;
	char *text = NULL;

	gen.out = open_memstream(&text, &room);
	if (!gen.out)
		err(1, "making a trace of %zu operations", options->ops);
	options->shape->make(&gen);
	while (gen.live_count)
		drop(&gen, gen.live_count - 1);
	if (fclose(gen.out))
		err(1, "making a trace of %zu operations", options->ops);
	printf("%zu\n%zu\n%zu\n1\n%s", gen.peak, gen.ids, gen.ops, text);
	free(text);
	free(gen.live);
}

static uint64_t to_number(const char *text, const char *what,
			  const struct argp_state *state)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (end == text || *end || errno || *text == '-')
		argp_error(state, "%s is a number, not '%s'", what, text);
	return value;
}

static void set_shape(struct options *options, const char *name,
		      const struct argp_state *state)
{
	size_t i;

	for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (!strcmp(name, shapes[i].name))
			options->shape = &shapes[i];
	if (!options->shape)
		argp_error(state, "no shape is called '%s'", name);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct options *options = state->input;

	switch (key) {
	case 'n':
		options->ops = to_number(arg, "--ops", state);
		if (options->ops < 8 || options->ops > 100000000)
			argp_error(state, "--ops is 8 to 100000000");
		return 0;
	case 's':
		options->seed = to_number(arg, "--seed", state);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "one shape at a time");
		set_shape(options, arg, state);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which shape?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option option_list[] = {
	{ "ops", 'n', "N", 0, "about as many operations (default 10000)", 0 },
	{ "seed", 's', "N", 0, "of the random numbers (default 1)", 0 },
	{ 0 }
};

static const struct argp argp = {
	.options = option_list,
	.parser = parse,
	.args_doc = "SHAPE",
	.doc = "Print an allocation trace in the format of the malloc labs.\vSHAPE is random, binary (coalescing traps), staircase (a block that grows among small ones), lifo or fifo (phases), or exponential (sizes).",
};

int main(int argc, char **argv)
{
	struct options options = { .ops = 10000, .seed = 1 };

	rep_arguments(&argp, argc, argv, 0, &options);
	generate(&options);
	rep_check_out();
	return 0;
}
