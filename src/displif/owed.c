// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: owed
 *
 * What a backend has not answered, or has when nobody waited any more.
 */
#include <linux/bitmap.h>
#include <linux/spinlock.h>

#include "xdf_displif.h"

/**
 * xdf_channel_owes - is there a request without an answer that nobody waits for any more?
 * @channel: the connector's channel
 *
 * Page flips do not count. Any context.
 *
 * Return: whether there is one.
 */
bool xdf_channel_owes(struct xdf_channel *channel)
{
	unsigned long flags, busy;
	bool owes = false;
	unsigned int i;

	spin_lock_irqsave(&channel->lock, flags);
	busy = channel->ring.busy;
	for_each_set_bit(i, &busy, XDF_RING_SLOTS)
		if (channel->ring.op[i] != XENDISPL_OP_PG_FLIP && !channel->slot[i].call)
			owes = true;
	spin_unlock_irqrestore(&channel->lock, flags);
	return owes;
}

/**
 * xdf_channel_refused - has the backend refused something when nobody waited any more?
 * @channel: the connector's channel
 * @cookie: what
 *
 * Return: whether it has, and nobody has taken note of it.
 */
bool xdf_channel_refused(struct xdf_channel *channel, u64 cookie)
{
	unsigned long flags;
	bool refused;

	spin_lock_irqsave(&channel->lock, flags);
	refused = xdf_late_has(&channel->late, cookie);
	spin_unlock_irqrestore(&channel->lock, flags);
	return refused;
}

/**
 * xdf_channel_take_refused - take note of something of that kind
 * @channel: the connector's channel
 *
 * Return: its cookie, 0 when there is none.
 */
u64 xdf_channel_take_refused(struct xdf_channel *channel)
{
	unsigned long flags;
	u64 cookie;

	spin_lock_irqsave(&channel->lock, flags);
	cookie = xdf_late_take(&channel->late);
	spin_unlock_irqrestore(&channel->lock, flags);
	return cookie;
}
