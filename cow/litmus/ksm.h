/* SPDX-License-Identifier: MIT */
/* What the files about ksmd share. All return 0, or -ENODEV and a reason. */
#ifndef COW_LITMUS_KSM_H
#define COW_LITMUS_KSM_H

#include "internal.h"

#define KSM "/sys/kernel/mm/ksm/"

/* The number in one of ksmd's files, or -errno. */
long ksm_number(const char *path);

/* ksm_idle.c: does ksmd rest, with nothing merged? */
int ksm_is_idle(void);

/* ksm_idle.c: has nobody but the scenario's processes memory to be merged? */
int ksm_is_ours(const struct lit_kernel *kernel);

/*
 * ksm_settings.c: from here to the end ksmd's settings are ours; the process
 * that puts them back, should we die, keeps the lock until it has done so.
 */
int ksm_settings_begin(int lock);
int ksm_run(bool run);
int ksm_settings_end(void);

#endif
