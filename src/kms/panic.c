// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: panic
 *
 * The screen of a kernel that panics: DRM draws over the framebuffer that is
 * shown, page by page, and one last flip makes the backend look at it. Nothing
 * here may wait, allocate or insist on a lock: the other processors have been
 * stopped wherever they were.
 */
#include <drm/drm_framebuffer.h>
#include <drm/drm_panic.h>
#include <drm/drm_plane.h>

#include "xdf_buffer.h"
#include "xdf_displif.h"
#include "xdf_kms.h"
#include "xdf_memory.h"
#include "xdf_panic.h"
#include "xdf_piece.h"

/* The pages that the backend reads, NULL when they do not begin with the picture. */
static struct page **shown_pages(const struct xdf_dbuf *dbuf)
{
	struct xdf_piece at;

	if (dbuf->offset || dbuf->pages->kind == XDF_IMPORTED)
		return NULL;
	if (dbuf->foreign)
		return XEN_PFN_PER_PAGE > 1 ? NULL : dbuf->foreign->page;
	at = xdf_piece(dbuf->first, XEN_PFN_PER_PAGE);
	return at.offset ? NULL : dbuf->pages->page + at.page;
}

/**
 * xdf_panic_get_buffer - drm_plane_helper_funcs.get_scanout_buffer
 * @plane: the plane, whose state does not change any more
 * @sb: filled in
 *
 * Return: 0, or -ENODEV when nothing that could be drawn to is shown.
 */
int xdf_panic_get_buffer(struct drm_plane *plane, struct drm_scanout_buffer *sb)
{
	struct xdf_pipe *pipe = container_of(plane, struct xdf_pipe, plane);
	struct xdf_plane_state *state = plane->state ? to_xdf_plane_state(plane->state) : NULL;
	struct drm_framebuffer *fb;

	if (!state || !state->view || !state->base.fb || !pipe->flip.live)
		return -ENODEV;
	fb = state->base.fb;
	sb->pages = shown_pages(state->view->dbuf);
	if (!sb->pages)
		return -ENODEV;
	sb->format = fb->format;
	/* What is seen of it: others may show the rest. */
	sb->width = drm_rect_width(&state->base.src) >> 16;
	sb->height = drm_rect_height(&state->base.src) >> 16;
	sb->pitch[0] = fb->pitches[0];
	return 0;
}

/**
 * xdf_panic_flush - drm_plane_helper_funcs.panic_flush
 * @plane: the plane, whose framebuffer was drawn to
 */
void xdf_panic_flush(struct drm_plane *plane)
{
	struct xdf_pipe *pipe = container_of(plane, struct xdf_pipe, plane);
	struct xdf_link *link = pipe->xdf->slot.link;

	if (link && pipe->index < link->num_channels)
		xdf_channel_send_last(&link->channel[pipe->index],
				      to_xdf_plane_state(plane->state)->view->cookie);
}
