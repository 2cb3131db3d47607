// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: link
 *
 * A link is one connection to one backend: the channels of all connectors and
 * whatever the backend was told over them. It is made when the backend is ready
 * for us, killed the moment the backend is gone or breaks the protocol, and
 * replaced as a whole.
 */
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>

#include <xen/xenbus.h>

#include "xdf_displif.h"
#include "xdf_memory.h"
#include "xdf_module.h"

/* How often it is looked whether what was kept may go; no answer to it interrupts. */
#define KEPT_PERIOD_MS 100
/* How long a backend is waited for until it has let go of everything, in times of the timeout. */
#define LIMIT_TIMEOUTS 4
/* How long to wait for a backend that has just left a request unanswered. */
#define SILENT_MS 50

/* How long a request to the backend may take, in milliseconds. */
unsigned int xdf_timeout_ms = 1000;

static struct xdf_range timeout_range = { &xdf_timeout_ms, 50, 60000 };
module_param_cb(timeout_ms, &xdf_range_ops, &timeout_range, 0644);
__MODULE_PARM_TYPE(timeout_ms, "uint");
MODULE_PARM_DESC(timeout_ms,
		 "How long the backend may take to answer a request, in ms, 50 to 60000 (default: 1000)");

/**
 * xdf_link_slot_init - prepare
 * @slot: new
 */
void xdf_link_slot_init(struct xdf_link_slot *slot)
{
	spin_lock_init(&slot->lock);
	slot->link = NULL;
}

/**
 * xdf_link_set - there is another link, or none
 * @slot: where it is
 * @link: the link, or NULL
 *
 * The caller's reference is the slot's until the next call.
 */
void xdf_link_set(struct xdf_link_slot *slot, struct xdf_link *link)
{
	spin_lock_irq(&slot->lock);
	slot->link = link;
	spin_unlock_irq(&slot->lock);
}

/**
 * xdf_link_get - the present link
 * @slot: where it is
 *
 * Any context.
 *
 * Return: the link with a reference for the caller, or NULL when there is none.
 */
struct xdf_link *xdf_link_get(struct xdf_link_slot *slot)
{
	struct xdf_link *link;
	unsigned long flags;

	spin_lock_irqsave(&slot->lock, flags);
	link = slot->link;
	if (link)
		kref_get(&link->refs);
	spin_unlock_irqrestore(&slot->lock, flags);
	return link;
}

/**
 * xdf_link_get_serial - the present link, if it is a certain one
 * @slot: where it is
 * @serial: number of the link that is meant; 0 is none
 *
 * Any context.
 *
 * Return: the link with a reference for the caller, or NULL.
 */
struct xdf_link *xdf_link_get_serial(struct xdf_link_slot *slot, u32 serial)
{
	struct xdf_link *link = serial ? xdf_link_get(slot) : NULL;

	if (!link || link->serial == serial)
		return link;
	xdf_link_put(link);
	return NULL;
}

static void link_release(struct kref *refs)
{
	kvfree(container_of(refs, struct xdf_link, refs));
}

/**
 * xdf_link_put - give up a reference
 * @link: the link, or NULL
 */
void xdf_link_put(struct xdf_link *link)
{
	if (link)
		kref_put(&link->refs, link_release);
}

/* Is there a request that nobody waits for any more, and that may be carried out yet? */
static bool link_owes(struct xdf_link *link)
{
	unsigned int i;

	for (i = 0; i < link->num_channels; i++) {
		xdf_channel_poll(&link->channel[i]);
		if (xdf_channel_owes(&link->channel[i]))
			return true;
	}
	return false;
}

/* End the grants that were kept, if all requests are answered. */
static void link_release_kept(struct xdf_link *link)
{
	struct xdf_grants *grants, *next;
	LIST_HEAD(kept);

	spin_lock(&link->kept_lock);
	list_splice_init(&link->kept, &kept);
	spin_unlock(&link->kept_lock);
	if (list_empty(&kept))
		return;
	/* What is kept from here on is not on this list. */
	if (!READ_ONCE(link->closed) && link_owes(link)) {
		spin_lock(&link->kept_lock);
		if (!link->closed) {
			list_splice_init(&kept, &link->kept);
			/* No response comes over a dead link: they stay until it is closed. */
			if (!READ_ONCE(link->dead))
				schedule_delayed_work(&link->kept_work,
						      msecs_to_jiffies(KEPT_PERIOD_MS));
		}
		spin_unlock(&link->kept_lock);
	}
	list_for_each_entry_safe(grants, next, &kept, orphan) {
		list_del_init(&grants->orphan);
		xdf_grants_end(grants);
	}
}

static void link_kept_work_fn(struct work_struct *work)
{
	link_release_kept(container_of(work, struct xdf_link, kept_work.work));
}

/**
 * xdf_link_keep - end grants, but not before it can do no harm
 * @link: the link with a request that names them and may be unanswered, or NULL
 * @grants: the grants, which are the link's from now on; or NULL
 *
 * The backend may be about to map them. References that were given back would be given
 * out again, by whatever driver, and mapped in place of ours. So they stay until it has
 * answered everything, or the link is closed. May sleep.
 */
void xdf_link_keep(struct xdf_link *link, struct xdf_grants *grants)
{
	if (!link || !grants) {
		xdf_grants_end(grants);
		return;
	}
	spin_lock(&link->kept_lock);
	list_add(&grants->orphan, &link->kept);
	spin_unlock(&link->kept_lock);
	link_release_kept(link);
}

/**
 * xdf_link_create - make the channels of a new connection
 * @xdev: the device on the bus, whose backend is in state InitWait
 * @num_channels: number of connectors, 1 to 16
 * @serial: number of the link, not 0
 * @ops: whom to tell, see struct xdf_link_ops
 * @owner: argument of @ops
 * @timeout_ms: how long a request may take
 *
 * Process context of the thread that runs the device's states.
 *
 * Return: the link with one reference, to be ended by xdf_link_kill(),
 * xdf_link_close() and xdf_link_put(); or an ERR_PTR as of xdf_channel_init().
 */
struct xdf_link *xdf_link_create(struct xenbus_device *xdev, unsigned int num_channels, u32 serial,
				 const struct xdf_link_ops *ops, void *owner,
				 unsigned int timeout_ms)
{
	struct xdf_link *link;
	unsigned int i;
	int ret;

	link = xdf_alloc_paged(struct_size(link, channel, num_channels),
			       GFP_KERNEL | __GFP_ZERO);
	if (!link)
		return ERR_PTR(-ENOMEM);
	kref_init(&link->refs);
	spin_lock_init(&link->kept_lock);
	INIT_LIST_HEAD(&link->kept);
	INIT_DELAYED_WORK(&link->kept_work, link_kept_work_fn);
	link->xdev = xdev;
	link->domid = xdev->otherend_id;
	link->serial = serial;
	link->ops = ops;
	link->owner = owner;
	link->timeout = msecs_to_jiffies(timeout_ms);
	link->heard = jiffies;
	atomic64_set(&link->patience, KTIME_MAX);

	/* An interrupt of the first may kill the link before the last is made. */
	link->num_channels = num_channels;
	for (i = 0; i < num_channels; i++)
		xdf_channel_prepare(&link->channel[i], link, i);
	for (i = 0; i < num_channels; i++) {
		ret = xdf_channel_init(&link->channel[i]);
		if (ret) {
			xdf_link_kill(link);
			xdf_link_close(link);
			xdf_link_put(link);
			return ERR_PTR(ret);
		}
	}
	return link;
}

/* Write the four nodes of one connector. */
static int publish_channel(struct xenbus_transaction xbt, const struct xdf_channel *channel)
{
	const struct {
		const char *node;
		u32 value;
	} nodes[] = {
		{ XENDISPL_FIELD_REQ_RING_REF, channel->req.grants->ref[0] },
		{ XENDISPL_FIELD_REQ_CHANNEL, channel->req.port },
		{ XENDISPL_FIELD_EVT_RING_REF, channel->event.grants->ref[0] },
		{ XENDISPL_FIELD_EVT_CHANNEL, channel->event.port },
	};
	char dir[64];
	unsigned int i;
	int ret;

	snprintf(dir, sizeof(dir), "%s/%u", channel->link->xdev->nodename, channel->index);
	for (i = 0; i < ARRAY_SIZE(nodes); i++) {
		ret = xenbus_printf(xbt, dir, nodes[i].node, "%u", nodes[i].value);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * xdf_link_publish - tell the backend where the shared pages are
 * @link: a new link, its version is set
 *
 * Return: 0, or what XenStore said.
 */
int xdf_link_publish(struct xdf_link *link)
{
	struct xenbus_transaction xbt;
	unsigned int i;
	int ret;

	do {
		ret = xenbus_transaction_start(&xbt);
		if (ret)
			return ret;
		for (i = 0; i < link->num_channels && !ret; i++)
			ret = publish_channel(xbt, &link->channel[i]);
		if (!ret)
			ret = xenbus_printf(xbt, link->xdev->nodename, XENDISPL_FIELD_FE_VERSION,
					    "%u", link->version);
		if (ret) {
			xenbus_transaction_end(xbt, 1);
			return ret;
		}
		ret = xenbus_transaction_end(xbt, 0);
	} while (ret == -EAGAIN);
	return ret;
}

/**
 * xdf_link_silent - does the backend owe an answer, and has given no sign of life since?
 * @link: the link
 *
 * Collects responses that came without an interrupt, should it seem so. Any context.
 *
 * Return: whether it is silent.
 */
bool xdf_link_silent(struct xdf_link *link)
{
	unsigned int i;

	for (i = 0; i < link->num_channels && READ_ONCE(link->silent); i++)
		xdf_channel_poll(&link->channel[i]);
	return READ_ONCE(link->silent);
}

/**
 * xdf_link_kill - the backend is gone: nothing more is sent, nobody waits
 * @link: the link
 *
 * Any context, any number of times.
 */
void xdf_link_kill(struct xdf_link *link)
{
	unsigned int i;

	WRITE_ONCE(link->dead, true);
	for (i = 0; i < link->num_channels; i++)
		xdf_channel_kill(&link->channel[i]);
}

/**
 * xdf_link_disarm - leave nothing on the rings that names a grant
 * @link: a dead link
 * @renew: its rings shall look new: the backend has let go of them, and may bind to them
 *
 * Process context.
 */
void xdf_link_disarm(struct xdf_link *link, bool renew)
{
	unsigned int i;

	for (i = 0; i < link->num_channels; i++)
		xdf_channel_disarm(&link->channel[i], renew);
}

/**
 * xdf_link_limit - from now on, wait for answers for four timeouts in all
 * @link: the link
 *
 * For those who are about to have the backend let go of everything, and cannot wait for
 * ever. What else holds them up is not the backend's fault and is not counted. Any
 * context, any number of times.
 */
void xdf_link_limit(struct xdf_link *link)
{
	atomic64_cmpxchg(&link->patience, KTIME_MAX,
			 jiffies_to_nsecs(LIMIT_TIMEOUTS * link->timeout));
}

/**
 * xdf_link_timeout - how long a request may take
 * @link: the link
 *
 * Return: jiffies, at least one.
 */
unsigned long xdf_link_timeout(struct xdf_link *link)
{
	s64 left = max_t(s64, atomic64_read(&link->patience), 0);

	return clamp(nsecs_to_jiffies(left), 1UL, link->timeout);
}

/**
 * xdf_link_patience - how long to wait for the next answer
 * @link: the link
 *
 * A backend that did not answer the last request will hardly answer the next one in time.
 *
 * Return: jiffies, at least one.
 */
unsigned long xdf_link_patience(struct xdf_link *link)
{
	unsigned long timeout = xdf_link_timeout(link);

	return xdf_link_silent(link) ? min(timeout, msecs_to_jiffies(SILENT_MS)) : timeout;
}

/**
 * xdf_link_timed_out - a request was not answered in time
 * @link: the link
 *
 * Any context.
 */
void xdf_link_timed_out(struct xdf_link *link)
{
	WRITE_ONCE(link->silent, true);
	atomic_inc(&link->num_timeouts);
}

/**
 * xdf_link_again - is a request to be sent again?
 * @link: the link that it was for
 * @err: what became of it
 *
 * If a request to forget something were dropped the backend would keep it for ever, so it
 * is tried again while the ring is full. A ring that stays full breaks the link in the end;
 * a link with a limit (xdf_link_limit()) is killed, so that the others need not wait.
 *
 * Return: whether it is.
 */
bool xdf_link_again(struct xdf_link *link, int err)
{
	if (err && READ_ONCE(link->silent) && atomic64_read(&link->patience) != KTIME_MAX)
		xdf_link_kill(link);
	return err == XDF_UNSENT && !READ_ONCE(link->dead);
}

/**
 * xdf_link_waited - somebody has waited for an answer
 * @link: the link
 * @since: from when on, of ktime_get()
 *
 * Kills the link if that is more than what is left of its limit. Not counted in ticks: a
 * backend that always answered just before the next one would be charged nothing. Any
 * context.
 */
void xdf_link_waited(struct xdf_link *link, ktime_t since)
{
	if (atomic64_read(&link->patience) == KTIME_MAX)
		return;
	if (atomic64_sub_return(ktime_sub(ktime_get(), since), &link->patience) <= 0)
		xdf_link_kill(link);
}

/**
 * xdf_link_break - the backend broke the protocol: kill the link and say so
 * @link: the link
 * @why: what was wrong, for the log
 *
 * Any context.
 */
void xdf_link_break(struct xdf_link *link, const char *why)
{
	if (READ_ONCE(link->dead))
		return;
	dev_err_ratelimited(&link->xdev->dev,
			    "backend (domain %u) broke the protocol: %s; link dropped\n",
			    link->domid, why);
	WRITE_ONCE(link->broken, true);
	xdf_link_kill(link);
	link->ops->broken(link->owner);
}

/**
 * xdf_link_close - close the event channels, take all back that was shared
 * @link: a dead link
 *
 * Process context of the thread that runs the device's states. After it the
 * ops are not called any more.
 */
void xdf_link_close(struct xdf_link *link)
{
	unsigned int i;

	for (i = 0; i < link->num_channels; i++)
		xdf_channel_fini(&link->channel[i]);
	spin_lock(&link->kept_lock);
	link->closed = true;
	spin_unlock(&link->kept_lock);
	cancel_delayed_work_sync(&link->kept_work);
	link_release_kept(link);
}
