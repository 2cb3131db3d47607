/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Between device.c (one device) and devices.c (their coming and going).
 */
#ifndef XDF_BE_DEVICE_H
#define XDF_BE_DEVICE_H

#include "backend.h"

bool be_switch(struct device *dev, int state);
void publish_versions(struct device *dev);
void release(struct device *dev, const char *why);
void leak_verdict(struct device *dev, bool guilty);
bool is_online(const struct device *dev);
void save_after_close(struct device *dev);
void shut(struct device *dev, const char *why, bool reopen);
int read_own_state(const struct device *dev);
void sync_device(struct device *dev);
void frontend_changed(struct device *dev, int fe);
int read_frontend(struct device *dev);
void bind_paused(struct device *dev);

#endif
