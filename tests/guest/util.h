/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Two words of kernel code that user space lacks. */
#ifndef XDF_UTIL_H
#define XDF_UTIL_H

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define __printf(a, b)	__attribute__((format(printf, a, b)))

#endif
