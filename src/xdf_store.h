/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_STORE_H
#define XDF_STORE_H

struct xdf_config;
struct xdf_connector_config;
struct xenbus_device;

int xdf_store_read_connector(struct xenbus_device *xdev, unsigned int index,
			     struct xdf_connector_config *config);
int xdf_store_read(struct xenbus_device *xdev, struct xdf_config *config);

#endif
