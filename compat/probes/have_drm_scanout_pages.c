// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v6.16 about: the panic screen can be drawn into pages that are not mapped */
#include <drm/drm_panic.h>
void probe(struct drm_scanout_buffer *sb, struct page **pages);
void probe(struct drm_scanout_buffer *sb, struct page **pages)
{
	sb->pages = pages;
}
