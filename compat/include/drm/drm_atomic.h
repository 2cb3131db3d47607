/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_DRM_ATOMIC_H
#define XDF_COMPAT_DRM_DRM_ATOMIC_H

#include_next <drm/drm_atomic.h>

#ifndef XDF_HAVE_DRM_ATOMIC_COMMIT
/*
 * The struct only.  The function drm_atomic_commit() is declared above, under
 * its own name; a driver has no business to call it.
 */
#define drm_atomic_commit drm_atomic_state
#endif

#endif /* XDF_COMPAT_DRM_DRM_ATOMIC_H */
