// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v6.14: removed; before, version queries copy it unasked: it must be set */
#include <drm/drm_drv.h>
extern const struct drm_driver probe;
const struct drm_driver probe = { .date = "" };
