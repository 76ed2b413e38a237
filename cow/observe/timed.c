// SPDX-License-Identifier: MIT
/* How long the faults of a window take, and what they are compared with. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "internal.h"

static size_t touch_all(const struct obs_window *window, bool write,
			size_t every, uint64_t *sample)
{
	size_t count = 0, page_size = obs_page_size();

	for (size_t i = 0; i < window->pages; i += every) {
		char *page = window->addr + i * page_size;
		uint64_t start = obs_clock();

		if (write)
			touch_write(page, window->value);
		else
			touch_read(page);
		sample[count++] = obs_clock() - start;
	}
	return count;
}

uint64_t obs_timed(struct obs_window *window, bool write, size_t every)
{
	size_t bytes = window->pages * sizeof(uint64_t);
	uint64_t *sample = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1,
				0);
	uint64_t median = 0;

	if (sample == MAP_FAILED) {
		window->error = -errno;
		strcpy(window->what, "mmap room for the times of touches");
		return 0;
	}
	/* To trace a fault takes as long as the fault. */
	if (!obs_begin_as(window, false)) {
		size_t count = touch_all(window, write, every, sample);

		if (!obs_end(window))
			median = obs_median(sample, count);
	}
	munmap(sample, bytes);
	return median;
}

#define COLD_BYTES ((size_t)16 << 20)
#define SAMPLES	   1024

enum part { CALL, CLEAR, HOT, COLD };

/* The median time of something done without a fault. */
static uint64_t time_part(enum part part, char *from, char *to)
{
	uint64_t sample[SAMPLES];
	size_t page_size = obs_page_size();

	for (size_t i = 0; i < SAMPLES; i++) {
		size_t at = part == HOT ? 0 : i * page_size % COLD_BYTES;
		uint64_t start = obs_clock();

		if (part == CALL)
			syscall(SYS_getppid);
		else if (part == CLEAR)
			explicit_bzero(to + at, page_size);
		else
			memcpy(to + at, from + at, page_size);
		sample[i] = obs_clock() - start;
	}
	return obs_median(sample, SAMPLES);
}

int obs_costs(struct obs_costs *costs)
{
	char *from = mmap(NULL, 2 * COLD_BYTES, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *to = from + COLD_BYTES;

	if (from == MAP_FAILED)
		return obs_fail(errno, "mmap %zu bytes", 2 * COLD_BYTES);
	memset(from, 1, 2 * COLD_BYTES);
	costs->call = time_part(CALL, from, to);
	costs->cold = time_part(COLD, from, to);
	memset(from, 1, 2 * COLD_BYTES);
	costs->clear = time_part(CLEAR, from, to);
	costs->hot = time_part(HOT, from, to);
	if (munmap(from, 2 * COLD_BYTES))
		return obs_fail(errno, "munmap %zu bytes", 2 * COLD_BYTES);
	return 0;
}

bool obs_emulated(void)
{
	struct obs_costs costs;

	return !obs_costs(&costs) && costs.cold < 2 * costs.hot;
}
