/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_HOST_H
#define XDF_HOST_H

struct drm_device;
struct platform_device;

int xdf_host_init(void);
void xdf_host_exit(void);
struct platform_device *xdf_host_create(struct drm_device *drm, int id);
void xdf_host_destroy(struct platform_device *host);

#endif
