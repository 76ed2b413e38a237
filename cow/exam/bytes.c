// SPDX-License-Identifier: MIT
/* Bytes of the subject's memory, on both sides: a pattern, and a sum of it. */
#include "internal.h"

unsigned char exam_byte(uint64_t seed, size_t i)
{
	return (unsigned char)(seed + i * 7);
}

void exam_write(void *at, size_t bytes, uint64_t seed)
{
	unsigned char *to = at;

	for (size_t i = 0; i < bytes; i++)
		to[i] = exam_byte(seed, i);
}

/* A sum, with one byte more. */
uint64_t exam_sum_on(uint64_t sum, unsigned char byte)
{
	return sum * 31 + byte;
}

uint64_t exam_sum(const void *at, size_t bytes)
{
	const unsigned char *from = at;
	uint64_t sum = 0;

	for (size_t i = 0; i < bytes; i++)
		sum = exam_sum_on(sum, from[i]);
	return sum;
}
