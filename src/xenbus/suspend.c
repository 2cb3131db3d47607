// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: suspend
 *
 * What there is to do before a guest is saved or moved; afterwards see xdf_resume().
 */
#include <xen/xenbus.h>

#include "xdf_buffer.h"
#include "xdf_displif.h"
#include "xdf_kms.h"
#include "xdf_module.h"
#include "xdf_xenbus.h"

/**
 * xdf_suspend - xenbus_driver.suspend: the guest is about to be saved or moved
 * @xdev: the device on the bus
 *
 * It may also just go on afterwards, without a word. So nothing ends here, unless
 * memory of the backend's is mapped, with which a guest cannot be saved, or may be at
 * any moment: then the backend is told to let go of everything, and the link is made
 * anew in either case.
 *
 * Return: 0.
 */
int xdf_suspend(struct xenbus_device *xdev)
{
	struct xdf_device *xdf = dev_get_drvdata(&xdev->dev);
	struct xdf_link *link;
	unsigned int i;
	bool foreign;

	/* One that is just being dropped may have memory of the backend's mapped. */
	mutex_lock(&xdf->state_lock);
	link = xdf_link_get(&xdf->slot);
	mutex_unlock(&xdf->state_lock);
	if (!link)
		return 0;
	mutex_lock(&xdf->buf_lock);
	foreign = link->be_alloc || xdf_dbuf_any_foreign(xdf);
	if (foreign) {
		/* The thread that asks us serves all devices. */
		xdf_link_limit(link);
		for (i = 0; i < xdf->num_pipes; i++)
			xdf_crtc_retract(xdf->pipe[i], link);
		xdf_view_retract(xdf, link);
		xdf_link_kill(link); /* before anybody announces them anew */
	}
	mutex_unlock(&xdf->buf_lock);
	if (foreign)
		queue_work(xdf_wq, &xdf->broken_work);
	xdf_link_put(link);
	return 0;
}
