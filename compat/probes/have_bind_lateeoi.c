// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.16: fe415186b43d ("xen/console: harden hvc_xen against event channel storms") and v5.10; not between (v5.11 has a declaration only) */
/* exported: bind_evtchn_to_irq_lateeoi */
#include <xen/events.h>
int probe(evtchn_port_t port);
int probe(evtchn_port_t port)
{
	return bind_evtchn_to_irq_lateeoi(port);
}
