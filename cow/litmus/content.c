// SPDX-License-Identifier: MIT
/* What the pages of a run begin with: a byte that counts, and the run's mark. */
#include <sys/random.h>

#include "internal.h"

uint64_t lit_new_mark(void)
{
	uint64_t mark = 0;

	return getrandom(&mark, sizeof(mark), 0) == sizeof(mark) ? mark : 1;
}

/* Memory never written to has no mark: nor has what is zero again. */
struct lit_content lit_content(const struct lit_shared *shared, char value)
{
	return (struct lit_content){
		.value = value,
		.mark = value ? shared->mark : 0,
	};
}
