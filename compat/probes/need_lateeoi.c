// SPDX-License-Identifier: GPL-2.0 OR MIT
/* needed: late end of interrupt for event channels (bind_evtchn_to_irqhandler_lateeoi, xen_irq_lateeoi) */
/* v5.10: 54c9de89895e ("xen/events: add a new "late EOI" evtchn framework"), XSA-332; in older stable kernels too */
#include <linux/interrupt.h>
#include <xen/events.h>
int probe(evtchn_port_t evtchn, irq_handler_t handler, void *data);
int probe(evtchn_port_t evtchn, irq_handler_t handler, void *data)
{
	int irq = bind_evtchn_to_irqhandler_lateeoi(evtchn, handler, 0, "probe", data);

	xen_irq_lateeoi(irq, XEN_EOI_FLAG_SPURIOUS);
	return irq;
}
