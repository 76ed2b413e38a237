/* SPDX-License-Identifier: MIT */
/* The kernel's short names for what we ask of the compiler. */
#ifndef COW_EXAM_COMPILER_H
#define COW_EXAM_COMPILER_H

/* Check arguments as printf(3) takes them: number of the format, of the first. */
#ifndef __printf
#define __printf(fmt, first) __attribute((format(printf, fmt, first)))
#endif

#ifndef __noreturn
#define __noreturn __attribute((noreturn))
#endif

#endif
