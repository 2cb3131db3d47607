/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_DISPLIF_H
#define XDF_DISPLIF_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/interrupt.h>
#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <xen/interface/event_channel.h>
#include <xen/interface/io/displif.h>

#include "xdf_late.h"
#include "xdf_memory.h"
#include "xdf_ring.h"

struct xdf_link;
struct xenbus_device;

/*
 * A request found no room on the ring in time: the backend has not seen it. What a
 * backend answers is never this, see xdf_status_to_errno().
 */
#define XDF_UNSENT (-EJUKEBOX)

/* In the cookie of what is made on trial: nobody needs to know what became of it. */
#define XDF_TRIAL BIT_ULL(63)

/**
 * struct xdf_link_ops - what the rooms above want to hear from a link
 *
 * All of them are called with the @owner given to xdf_link_create(), from hard
 * interrupt context or with interrupts off, and without any lock of the link.
 *
 * @flip_event: the backend has shown the framebuffer with this cookie
 * @flip_response: the answer to the PG_FLIP request that was sent with this number,
 *	0 or a negative errno
 * @refused: the backend does not know something that it may have known, see
 *	xdf_channel_take_refused()
 * @broken: the link is dead because the backend broke the protocol
 */
struct xdf_link_ops {
	void (*flip_event)(void *owner, unsigned int connector, u64 fb_cookie);
	void (*flip_response)(void *owner, unsigned int connector, u64 number, int err);
	void (*refused)(void *owner);
	void (*broken)(void *owner);
};

/**
 * struct xdf_call - where a response goes that somebody waits for
 * @done: completed when @err and @resp are valid
 * @err: 0, the backend's error, or -ENOTCONN when the link died
 * @resp: where to copy the response to, NULL when only @err matters
 */
struct xdf_call {
	struct completion done;
	int err;
	struct xendispl_resp *resp;
};

/**
 * struct xdf_shared_page - one page shared with the backend and its channel
 * @pages: the page itself, one reference held
 * @grants: its grant, one reference of PAGE_SIZE / 4096, the first is used
 * @port: event channel, valid while @irq is not 0
 * @irq: interrupt bound to @port, 0 when there is none
 * @name: name of the interrupt
 */
struct xdf_shared_page {
	struct xdf_pages *pages;
	struct xdf_grants *grants;
	evtchn_port_t port;
	int irq;
	char name[40];
};

/**
 * struct xdf_slot - what is known of an unanswered request
 * @call: who waits for the response, NULL when nobody does (any more)
 * @number: what the sender calls it, of a PG_FLIP; of a DBUF_CREATE or FB_ATTACH the
 *	cookie of what is made, but not on trial
 * @sent: when the request was put on the ring, in jiffies
 */
struct xdf_slot {
	struct xdf_call *call;
	u64 number;
	unsigned long sent;
};

/**
 * struct xdf_channel - the request ring and the event page of one connector
 * @link: the link that this channel is part of and owned by
 * @index: number of the connector
 * @lock: protects @ring, @slot, @waiting, @full, @evt_due, @late and the producing side
 *	of @sring; taken with interrupts off; no other lock is taken inside it
 * @ring: private indices and ids
 * @slot: one entry for each busy slot of @ring
 * @waiting: number of slots with a call: while it is not 0, responses interrupt
 * @full: the ring had no room for a request, and nothing was answered since
 * @full_since: when it was found full first, in jiffies, if @full
 * @irq_cons: response consumer at the last interrupt, only the handler's
 * @sring: the shared request ring
 * @space: woken when slots become free and when the link dies
 * @evt: the shared event page
 * @evt_cons: private consumer index of @evt, only the interrupt handler's
 * @req_irqs: interrupts of the ring, only its handler's; for people
 * @evt_irqs: interrupts of the event page, only its handler's; for people
 * @evt_due: events that flips have earned and that have not come, XDF_EVENT_SLOTS at most
 * @late: what was refused when nobody waited any more
 * @req: page and channel of the ring
 * @event: page and channel of the events
 */
struct xdf_channel {
	struct xdf_link *link;
	unsigned int index;
	spinlock_t lock;
	struct xdf_ring ring;
	struct xdf_slot slot[XDF_RING_SLOTS];
	unsigned int waiting;
	bool full;
	unsigned long full_since;
	u32 irq_cons;
	struct xen_displif_sring *sring;
	wait_queue_head_t space;
	struct xendispl_event_page *evt;
	u32 evt_cons;
	unsigned int req_irqs;
	unsigned int evt_irqs;
	unsigned int evt_due;
	struct xdf_late late;
	struct xdf_shared_page req;
	struct xdf_shared_page event;
};

/**
 * struct xdf_link - one connection to one backend
 *
 * Replaced as a whole when the backend goes and comes back. A dead link answers
 * -ENOTCONN at once and makes nobody wait.
 *
 * @refs: one for the device while this is its present link, one for each user
 * @xdev: the device on the bus; only used by the thread that runs its states
 * @domid: the backend's domain
 * @serial: number of this link, counted from 1 by the device
 * @version: protocol version that both sides speak
 * @ops: called on events
 * @owner: argument of @ops
 * @timeout: how long a request may take, in jiffies, if there is no other limit
 * @patience: how long answers are still waited for in all, in nanoseconds; KTIME_MAX if
 *	there is no limit
 * @dead: set once and never cleared
 * @good: the backend took all that it was told
 * @broken: it is dead because the backend broke the protocol
 * @silent: the last request timed out; cleared by any sign of life
 * @heard: when the last response or event came, in jiffies
 * @be_alloc: the backend allocates buffers; cleared when it refuses to
 * @kept_lock: protects @kept and @closed; no other lock is taken inside it
 * @kept: grants that a request names which was not answered, see xdf_link_keep()
 * @kept_work: ends those when all requests are answered
 * @closed: no request can be carried out any more
 * @num_requests: requests sent, for people
 * @num_errors: requests that the backend refused, for people
 * @num_timeouts: requests that it did not answer in time, for people
 * @num_channels: number of connectors
 * @channel: one channel a connector
 */
struct xdf_link {
	struct kref refs;
	struct xenbus_device *xdev;
	domid_t domid;
	u32 serial;
	u32 version;
	const struct xdf_link_ops *ops;
	void *owner;
	unsigned long timeout;
	atomic64_t patience;
	bool dead;
	bool good;
	bool broken;
	bool silent;
	unsigned long heard;
	bool be_alloc;
	spinlock_t kept_lock;
	struct list_head kept;
	struct delayed_work kept_work;
	bool closed;
	atomic_t num_requests;
	atomic_t num_errors;
	atomic_t num_timeouts;
	unsigned int num_channels;
	struct xdf_channel channel[];
};

/**
 * struct xdf_link_slot - where the present link is
 * @lock: protects @link; taken with interrupts off
 * @link: the link, with a reference, or NULL
 */
struct xdf_link_slot {
	spinlock_t lock;
	struct xdf_link *link;
};

void xdf_channel_prepare(struct xdf_channel *channel, struct xdf_link *link, unsigned int index);
int xdf_channel_init(struct xdf_channel *channel);
void xdf_channel_fini(struct xdf_channel *channel);
void *xdf_shared_page_init(struct xdf_shared_page *shared, struct xdf_link *link);
int xdf_shared_page_bind(struct xdf_shared_page *shared, struct xdf_channel *channel,
			 irq_handler_t handler, const char *what);
void xdf_shared_page_unbind(struct xdf_shared_page *shared, struct xdf_channel *channel);
void xdf_shared_page_fini(struct xdf_shared_page *shared);
int xdf_channel_send(struct xdf_channel *channel, struct xendispl_req *req, u64 number);
int xdf_channel_call(struct xdf_channel *channel, struct xendispl_req *req,
		     struct xendispl_resp *resp);
int xdf_channel_ask(struct xdf_channel *channel, struct xendispl_req *req, struct xdf_call *call);
int xdf_channel_wait(struct xdf_channel *channel, struct xdf_call *call, unsigned long timeout);
bool xdf_channel_abandon(struct xdf_channel *channel, struct xdf_call *call);
void xdf_channel_send_last(struct xdf_channel *channel, u64 fb_cookie);
bool xdf_channel_refused(struct xdf_channel *channel, u64 cookie);
u64 xdf_channel_take_refused(struct xdf_channel *channel);
bool xdf_channel_owes(struct xdf_channel *channel);
void xdf_channel_poll(struct xdf_channel *channel);
void xdf_channel_nudge(struct xdf_channel *channel);
void xdf_channel_kill(struct xdf_channel *channel);
void xdf_channel_disarm(struct xdf_channel *channel, bool renew);

/**
 * xdf_link_unanswered - may a request be carried out yet?
 * @err: what became of it, as of xdf_channel_call()
 *
 * Return: whether it is, or may be, on the ring without an answer.
 */
static inline bool xdf_link_unanswered(int err)
{
	return err == -ETIMEDOUT || err == -EINTR || err == -ENOTCONN;
}

struct xdf_link *xdf_link_create(struct xenbus_device *xdev, unsigned int num_channels, u32 serial,
				 const struct xdf_link_ops *ops, void *owner,
				 unsigned int timeout_ms);
extern unsigned int xdf_timeout_ms;

void xdf_link_slot_init(struct xdf_link_slot *slot);
void xdf_link_set(struct xdf_link_slot *slot, struct xdf_link *link);
struct xdf_link *xdf_link_get(struct xdf_link_slot *slot);
struct xdf_link *xdf_link_get_serial(struct xdf_link_slot *slot, u32 serial);
bool xdf_link_again(struct xdf_link *link, int err);
bool xdf_link_silent(struct xdf_link *link);
void xdf_link_keep(struct xdf_link *link, struct xdf_grants *grants);
int xdf_link_publish(struct xdf_link *link);
void xdf_link_kill(struct xdf_link *link);
void xdf_link_disarm(struct xdf_link *link, bool renew);
void xdf_link_limit(struct xdf_link *link);
unsigned long xdf_link_timeout(struct xdf_link *link);
unsigned long xdf_link_patience(struct xdf_link *link);
void xdf_link_timed_out(struct xdf_link *link);
void xdf_link_waited(struct xdf_link *link, ktime_t since);
void xdf_link_break(struct xdf_link *link, const char *why);
void xdf_link_close(struct xdf_link *link);
void xdf_link_put(struct xdf_link *link);

/* proto.c */
int xdf_proto_dbuf_create(struct xdf_link *link, const struct xendispl_dbuf_create_req *dbuf);
int xdf_proto_dbuf_destroy(struct xdf_link *link, u64 dbuf_cookie);
int xdf_proto_dbuf_forget(struct xdf_link *link, u64 dbuf_cookie);
int xdf_proto_fb_attach(struct xdf_link *link, u64 dbuf_cookie, u64 fb_cookie, u32 width,
			u32 height, u32 format);
int xdf_proto_fb_detach(struct xdf_link *link, u64 fb_cookie);
int xdf_proto_set_config(struct xdf_link *link, unsigned int connector, u64 fb_cookie, u32 width,
			 u32 height, u32 bpp);
int xdf_proto_get_edid(struct xdf_link *link, unsigned int connector, u32 gref_directory,
		       u32 capacity, struct xdf_call *call);
int xdf_proto_pg_flip(struct xdf_link *link, unsigned int connector, u64 fb_cookie, u64 number);

#endif
