/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What an EDID says. Pure: no system call. */
#ifndef XDF_MONITOR_H
#define XDF_MONITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EDID_BLOCK	128

struct monitor {
	char name[14];			/* empty when none is given */
	bool timing;			/* is there a preferred timing? */
	uint32_t width, height;
	uint32_t mhz;			/* its refresh rate, in 1/1000 Hz */
	bool valid;			/* header, whole blocks, all checksums */
};

void monitor_read(struct monitor *m, const uint8_t *edid, size_t size);
uint64_t hash_bytes(const uint8_t *p, size_t size);

#endif
