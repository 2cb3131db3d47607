/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_COMPAT_DRM_DRM_EDID_H
#define XDF_COMPAT_DRM_DRM_EDID_H

#include_next <drm/drm_edid.h>

#ifndef XDF_HAVE_DRM_EDID_CONNECTOR_ADD_MODES
#include <linux/slab.h>

#include <drm/drm_connector.h>
#include <drm/drm_property.h>

/*
 * Before v6.4 (v5.18 has some of these names, with other meanings): an EDID is its bytes
 * from kmalloc(). struct drm_edid is never looked into.
 */
struct drm_edid;

static inline const struct drm_edid *
xdf_edid_read_custom(struct drm_connector *connector,
		     int (*read_block)(void *context, u8 *buf, unsigned int block, size_t len),
		     void *context)
{
	return (const struct drm_edid *)drm_do_get_edid(connector, read_block, context);
}

static inline int xdf_edid_connector_update(struct drm_connector *connector,
					    const struct drm_edid *edid)
{
	return drm_connector_update_edid_property(connector, (const struct edid *)edid);
}

static inline int xdf_edid_connector_add_modes(struct drm_connector *connector)
{
	struct drm_property_blob *blob = connector->edid_blob_ptr;

	return drm_add_edid_modes(connector, blob ? blob->data : NULL);
}

static inline void xdf_edid_free(const struct drm_edid *edid)
{
	kfree(edid);
}

#define drm_edid_read_custom xdf_edid_read_custom
#define drm_edid_connector_update xdf_edid_connector_update
#define drm_edid_connector_add_modes xdf_edid_connector_add_modes
#define drm_edid_free xdf_edid_free
#endif

#endif /* XDF_COMPAT_DRM_DRM_EDID_H */
