// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: shared
 *
 * A page that is shared with the backend, and the event channel that belongs to it: each
 * connector has two of them, see channel.c.
 */
#include <linux/err.h>
#include <linux/interrupt.h>
#include <linux/mm.h>

#include <xen/events.h>
#include <xen/xenbus.h>

#include "xdf_displif.h"

/**
 * xdf_shared_page_init - share one zeroed page with the backend
 * @shared: zeroed
 * @link: the link that it is for
 *
 * Return: where it lies, or an ERR_PTR: -ENOMEM, -ENOSPC when no grants are left.
 */
void *xdf_shared_page_init(struct xdf_shared_page *shared, struct xdf_link *link)
{
	struct xdf_pages *pages = xdf_pages_alloc(1, 0);
	struct xdf_grants *grants;

	if (IS_ERR(pages))
		return pages;
	grants = xdf_grants_create(link->domid, pages, 0, 1);
	if (IS_ERR(grants)) {
		xdf_pages_put(pages);
		return grants;
	}
	shared->pages = pages;
	shared->grants = grants;
	return page_address(pages->page[0]);
}

/**
 * xdf_shared_page_bind - open the event channel that belongs to a shared page
 * @shared: the page, shared
 * @channel: the channel that it is part of, for @handler
 * @handler: of its interrupts, which may come at once
 * @what: the second half of the interrupt's name
 *
 * Return: 0, or what the event channel driver said; then none is open.
 */
int xdf_shared_page_bind(struct xdf_shared_page *shared, struct xdf_channel *channel,
			 irq_handler_t handler, const char *what)
{
	struct xenbus_device *xdev = channel->link->xdev;
	int ret;

	ret = xenbus_alloc_evtchn(xdev, &shared->port);
	if (ret)
		return ret;
	snprintf(shared->name, sizeof(shared->name), "%s-%u-%s", dev_name(&xdev->dev),
		 channel->index, what);
	ret = xdf_bind_lateeoi_handler(xdev, shared->port, handler, shared->name, channel);
	if (ret < 0)
		return ret; /* the port is closed */
	shared->irq = ret;
	return 0;
}

/**
 * xdf_shared_page_unbind - close the event channel, if one is open
 * @shared: the page
 * @channel: as when it was opened
 *
 * Waits for a handler that runs.
 */
void xdf_shared_page_unbind(struct xdf_shared_page *shared, struct xdf_channel *channel)
{
	if (shared->irq)
		unbind_from_irqhandler(shared->irq, channel); /* closes the port too */
	shared->irq = 0;
}

/**
 * xdf_shared_page_fini - take the page back, if it is shared
 * @shared: the page, without an event channel
 */
void xdf_shared_page_fini(struct xdf_shared_page *shared)
{
	xdf_grants_end(shared->grants);
	shared->grants = NULL;
	xdf_pages_put(shared->pages);
	shared->pages = NULL;
}
