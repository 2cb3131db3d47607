/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_CONFIG_H
#define XDF_CONFIG_H

#include "xdf_pure.h"

#define XDF_MAX_CONNECTORS 16
/* Largest width and height of a connector, in pixels. */
#define XDF_MAX_SIZE 8192
/* Longest unique-id that is kept, without the final NUL. */
#define XDF_UNIQUE_ID_LEN 63
/* Highest protocol version that we speak. */
#define XDF_PROTOCOL_VERSION 2

/**
 * struct xdf_connector_config - what XenStore says of one connector
 * @width: visible width in pixels, 0 when the configuration is unusable
 * @height: visible height in pixels, 0 when the configuration is unusable
 * @unique_id: the toolstack's name for it, printable ASCII, may be empty
 */
struct xdf_connector_config {
	u32 width;
	u32 height;
	char unique_id[XDF_UNIQUE_ID_LEN + 1];
};

/**
 * struct xdf_config - what XenStore says of one device
 * @num_connectors: number of connector directories, 1 to 16
 * @version: protocol version that both sides speak
 * @be_alloc: the backend wants to allocate buffers
 * @connector: one entry a connector, by its number
 */
struct xdf_config {
	u32 num_connectors;
	u32 version;
	bool be_alloc;
	struct xdf_connector_config connector[XDF_MAX_CONNECTORS];
};

int xdf_config_resolution(const char *text, u32 *width, u32 *height);
int xdf_config_version(const char *versions);
int xdf_config_be_alloc(const char *text);
void xdf_config_unique_id(const char *text, char *id);

#endif
