/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Callbacks whose signature changed, and members of ops that come and go.
 *
 * src/ writes each callback as the newest kernel wants it and passes it
 * through two words:
 *
 *	static int xdf_plane_check(struct drm_plane *plane,
 *				   struct drm_atomic_commit *commit)
 *	{ ... }
 *	XDF_DEFINE_PLANE_CHECK(xdf_plane_check)
 *
 *	static const struct drm_plane_helper_funcs xdf_plane_helper_funcs = {
 *		.atomic_check = XDF_PLANE_CHECK(xdf_plane_check),
 *	};
 *
 * The first word makes a thunk of the old type, the second takes the function
 * itself where its type is that of the member and the thunk where it is not.
 * So no probe is needed for a callback, both are called through their own
 * types (kCFI), and a third signature, of a kernel to come, is a compile error.
 */
#ifndef XDF_THUNKS_H
#define XDF_THUNKS_H

#include <linux/types.h>

#define XDF_HOOK(ops, member, fn) \
	__builtin_choose_expr( \
		__builtin_types_compatible_p(typeof(((struct ops *)NULL)->member), \
					     typeof(fn) *), \
		fn, fn##_thunk)

/* Before v5.13: the plane's own state, the new one. */
#define XDF_PLANE_CHECK(fn) XDF_HOOK(drm_plane_helper_funcs, atomic_check, fn)
#define XDF_DEFINE_PLANE_CHECK(fn) \
	static int __maybe_unused \
	fn##_thunk(struct drm_plane *plane, struct drm_plane_state *state) \
	{ \
		return fn(plane, state->state); \
	}

/* .atomic_update and .atomic_disable; before v5.13: the plane's old state. */
#define XDF_PLANE_COMMIT(fn) XDF_HOOK(drm_plane_helper_funcs, atomic_update, fn)
#define XDF_DEFINE_PLANE_COMMIT(fn) \
	static void __maybe_unused \
	fn##_thunk(struct drm_plane *plane, struct drm_plane_state *state) \
	{ \
		fn(plane, state->state); \
	}

/*
 * .atomic_begin, .atomic_flush, .atomic_enable and .atomic_disable; before
 * v5.11: the CRTC's old state.
 */
#define XDF_CRTC_COMMIT(fn) XDF_HOOK(drm_crtc_helper_funcs, atomic_flush, fn)
#define XDF_DEFINE_CRTC_COMMIT(fn) \
	static void __maybe_unused \
	fn##_thunk(struct drm_crtc *crtc, struct drm_crtc_state *state) \
	{ \
		fn(crtc, state->state); \
	}

/* Before v6.17 (about): no format info. */
#define XDF_FB_CREATE(fn) XDF_HOOK(drm_mode_config_funcs, fb_create, fn)
#define XDF_DEFINE_FB_CREATE(fn) \
	static struct drm_framebuffer * __maybe_unused \
	fn##_thunk(struct drm_device *drm, struct drm_file *file, \
		   const struct drm_mode_fb_cmd2 *cmd) \
	{ \
		return fn(drm, file, drm_format_info(cmd->pixel_format), cmd); \
	}

/* Before v5.11: a bare pointer, or an error pointer. */
#define XDF_GEM_VMAP(fn) XDF_HOOK(drm_gem_object_funcs, vmap, fn)
#define XDF_DEFINE_GEM_VMAP(fn) \
	static void * __maybe_unused fn##_thunk(struct drm_gem_object *obj) \
	{ \
		struct iosys_map map; \
		int err = fn(obj, &map); \
		\
		return err ? ERR_PTR(err) : map.vaddr; \
	}

#define XDF_GEM_VUNMAP(fn) XDF_HOOK(drm_gem_object_funcs, vunmap, fn)
#define XDF_DEFINE_GEM_VUNMAP(fn) \
	static void __maybe_unused \
	fn##_thunk(struct drm_gem_object *obj, void *vaddr) \
	{ \
		struct iosys_map map; \
		\
		iosys_map_set_vaddr(&map, vaddr); \
		fn(obj, &map); \
	}

/* Before v6.2 (and stable kernels): int, which was thrown away. */
#define XDF_XENBUS_REMOVE(fn) XDF_HOOK(xenbus_driver, remove, fn)
#define XDF_DEFINE_XENBUS_REMOVE(fn) \
	static int __maybe_unused fn##_thunk(struct xenbus_device *dev) \
	{ \
		fn(dev); \
		return 0; \
	}

/* Members of struct drm_driver. */
#ifdef XDF_HAVE_DRM_DRIVER_DATE
#define XDF_DRM_DRIVER_DATE(text) .date = (text),
#else
#define XDF_DRM_DRIVER_DATE(text)
#endif

#ifdef XDF_HAVE_DRM_DRIVER_GEM_PRIME_MMAP
#define XDF_DRM_DRIVER_PRIME \
	.prime_handle_to_fd = drm_gem_prime_handle_to_fd, \
	.prime_fd_to_handle = drm_gem_prime_fd_to_handle, \
	.gem_prime_mmap = drm_gem_prime_mmap,
#else
#define XDF_DRM_DRIVER_PRIME
#endif

/* Console: the ops of the fbdev emulation that fits any dumb buffer, v6.13. */
#ifdef XDF_HAVE_DRM_DRIVER_FBDEV_PROBE
#include <drm/drm_fbdev_ttm.h>

#define XDF_DRM_DRIVER_FBDEV DRM_FBDEV_TTM_DRIVER_OPS,
#else
#define XDF_DRM_DRIVER_FBDEV
#endif

/* Members of struct drm_plane_helper_funcs: the screen of a kernel that panics. */
#ifdef XDF_HAVE_DRM_SCANOUT_PAGES
#define XDF_PLANE_PANIC(get, flush) .get_scanout_buffer = (get), .panic_flush = (flush),
#else
#define XDF_PLANE_PANIC(get, flush)
#endif

/*
 * Pages that programs map. Before v5.11 one that is charged to a control group
 * has a type, and what has a type is refused by vm_insert_pages().
 */
#ifdef XDF_HAVE_PAGE_KMEMCG
#define XDF_GFP_MAPPED GFP_KERNEL
#else
#define XDF_GFP_MAPPED GFP_KERNEL_ACCOUNT
#endif

/* A member of struct xenbus_driver: boot does not wait for the device. */
#ifdef XDF_HAVE_XENBUS_NOT_ESSENTIAL
#define XDF_XENBUS_NOT_ESSENTIAL .not_essential = true,
#else
#define XDF_XENBUS_NOT_ESSENTIAL
#endif

/*
 * MODULE_IMPORT_NS() takes a word before v6.13 and a string from then on; what
 * it writes is the same.
 */
#define XDF_IMPORT_DMA_BUF MODULE_INFO(import_ns, "DMA_BUF")

#endif /* XDF_THUNKS_H */
