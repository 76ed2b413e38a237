/* SPDX-License-Identifier: MIT */
/* What the compiler is told, in the words of the kernel's own headers. */
#ifndef COW_ALLOC_COMPILER_H
#define COW_ALLOC_COMPILER_H

#ifndef __printf
#define __printf(fmt, first) __attribute((format(printf, fmt, first)))
#endif

#define HIDDEN_SYMBOL  __attribute((visibility("hidden")))
#define likely(what)   __builtin_expect(!!(what), 1)
#define unlikely(what) __builtin_expect(!!(what), 0)

#ifndef __aligned
#define __aligned(bytes) __attribute((aligned(bytes)))
#endif

#endif
