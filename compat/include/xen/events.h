/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_XEN_EVENTS_H
#define XDF_COMPAT_XEN_EVENTS_H

#include <linux/interrupt.h>

#include_next <xen/events.h>
#include <xen/interface/event_channel.h>
#include <xen/xenbus.h>

/*
 * The functions below do not say whether they closed the port when they failed.
 * Another frontend may have been given its number since: an unbound port for the
 * same domain without an interrupt is taken for ours.
 */
static inline void xdf_evtchn_close_unbound(struct xenbus_device *xdev, evtchn_port_t port)
{
	struct evtchn_status status = { .dom = DOMID_SELF, .port = port };

	if (!HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) &&
	    status.status == EVTCHNSTAT_unbound &&
	    status.u.unbound.dom == xdev->otherend_id && irq_from_evtchn(port) <= 0)
		xenbus_free_evtchn(xdev, port);
}

/*
 * xdf_bind_lateeoi_handler - have an interrupt for a port of xenbus_alloc_evtchn()
 *
 * This function closes the port if it fails; the caller must not.
 * unbind_from_irqhandler() closes it later.
 *
 * Return: the interrupt, or an error.
 */
static inline int xdf_bind_lateeoi_handler(struct xenbus_device *xdev, evtchn_port_t port,
					   irq_handler_t handler, const char *name, void *data)
{
#ifdef XDF_HAVE_BIND_LATEEOI
	int irq = bind_evtchn_to_irq_lateeoi(port), ret;

	if (irq >= 0) {
		ret = request_irq(irq, handler, 0, name, data);
		if (!ret)
			return irq;
		/* Not counted, so this is the end of the interrupt, which closes the port. */
		evtchn_put(port);
		return ret;
	}
#else
	int irq = bind_evtchn_to_irqhandler_lateeoi(port, handler, 0, name, data);
#endif
	if (irq < 0)
		xdf_evtchn_close_unbound(xdev, port);
	return irq;
}

#endif /* XDF_COMPAT_XEN_EVENTS_H */
