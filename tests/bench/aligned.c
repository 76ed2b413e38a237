// SPDX-License-Identifier: MIT
/*
 * Aligned blocks: cache lines, vectors, pages, some of 64 KiB, among others.
 *
 * Usage: aligned [STEPS]
 */
#include "bench.h"

#define KEPT 4096

int main(int argc, char **argv)
{
	static const size_t aligns[] = { 32,  64,  64,	 64, 128,
					 256, 512, 4096, 64, 65536 };
	size_t steps = bench_count(argv, 1, 2000000);
	uint64_t random = bench_seed(7);
	void *kept[KEPT] = { NULL };

	for (size_t i = 0; i < steps; i++) {
		size_t place = bench_below(&random, KEPT);
		size_t which = bench_below(&random, 100);
		size_t align = aligns[which < 99 ? which % 9 : 9];
		size_t size = 1 + bench_below(&random, 500);
		int rc;

		free(kept[place]);
		rc = posix_memalign(&kept[place], align, size);
		if (rc)
			errx(1, "posix_memalign(%zu, %zu): %s", align, size,
			     strerror(rc));
		if ((uintptr_t)kept[place] % align)
			errx(1, "%p is not aligned to %zu", kept[place], align);
		memset(kept[place], 1, size);
	}
	return 0;
}
