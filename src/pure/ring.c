// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: ring
 *
 * What may be read from a request ring or an event page, how much of it, and
 * when the peer lies. No byte of shared memory is touched here: the channel
 * copies, this file judges. -EPROTO always means that the backend broke the
 * protocol and that its link is over.
 */
#include "xdf_ring.h"

/* An id is the slot in its low bits and that slot's generation above. */
#define SLOT_BITS 5
#define SLOT_MASK (XDF_RING_SLOTS - 1)

/**
 * xdf_ring_init - an empty ring, as published to a new backend
 * @ring: private side of the ring
 */
void xdf_ring_init(struct xdf_ring *ring)
{
	memset(ring, 0, sizeof(*ring));
}

/**
 * xdf_ring_reserve - take the next free request slot
 * @ring: private side of the ring
 * @op: operation that will be sent, XENDISPL_OP_*
 * @id: set to the id the request must carry
 *
 * Advances the private request producer; the caller fills the shared slot
 * req_prod - 1 and publishes the index.
 *
 * Return: slot number (0 to 31) for the caller's own table, or -ENOSPC when 32
 * requests are unanswered.
 */
int xdf_ring_reserve(struct xdf_ring *ring, u8 op, u16 *id)
{
	unsigned int slot;

	for (slot = 0; slot < XDF_RING_SLOTS; slot++)
		if (!(ring->busy & (1u << slot)))
			break;
	if (slot == XDF_RING_SLOTS)
		return -ENOSPC;

	ring->busy |= 1u << slot;
	ring->op[slot] = op;
	ring->req_prod++;
	*id = (u16)(ring->generation[slot]++ << SLOT_BITS | slot);
	return slot;
}

/**
 * xdf_ring_unread - how many responses may be read
 * @ring: private side of the ring
 * @rsp_prod: the backend's response producer, copied from the shared page
 *
 * Return: number of responses, 0 to 32, or -EPROTO when the backend claims to
 * have answered more than was asked, or takes answers back.
 */
int xdf_ring_unread(const struct xdf_ring *ring, u32 rsp_prod)
{
	u32 unread = rsp_prod - ring->rsp_cons;

	if (unread > ring->req_prod - ring->rsp_cons)
		return -EPROTO;
	return unread;
}

/**
 * xdf_ring_accept - match a response with its request
 * @ring: private side of the ring
 * @id: id of the response, from a private copy
 * @op: operation of the response, from the same copy
 *
 * Advances the response consumer and frees the slot.
 *
 * Return: slot number as xdf_ring_reserve() gave it, or -EPROTO when nothing
 * with that id and operation is waiting.
 */
int xdf_ring_accept(struct xdf_ring *ring, u16 id, u8 op)
{
	unsigned int slot = id & SLOT_MASK;
	u16 expected;

	ring->rsp_cons++;
	if (!(ring->busy & (1u << slot)))
		return -EPROTO;
	expected = (u16)((u16)(ring->generation[slot] - 1) << SLOT_BITS | slot);
	if (id != expected || op != ring->op[slot])
		return -EPROTO;
	ring->busy &= ~(1u << slot);
	return slot;
}

/**
 * xdf_status_to_errno - the status of a response as a Linux error
 * @status: status field, 0 or -XEN_Exx (displif.h, "Response packets")
 *
 * Xen's error numbers are those of Linux. What is no error number at all, a
 * positive status for one, becomes -EIO: it is not success. So do those that are orders
 * to whoever gets them, DRM (-EDEADLK) and clients (-EAGAIN, -EINTR) to try again, ever
 * again; and those that xdf_channel_call() has a meaning of its own for.
 *
 * Return: 0 or a negative errno that is safe to hand to user space.
 */
int xdf_status_to_errno(s32 status)
{
	switch (status) {
	case -EINTR:
	case -EAGAIN:
	case -EDEADLK:
	case -ENOTCONN:
	case -ETIMEDOUT:
		return -EIO;
	}
	return status > 0 || status < -133 ? -EIO : status;
}

/**
 * xdf_client_errno - a backend's error as the result of a client's ioctl
 * @err: 0 or an error of the backend's or the driver's, as of xdf_channel_call()
 *
 * Clients take many errors for a property of the ioctl, the file or themselves. displ_be
 * whose domain has no dma-bufs of grants refuses each buffer with -ENOTTY, for one.
 *
 * Return: @err where it says something of framebuffers and memory, else -EIO.
 */
int xdf_client_errno(int err)
{
	switch (err) {
	case 0:
	case -ENOENT:
	case -EINTR:
	case -ENOMEM:
	case -EBUSY:
	case -EINVAL:
	case -ENOSPC:
	case -ERANGE:
	case -ENOTCONN:
	case -ETIMEDOUT:
		return err;
	}
	return -EIO;
}

/**
 * xdf_events_unread - how many events may be read
 * @in_cons: our private consumer index
 * @in_prod: the backend's producer index, copied from the shared page
 *
 * Return: number of events, 0 to 63, or -EPROTO when the page cannot hold as
 * many as the backend claims.
 */
int xdf_events_unread(u32 in_cons, u32 in_prod)
{
	u32 unread = in_prod - in_cons;

	return unread > XDF_EVENT_SLOTS ? -EPROTO : (int)unread;
}
