// SPDX-License-Identifier: MIT
/* How long something took. */
#include <time.h>

#include "internal.h"

static uint64_t nanoseconds(clockid_t clock)
{
	struct timespec now = { 0 };

	/* Both clocks are always there: this can't fail. */
	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

uint64_t obs_clock(void)
{
	return nanoseconds(CLOCK_MONOTONIC);
}

uint64_t obs_cpu_clock(void)
{
	return nanoseconds(CLOCK_THREAD_CPUTIME_ID);
}

/* Shell's sort: qsort(3) may call malloc(), and this library must not. */
uint64_t obs_median(uint64_t *sample, size_t count)
{
	for (size_t gap = count / 2; gap; gap /= 2) {
		for (size_t i = gap; i < count; i++) {
			uint64_t value = sample[i];
			size_t at = i;

			for (; at >= gap && sample[at - gap] > value; at -= gap)
				sample[at] = sample[at - gap];
			sample[at] = value;
		}
	}
	return sample[count / 2];
}
