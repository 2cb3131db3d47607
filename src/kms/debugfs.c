// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: debug
 *
 * What is going on, for people: the file "xen" in the DRM device's directory of
 * debugfs. Nothing there is an interface that programs may rely on.
 *
 * The file is there while drm_dev_register() may still fail, which waits for its
 * readers: they must not take state_lock, under which that happens.
 */
#include <linux/debugfs.h>
#include <linux/seq_file.h>

#include <drm/drm_debugfs.h>
#include <drm/drm_file.h>
#include <drm/drm_fourcc.h>

#include "xdf_buffer.h"
#include "xdf_displif.h"
#include "xdf_formats.h"
#include "xdf_kms.h"

static void show_link(struct seq_file *file, struct xdf_device *xdf)
{
	struct xdf_link *link = xdf_link_get(&xdf->slot);

	if (!link) {
		seq_printf(file, "link: none, %u so far\n", READ_ONCE(xdf->serial));
		return;
	}
	seq_printf(file, "link: number %u, domain %u, protocol %u%s%s\n", link->serial, link->domid,
		   link->version, READ_ONCE(link->dead) ? ", dead" : "",
		   READ_ONCE(link->silent) ? ", silent" : "");
	seq_printf(file, "requests: %d, errors %d, timed out %d\n",
		   atomic_read(&link->num_requests), atomic_read(&link->num_errors),
		   atomic_read(&link->num_timeouts));
	xdf_link_put(link);
}

static void show_formats(struct seq_file *file, struct xdf_device *xdf)
{
	u32 formats = READ_ONCE(xdf->formats);
	unsigned int i;

	seq_puts(file, "formats:");
	for (i = 0; i < XDF_NUM_FORMATS; i++)
		if (formats & BIT(i))
			seq_printf(file, " %.4s", (const char *)&xdf_formats[i].fourcc);
	seq_putc(file, '\n');
}

static void show_buffers(struct seq_file *file, struct xdf_device *xdf)
{
	unsigned int count[XDF_MEMORY_KINDS + 1] = { 0 }, fbs = 0, grants = 0;
	struct xdf_dbuf *dbuf;
	struct xdf_view *view;

	mutex_lock(&xdf->buf_lock);
	list_for_each_entry(dbuf, &xdf->dbufs, node) {
		count[dbuf->foreign ? XDF_MEMORY_KINDS : dbuf->pages->kind]++;
		if (dbuf->grants)
			grants += dbuf->grants->count;
		if (dbuf->directory)
			grants += dbuf->directory->count;
	}
	list_for_each_entry(view, &xdf->views, node)
		fbs++;
	mutex_unlock(&xdf->buf_lock);
	seq_printf(file, "buffers: system %u, contiguous %u, imported %u, backend %u\n",
		   count[XDF_SYSTEM], count[XDF_CONTIGUOUS], count[XDF_IMPORTED],
		   count[XDF_MEMORY_KINDS]);
	seq_printf(file, "framebuffers: %u\ngrants: %u\n", fbs, grants);
}

static void show_pipe(struct seq_file *file, struct xdf_pipe *pipe, struct xdf_link *link)
{
	struct xdf_device *xdf = pipe->xdf;
	struct xdf_screen *screen = &pipe->screen;
	struct xdf_flip_stats stats;
	unsigned int requests = 0, events = 0;

	mutex_lock(&xdf->screen_lock);
	seq_printf(file, "connector %u: \"%s\" %ux%u, EDID %u bytes\n", pipe->index,
		   screen->unique_id, screen->width, screen->height, screen->edid_size);
	mutex_unlock(&xdf->screen_lock);

	mutex_lock(&xdf->config_lock);
	if (pipe->enabled)
		seq_printf(file, "  mode: %ux%u, %llu us a frame\n", pipe->width, pipe->height,
			   div_u64(READ_ONCE(pipe->vblank.phase.period), 1000));
	else
		seq_puts(file, "  mode: off\n");
	mutex_unlock(&xdf->config_lock);

	spin_lock_irq(&xdf->drm.event_lock);
	stats = pipe->flip.stats;
	spin_unlock_irq(&xdf->drm.event_lock);
	seq_printf(file, "  flips: sent %llu, shown %llu, late %llu, lost %llu, refused %llu\n",
		   stats.sent, stats.shown, stats.late, stats.lost, stats.refused);

	if (link && pipe->index < link->num_channels) {
		requests = READ_ONCE(link->channel[pipe->index].req_irqs);
		events = READ_ONCE(link->channel[pipe->index].evt_irqs);
	}
	seq_printf(file, "  interrupts: ring %u, events %u\n", requests, events);
}

static int xen_show(struct seq_file *file, void *unused)
{
	struct xdf_device *xdf = file->private;
	struct xdf_link *link;
	unsigned int i;

	show_link(file, xdf);
	show_formats(file, xdf);
	show_buffers(file, xdf);
	seq_printf(file, "orphaned grants: %u\n", xdf_grants_orphaned());
	link = xdf_link_get(&xdf->slot);
	for (i = 0; i < xdf->num_pipes; i++)
		show_pipe(file, xdf->pipe[i], link);
	xdf_link_put(link);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(xen);

/**
 * xdf_debugfs_init - drm_driver.debugfs_init
 * @minor: the card
 */
void xdf_debugfs_init(struct drm_minor *minor)
{
	debugfs_create_file("xen", 0444, minor->debugfs_root, to_xdf(minor->dev), &xen_fops);
}
