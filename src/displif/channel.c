// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: channel
 *
 * A connector talks to the backend through two shared pages, each with an
 * event channel: a ring of requests and responses (xen/interface/io/ring.h) and
 * a page of events that only the backend fills (displif.h, struct
 * xendispl_event_page).
 *
 * Nothing is ever read twice from a shared page and no index there is believed:
 * ring.c keeps the private ones. Interrupts are bound lateeoi, so a backend
 * that floods us with notifications is slowed down by the hypervisor layer, and so is
 * one that floods us with events that no flip has earned.
 *
 * Responses interrupt only while somebody waits for one. A page flip nobody
 * waits for costs a single interrupt, that of its event; its response is
 * collected along the way.
 */
#include <linux/interrupt.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>

#include <xen/events.h>
#include <xen/xenbus.h>

#include "xdf_displif.h"
#include "xdf_trace.h"

/* A request is lost when it has no answer after so many times the timeout. */
#define LOST_TIMEOUTS 4

/* Far enough that the backend never notifies us of a response. */
#define RSP_EVENT_NEVER(ring) ((ring)->rsp_cons + XDF_RING_SLOTS + 1)

/* Ask for an interrupt with the next response if somebody waits, else for none. */
static void channel_arm(struct xdf_channel *channel)
{
	WRITE_ONCE(channel->sring->rsp_event, channel->waiting ? channel->ring.rsp_cons + 1 :
								  RSP_EVENT_NEVER(&channel->ring));
}

/*
 * Put a request on the ring. @call may be NULL, then nobody waits for the response;
 * @number is handed to flip_response for a PG_FLIP. Caller holds the lock.
 */
static int channel_put(struct xdf_channel *channel, struct xendispl_req *req,
		       struct xdf_call *call, u64 number)
{
	struct xen_displif_sring *sring = channel->sring;
	u32 old, event;
	int slot;

	if (READ_ONCE(channel->link->dead))
		return -ENOTCONN;
	old = channel->ring.req_prod;
	slot = xdf_ring_reserve(&channel->ring, req->operation, &req->id);
	if (slot < 0) {
		if (!channel->full)
			channel->full_since = jiffies;
		channel->full = true;
		return slot;
	}
	channel->slot[slot].call = call;
	channel->slot[slot].number = number;
	channel->slot[slot].sent = jiffies;
	if (req->operation == XENDISPL_OP_PG_FLIP && channel->evt_due < XDF_EVENT_SLOTS)
		channel->evt_due++;
	sring->ring[old % XDF_RING_SLOTS].req = *req;
	if (call) {
		channel->waiting++;
		channel_arm(channel);
	}
	virt_wmb(); /* the backend sees the request before the index */
	WRITE_ONCE(sring->req_prod, channel->ring.req_prod);
	virt_mb(); /* and the index before we see whether it sleeps */
	event = READ_ONCE(sring->req_event);
	/* A backend that does not answer may have asked for the wrong index. */
	if (channel->ring.req_prod - event < channel->ring.req_prod - old ||
	    READ_ONCE(channel->link->silent))
		notify_remote_via_irq(channel->req.irq);
	return 0;
}

/*
 * The ring was found full. When nothing on it has been answered for long its requests
 * are lost, and nothing can be asked any more: the link is over.
 */
static void channel_check_full(struct xdf_channel *channel)
{
	unsigned long flags;
	bool lost;

	spin_lock_irqsave(&channel->lock, flags);
	lost = channel->full && time_after(jiffies, channel->full_since +
						    LOST_TIMEOUTS * channel->link->timeout);
	spin_unlock_irqrestore(&channel->lock, flags);
	if (lost)
		xdf_link_break(channel->link, "32 requests were left unanswered");
}

static int channel_push(struct xdf_channel *channel, struct xendispl_req *req,
			struct xdf_call *call, u64 number)
{
	unsigned long flags;
	int ret;

	spin_lock_irqsave(&channel->lock, flags);
	ret = channel_put(channel, req, call, number);
	spin_unlock_irqrestore(&channel->lock, flags);
	if (!ret) {
		atomic_inc(&channel->link->num_requests);
		trace_xdf_request(channel->link->serial, channel->index, req->operation, req->id,
				  req->operation == XENDISPL_OP_PG_FLIP ?
				  req->op.pg_flip.fb_cookie : 0);
	} else if (ret == -ENOSPC) {
		channel_check_full(channel);
	}
	return ret;
}

/**
 * xdf_channel_send_last - put the last flip of a panicking kernel on the ring
 * @channel: the connector's channel
 * @fb_cookie: the framebuffer that is shown already
 *
 * Whoever holds the lock will not come to release it.
 */
void xdf_channel_send_last(struct xdf_channel *channel, u64 fb_cookie)
{
	struct xendispl_req req = { .operation = XENDISPL_OP_PG_FLIP };

	req.op.pg_flip.fb_cookie = fb_cookie;
	if (!spin_trylock(&channel->lock))
		return;
	channel_put(channel, &req, NULL, 0);
	spin_unlock(&channel->lock);
}

/**
 * xdf_channel_send - put a request on the ring and do not wait
 * @channel: the connector's channel
 * @req: the request, complete but for its id
 * @number: what flip_response is told with the answer to a PG_FLIP
 *
 * Any context. Does not collect responses, so that callers may hold locks that
 * the link's ops take.
 *
 * Return: 0, -ENOSPC when 32 requests are unanswered, -ENOTCONN when the link
 * is dead.
 */
int xdf_channel_send(struct xdf_channel *channel, struct xendispl_req *req, u64 number)
{
	return channel_push(channel, req, NULL, number);
}

/**
 * xdf_channel_abandon - nobody waits for a response any more
 * @channel: the connector's channel
 * @call: of xdf_channel_ask(); is not touched afterwards
 *
 * The slot stays busy until the backend answers. Any context.
 *
 * Return: whether the response has come just before: then @call has the outcome.
 */
bool xdf_channel_abandon(struct xdf_channel *channel, struct xdf_call *call)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&channel->lock, flags);
	for (i = 0; i < XDF_RING_SLOTS; i++) {
		if (channel->slot[i].call != call)
			continue;
		channel->slot[i].call = NULL;
		channel->waiting--;
		channel_arm(channel);
	}
	spin_unlock_irqrestore(&channel->lock, flags);
	return try_wait_for_completion(&call->done);
}

/* The cookie of what the backend is told of, 0 when there is none, or on trial only. */
static u64 call_number(const struct xendispl_req *req)
{
	u64 cookie = 0;

	if (req->operation == XENDISPL_OP_DBUF_CREATE)
		cookie = req->op.dbuf_create.dbuf_cookie;
	else if (req->operation == XENDISPL_OP_FB_ATTACH)
		cookie = req->op.fb_attach.fb_cookie;
	return cookie & XDF_TRIAL ? 0 : cookie;
}

/**
 * xdf_channel_ask - put a request on the ring; its response is collected later
 * @channel: the connector's channel
 * @req: the request, complete but for its id
 * @call: the response goes here; must stay until xdf_channel_wait() says that it has come,
 *	xdf_channel_abandon(), or the link is dead
 *
 * Any context.
 *
 * Return: 0, -ENOSPC when 32 requests are unanswered, -ENOTCONN when the link is dead.
 */
int xdf_channel_ask(struct xdf_channel *channel, struct xendispl_req *req, struct xdf_call *call)
{
	init_completion(&call->done);
	call->err = -ENOTCONN;
	return channel_push(channel, req, call, call_number(req));
}

/**
 * xdf_channel_wait - wait for the response to a request
 * @channel: the connector's channel
 * @call: of xdf_channel_ask()
 * @timeout: how long, in jiffies
 *
 * Sleeps, killably.
 *
 * Return: 0 when @call has the outcome, -ETIMEDOUT or -EINTR when the request is still on
 * the ring.
 */
int xdf_channel_wait(struct xdf_channel *channel, struct xdf_call *call, unsigned long timeout)
{
	long left;

	/*
	 * Responses that nobody waited for may lie before this one: then the backend has
	 * passed the index that asks for an interrupt. Collect them and ask again.
	 */
	xdf_channel_poll(channel);
	left = wait_for_completion_killable_timeout(&call->done, timeout / 2);
	if (!left) {
		/* Either side may have missed the other's notification. */
		xdf_channel_nudge(channel);
		left = wait_for_completion_killable_timeout(&call->done, timeout - timeout / 2);
	}
	if (left > 0)
		return 0;
	return left ? -EINTR : -ETIMEDOUT;
}

/* Wait until there is room for a request, and put it on the ring. */
static int channel_ask_full(struct xdf_channel *channel, struct xendispl_req *req,
			    struct xdf_call *call, unsigned long timeout)
{
	struct xdf_link *link = channel->link;
	unsigned long start = jiffies, end = start + timeout;
	int ret = -ENOSPC;

	/* A poll a tick: responses may come without an interrupt. */
	while (ret == -ENOSPC && time_before(jiffies, end)) {
		if (fatal_signal_pending(current))
			return XDF_UNSENT;
		wait_event_killable_timeout(channel->space,
					    READ_ONCE(channel->ring.busy) != U32_MAX ||
					    READ_ONCE(link->dead), 1);
		xdf_channel_poll(channel);
		ret = xdf_channel_ask(channel, req, call);
	}
	if (ret != -ENOSPC)
		return ret;
	if (time_before(READ_ONCE(link->heard), start))
		WRITE_ONCE(link->silent, true);
	return XDF_UNSENT;
}

/* What xdf_channel_call() does, but for counting how long it takes. */
static int channel_call(struct xdf_channel *channel, struct xendispl_req *req,
			struct xendispl_resp *resp)
{
	unsigned long timeout = xdf_link_patience(channel->link);
	struct xdf_call call = { .resp = resp };
	int ret;

	ret = xdf_channel_ask(channel, req, &call);
	if (ret == -ENOSPC)
		ret = channel_ask_full(channel, req, &call, timeout);
	if (ret)
		return ret;
	ret = xdf_channel_wait(channel, &call, timeout);
	if (ret && !xdf_channel_abandon(channel, &call)) {
		if (ret == -ETIMEDOUT)
			xdf_link_timed_out(channel->link);
		return ret;
	}
	return call.err;
}

/**
 * xdf_channel_call - put a request on the ring and wait for its response
 * @channel: the connector's channel
 * @req: the request, complete but for its id
 * @resp: set to a copy of the response when that says success; may be NULL
 *
 * Sleeps, killably, for space and for the answer, each at most the link's
 * timeout, and much less while the backend is silent. See xdf_link_limit().
 *
 * Return: 0; the backend's error; XDF_UNSENT when there was no room; -ENOTCONN when
 * the link is or becomes dead; when it is on the ring without an answer -ETIMEDOUT, or
 * -EINTR if the caller is being killed.
 */
int xdf_channel_call(struct xdf_channel *channel, struct xendispl_req *req,
		     struct xendispl_resp *resp)
{
	ktime_t start = ktime_get();
	int ret = channel_call(channel, req, resp);

	xdf_link_waited(channel->link, start);
	return ret;
}

/*
 * A request sent at @sent was answered: is there an old one that will not be?
 * What the backend knows cannot be told then. A flip is sent again by its pipe, and
 * GET_EDID, which backends need not know, by edid_fetch.c.
 */
static bool channel_lost_one(const struct xdf_channel *channel, unsigned long sent)
{
	unsigned long busy = channel->ring.busy, oldest = jiffies;
	unsigned int i;

	oldest -= LOST_TIMEOUTS * channel->link->timeout;
	for_each_set_bit(i, &busy, XDF_RING_SLOTS) {
		if (channel->ring.op[i] != XENDISPL_OP_PG_FLIP &&
		    channel->ring.op[i] != XENDISPL_OP_GET_EDID &&
		    time_before(channel->slot[i].sent, oldest) &&
		    time_before(channel->slot[i].sent, sent))
			return true;
	}
	return false;
}

/*
 * What an answer says of the backend's knowledge. Caller holds the lock. True when it does
 * not know what it may have known.
 */
static bool channel_note(struct xdf_channel *channel, const struct xdf_slot *slot,
			 const struct xendispl_resp *resp)
{
	bool refused = resp->status && !slot->call;

	if (resp->operation == XENDISPL_OP_PG_FLIP || !slot->number)
		return false;
	if (refused || !resp->status)
		xdf_late_note(&channel->late, slot->number, refused);
	return refused;
}

/**
 * xdf_channel_poll - collect the responses that have come
 * @channel: the connector's channel
 *
 * Wakes their waiters and tells about flips. Any context.
 */
void xdf_channel_poll(struct xdf_channel *channel)
{
	struct xdf_link *link = channel->link;
	struct { u64 number; int err; } flips[XDF_RING_SLOTS];
	unsigned int i, num_flips = 0;
	const char *wrong = NULL;
	bool refused = false;
	unsigned long flags;
	int unread;

	spin_lock_irqsave(&channel->lock, flags);
	if (READ_ONCE(link->dead))
		goto out;
again:
	unread = xdf_ring_unread(&channel->ring, READ_ONCE(channel->sring->rsp_prod));
	if (unread < 0)
		wrong = "response producer out of range";
	virt_rmb(); /* the index is read before what it announces */
	while (unread-- > 0) {
		struct xendispl_resp resp;
		struct xdf_slot *slot;
		int nr;

		resp = channel->sring->ring[channel->ring.rsp_cons % XDF_RING_SLOTS].rsp;
		barrier(); /* judge the copy, never the shared bytes */
		nr = xdf_ring_accept(&channel->ring, resp.id, resp.operation);
		if (nr < 0) {
			wrong = "response to nothing that was asked";
			break;
		}
		trace_xdf_response(link->serial, channel->index, resp.operation, resp.id,
				   resp.status);
		if (resp.status)
			atomic_inc(&link->num_errors);
		slot = &channel->slot[nr];
		refused |= channel_note(channel, slot, &resp);
		if (slot->call) {
			slot->call->err = xdf_status_to_errno(resp.status);
			if (slot->call->resp)
				*slot->call->resp = resp;
			complete(&slot->call->done);
			slot->call = NULL;
			channel->waiting--;
		} else if (resp.operation == XENDISPL_OP_PG_FLIP && num_flips < XDF_RING_SLOTS) {
			flips[num_flips].number = slot->number;
			flips[num_flips++].err = xdf_status_to_errno(resp.status);
		}
		if (channel->ring.busy && channel_lost_one(channel, slot->sent))
			wrong = "a request was left unanswered, later ones were not";
		WRITE_ONCE(link->silent, false);
		WRITE_ONCE(link->heard, jiffies);
		channel->full = false;
	}
	channel_arm(channel);
	virt_mb(); /* a response put there before the backend saw this is ours */
	if (!wrong && channel->waiting && num_flips < XDF_RING_SLOTS &&
	    READ_ONCE(channel->sring->rsp_prod) != channel->ring.rsp_cons)
		goto again;
	wake_up(&channel->space);
out:
	spin_unlock_irqrestore(&channel->lock, flags);

	for (i = 0; i < num_flips; i++)
		link->ops->flip_response(link->owner, channel->index, flips[i].number,
					 flips[i].err);
	if (wrong)
		xdf_link_break(link, wrong);
	else if (refused)
		link->ops->refused(link->owner);
}

/**
 * xdf_channel_nudge - a request has been waiting for long
 * @channel: the connector's channel
 *
 * Collects responses that came without an interrupt, and notifies the backend,
 * which may have missed the request. Any context.
 */
void xdf_channel_nudge(struct xdf_channel *channel)
{
	unsigned long flags;

	xdf_channel_poll(channel);
	spin_lock_irqsave(&channel->lock, flags);
	if (channel->ring.busy && !READ_ONCE(channel->link->dead))
		notify_remote_via_irq(channel->req.irq);
	spin_unlock_irqrestore(&channel->lock, flags);
}

static irqreturn_t response_irq(int irq, void *data)
{
	struct xdf_channel *channel = data;
	bool spurious;
	u32 cons;

	WRITE_ONCE(channel->req_irqs, channel->req_irqs + 1);
	xdf_channel_poll(channel);
	/*
	 * Somebody else may have collected the response that this interrupt told
	 * of. It had a reason all the same: calling it spurious would have the
	 * next ones put off, by up to a second.
	 */
	cons = READ_ONCE(channel->ring.rsp_cons);
	spurious = cons == channel->irq_cons;
	channel->irq_cons = cons;
	xen_irq_lateeoi(irq, spurious ? XEN_EOI_FLAG_SPURIOUS : 0);
	return IRQ_HANDLED;
}

/* So many events have come: was one of them due? Each flip has one, be it late. */
static bool channel_take_due(struct xdf_channel *channel, int events)
{
	unsigned int due, come = max(events, 0);
	unsigned long flags;

	spin_lock_irqsave(&channel->lock, flags);
	due = min(channel->evt_due, come);
	channel->evt_due -= due;
	spin_unlock_irqrestore(&channel->lock, flags);
	return due;
}

/* Tell the backend how far its events were read; not in a page that was made to look new. */
static void channel_consumed(struct xdf_channel *channel)
{
	unsigned long flags;

	virt_mb(); /* done with the slots before the backend reuses them */
	spin_lock_irqsave(&channel->lock, flags);
	if (!READ_ONCE(channel->link->dead))
		WRITE_ONCE(channel->evt->in_cons, channel->evt_cons);
	spin_unlock_irqrestore(&channel->lock, flags);
}

static irqreturn_t event_irq(int irq, void *data)
{
	struct xdf_channel *channel = data;
	struct xdf_link *link = channel->link;
	int unread = 0, i;
	bool due;

	WRITE_ONCE(channel->evt_irqs, channel->evt_irqs + 1);
	if (!READ_ONCE(link->dead))
		unread = xdf_events_unread(channel->evt_cons, READ_ONCE(channel->evt->in_prod));
	if (unread < 0)
		xdf_link_break(link, "event producer out of range");
	virt_rmb(); /* the index is read before what it announces */

	/* Before one of them has the next flip sent. */
	due = channel_take_due(channel, unread);
	for (i = 0; i < unread; i++) {
		struct xendispl_evt evt;

		evt = XENDISPL_IN_RING_REF(channel->evt, channel->evt_cons);
		barrier(); /* judge the copy, never the shared bytes */
		channel->evt_cons++;
		/* What a later protocol may add is none of our business. */
		if (evt.type != XENDISPL_EVT_PG_FLIP)
			continue;
		trace_xdf_flip_event(link->serial, channel->index, evt.op.pg_flip.fb_cookie);
		link->ops->flip_event(link->owner, channel->index, evt.op.pg_flip.fb_cookie);
	}
	if (unread > 0)
		channel_consumed(channel);
	if (due) {
		WRITE_ONCE(link->silent, false);
		WRITE_ONCE(link->heard, jiffies);
	}
	/* The answer to the flip usually lies there as well. */
	xdf_channel_poll(channel);

	xen_irq_lateeoi(irq, due ? 0 : XEN_EOI_FLAG_SPURIOUS);
	return IRQ_HANDLED;
}

/**
 * xdf_channel_prepare - make a channel fit to be killed
 * @channel: zeroed
 * @link: the link it belongs to
 * @index: number of the connector
 */
void xdf_channel_prepare(struct xdf_channel *channel, struct xdf_link *link, unsigned int index)
{
	BUILD_BUG_ON(__CONST_RING_SIZE(xen_displif, XDF_GRANT_SIZE) != XDF_RING_SLOTS);
	BUILD_BUG_ON(XENDISPL_IN_RING_LEN != XDF_EVENT_SLOTS);

	channel->link = link;
	channel->index = index;
	spin_lock_init(&channel->lock);
	init_waitqueue_head(&channel->space);
	xdf_ring_init(&channel->ring);
}

/**
 * xdf_channel_init - make the shared pages and event channels of a connector
 * @channel: prepared
 *
 * On an error the caller calls xdf_channel_fini() all the same.
 *
 * Return: 0, -ENOMEM, -ENOSPC (no grants left), or what the event channel
 * driver said.
 */
int xdf_channel_init(struct xdf_channel *channel)
{
	struct xdf_link *link = channel->link;
	int ret;

	/* An interrupt may come as soon as it is bound: the pages come first. */
	channel->sring = xdf_shared_page_init(&channel->req, link);
	if (IS_ERR(channel->sring))
		return PTR_ERR(channel->sring);
	channel->evt = xdf_shared_page_init(&channel->event, link);
	if (IS_ERR(channel->evt))
		return PTR_ERR(channel->evt);
	SHARED_RING_INIT(channel->sring);
	channel_arm(channel);

	ret = xdf_shared_page_bind(&channel->req, channel, response_irq, "req");
	return ret ?: xdf_shared_page_bind(&channel->event, channel, event_irq, "evt");
}

/**
 * xdf_channel_disarm - leave nothing on the ring that names a grant
 * @channel: of a dead link
 * @renew: make ring and event page look as they were when they were published, too
 *
 * A backend that stands still, with the ring mapped, may come to its requests yet, and
 * then use grants that belong to others by then. A backend that begins anew may bind to
 * the ring before it reads that the driver does, too. All that either finds there is to
 * turn the connector off. Process context.
 */
void xdf_channel_disarm(struct xdf_channel *channel, bool renew)
{
	struct xendispl_req req = { .operation = XENDISPL_OP_SET_CONFIG };
	unsigned long flags;

	if (IS_ERR_OR_NULL(channel->sring) || IS_ERR_OR_NULL(channel->evt))
		return;
	spin_lock_irqsave(&channel->lock, flags);
	for (req.id = 0; req.id < XDF_RING_SLOTS; req.id++)
		channel->sring->ring[req.id].req = req;
	if (renew) {
		SHARED_RING_INIT(channel->sring);
		WRITE_ONCE(channel->evt->in_cons, 0);
		WRITE_ONCE(channel->evt->in_prod, 0);
	}
	spin_unlock_irqrestore(&channel->lock, flags);
}

/**
 * xdf_channel_fini - close the event channels, take the shared pages back
 * @channel: of a dead link, or one whose xdf_channel_init() failed
 *
 * Waits for running interrupt handlers. Pages that the backend still maps are
 * kept as orphans.
 */
void xdf_channel_fini(struct xdf_channel *channel)
{
	/* The handler of events looks at the ring, too. */
	xdf_shared_page_unbind(&channel->req, channel);
	xdf_shared_page_unbind(&channel->event, channel);
	xdf_channel_disarm(channel, false);
	xdf_shared_page_fini(&channel->req);
	xdf_shared_page_fini(&channel->event);
}

/**
 * xdf_channel_kill - let nobody wait any longer
 * @channel: of a link that is marked dead
 *
 * Any context. Every waiter gets -ENOTCONN.
 */
void xdf_channel_kill(struct xdf_channel *channel)
{
	unsigned long flags;
	unsigned int i;

	spin_lock_irqsave(&channel->lock, flags);
	for (i = 0; i < XDF_RING_SLOTS; i++) {
		if (!channel->slot[i].call)
			continue;
		complete(&channel->slot[i].call->done);
		channel->slot[i].call = NULL;
	}
	channel->waiting = 0;
	spin_unlock_irqrestore(&channel->lock, flags);
	wake_up_all(&channel->space);
}
