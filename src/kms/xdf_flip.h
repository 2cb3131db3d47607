/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_FLIP_H
#define XDF_FLIP_H

#include <linux/types.h>

struct xdf_flip;
struct xdf_pipe;

void xdf_flip_complete(struct xdf_pipe *pipe, bool by_backend);
void xdf_flip_stop_ticking(struct xdf_pipe *pipe);
void xdf_flip_note_sent(struct xdf_flip *flip, u64 fb_cookie);
void xdf_flip_note_shown(struct xdf_pipe *pipe);
bool xdf_flip_send(struct xdf_pipe *pipe);

#endif
