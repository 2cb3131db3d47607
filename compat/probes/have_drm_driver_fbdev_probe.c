// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v6.13: the driver brings its fbdev emulation, and TTM's is built (stable kernels have it earlier) */
#include <linux/kconfig.h>
#include <drm/drm_drv.h>
#include <drm/drm_fbdev_ttm.h>
#if !IS_ENABLED(CONFIG_DRM_TTM_HELPER)
#error no drm_ttm_helper
#endif
extern const struct drm_driver probe;
const struct drm_driver probe = { DRM_FBDEV_TTM_DRIVER_OPS };
