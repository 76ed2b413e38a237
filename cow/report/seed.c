// SPDX-License-Identifier: MIT
/* --seed: variants that are the same each time, and others for each demo. */
#include "internal.h"

/* The finishing step of the splitmix64 generator: each bit depends on all. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

size_t rep_seeded(uint64_t seed, const char *name, size_t nth, size_t least,
		  size_t most)
{
	uint64_t x = mix(seed + 0x9e3779b97f4a7c15);

	while (*name)
		x = mix(x + (unsigned char)*name++);
	x = mix(x + nth);
	return most > least ? least + x % (most - least + 1) : least;
}
