/* SPDX-License-Identifier: MIT */
/* What the compiler is told, in the words of the kernel's own headers. */
#ifndef COW_ALLOC_COMPILER_H
#define COW_ALLOC_COMPILER_H

#ifndef __printf
#define __printf(fmt, first) __attribute((format(printf, fmt, first)))
#endif

#endif
