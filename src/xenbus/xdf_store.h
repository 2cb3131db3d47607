/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_STORE_H
#define XDF_STORE_H

#include <xen/xenbus.h>

struct xdf_config;
struct xdf_connector_config;

int xdf_store_read_connector(struct xenbus_device *xdev, unsigned int index,
			     struct xdf_connector_config *config);
int xdf_store_state(const char *path);
int xdf_store_gone(const char *path, enum xenbus_state be);
int xdf_store_read(struct xenbus_device *xdev, struct xdf_config *config);

#endif
