/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_XENBUS_H
#define XDF_XENBUS_H

#include <xen/xenbus.h>

int xdf_probe(struct xenbus_device *xdev, const struct xenbus_device_id *id);
void xdf_remove(struct xenbus_device *xdev);
int xdf_suspend(struct xenbus_device *xdev);
int xdf_resume(struct xenbus_device *xdev);
void xdf_backend_changed(struct xenbus_device *xdev, enum xenbus_state be);

#endif
