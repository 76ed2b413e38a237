/* SPDX-License-Identifier: MIT */
/* What the files of doctor share. */
#ifndef COW_TOOLS_DOCTOR_H
#define COW_TOOLS_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

/* A fact as it is here. */
struct finding {
	char value[64];
	const char *means;
};

/* Read the start of a small file without its newline; false if there is none. */
bool doctor_read(const char *path, char *text, size_t size);

void doctor_limit(struct finding *is);
void doctor_process_limits(struct finding *is);
void doctor_locked(struct finding *is);
void doctor_middle_pages(struct finding *is);
void doctor_merging(struct finding *is);
void doctor_reclaim(struct finding *is);
void doctor_balancing(struct finding *is);
void doctor_landlock(struct finding *is);

#endif
