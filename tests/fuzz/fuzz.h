/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * What all fuzz targets want: to take numbers out of libFuzzer's bytes, memory
 * whose end AddressSanitizer watches, and to say which promise was broken.
 */
#ifndef XDF_FUZZ_H
#define XDF_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xdf_pure.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

#define promise(what) do {						\
	if (!(what)) {							\
		fprintf(stderr, "%s:%d: broken promise: %s\n",		\
			__FILE__, __LINE__, #what);			\
		abort();						\
	}								\
} while (0)

/* What is left of an input; behind its end there are zeros. */
struct input {
	const u8 *data;
	size_t size;
};

static inline u8 take8(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

static inline u16 take16(struct input *in)
{
	u16 low = take8(in);

	return (u16)(low | take8(in) << 8);
}

static inline u32 take32(struct input *in)
{
	u32 low = take16(in);

	return low | (u32)take16(in) << 16;
}

/* memory of just @size bytes, none of them 0 */
static inline void *exactly(size_t size)
{
	void *p = malloc(size);

	if (!p)
		abort();
	memset(p, 0xa5, size);
	return p;
}

/* such memory with what is left of the input, over and over again */
static inline void *filled(const struct input *in, size_t size)
{
	u8 *p = exactly(size);
	size_t done, n;

	for (done = 0; in->size && done < size; done += n) {
		n = size - done < in->size ? size - done : in->size;
		memcpy(p + done, in->data, n);
	}
	return p;
}

#endif
