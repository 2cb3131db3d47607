/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_HOST_H
#define XDF_HOST_H

struct drm_device;

int xdf_host_init(void);
void xdf_host_exit(void);
int xdf_host_create(struct drm_device *drm, int id);

#endif
