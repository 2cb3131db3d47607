/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_BUS_H
#define XDF_BUS_H

#include <xen/xenbus.h>

struct xdf_device;
struct xdf_link;

/* Pause before a watch is registered that could not be. */
#define XDF_BUS_WATCH_MS 5000

void xdf_bus_init(struct xdf_device *xdf);
bool xdf_bus_switch(struct xdf_device *xdf, enum xenbus_state state);
void xdf_bus_closed(struct xdf_device *xdf, bool first);
void xdf_bus_retry(struct xdf_device *xdf, unsigned int ms);
void xdf_bus_hear_out(struct xdf_device *xdf);
void xdf_bus_stop(struct xdf_device *xdf);

/* hotplug.c */
void xdf_hotplug_init(struct xdf_device *xdf);
int xdf_hotplug_ask(struct xdf_device *xdf, struct xdf_link *link);
void xdf_hotplug_watch(struct xdf_device *xdf);
void xdf_hotplug_catch_up(struct xdf_device *xdf);
void xdf_hotplug_stop(struct xdf_device *xdf);

/* frontend.c */
void xdf_backend_retry(struct xdf_device *xdf);

#endif
