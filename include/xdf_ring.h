/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_RING_H
#define XDF_RING_H

#include "xdf_pure.h"

/* Slots of a displif request ring: one page less its header, 64 bytes each. */
#define XDF_RING_SLOTS 32u
/* Slots of an event page: one page less a 64 byte header, 64 bytes each. */
#define XDF_EVENT_SLOTS 63u

/**
 * struct xdf_ring - our private side of a request ring
 *
 * The indices in the shared page are only ever written (req_prod) or copied
 * once and checked (rsp_prod); this is the truth. Not locked here: the
 * channel's lock protects it.
 *
 * @req_prod: index of the next request to be put on the ring
 * @rsp_cons: index of the next response to be read
 * @busy: bitmap of the request slots that await their response
 * @op: operation sent with each busy slot
 * @generation: upper bits of the next id of each slot, so that a late or
 *	repeated response is not taken for the answer to a newer request
 */
struct xdf_ring {
	u32 req_prod;
	u32 rsp_cons;
	u32 busy;
	u8 op[XDF_RING_SLOTS];
	u16 generation[XDF_RING_SLOTS];
};

void xdf_ring_init(struct xdf_ring *ring);
int xdf_ring_reserve(struct xdf_ring *ring, u8 op, u16 *id);
int xdf_ring_unread(const struct xdf_ring *ring, u32 rsp_prod);
int xdf_ring_accept(struct xdf_ring *ring, u16 id, u8 op);
int xdf_status_to_errno(s32 status);
int xdf_client_errno(int err);
int xdf_events_unread(u32 in_cons, u32 in_prod);

#endif
