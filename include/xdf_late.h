/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_LATE_H
#define XDF_LATE_H

#include "xdf_pure.h"

/* As many as can be unanswered at a time. */
#define XDF_LATE_MAX 32u

/**
 * struct xdf_late - what the backend refused when nobody waited for the answer any more
 *
 * Not locked here: the channel's lock protects it.
 *
 * @num: number of entries
 * @cookie: of display buffers and framebuffers that the backend does not know, though
 *	we thought that it might; each once, in no order
 */
struct xdf_late {
	unsigned int num;
	u64 cookie[XDF_LATE_MAX];
};

void xdf_late_note(struct xdf_late *late, u64 cookie, bool refused);
bool xdf_late_has(const struct xdf_late *late, u64 cookie);
u64 xdf_late_take(struct xdf_late *late);

#endif
