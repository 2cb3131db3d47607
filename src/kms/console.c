// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: console
 *
 * The text console, and /dev/fb0 for programs that want it: DRM's own emulation
 * draws into a shadow in memory and tells by .dirty what has changed, which
 * becomes a page flip of the same framebuffer, one a frame at the most.
 */
#include <linux/module.h>

#include <drm/clients/drm_client_setup.h>
#include <drm/drm_print.h>

#include "xdf_kms.h"

static bool console = true;
module_param(console, bool, 0444);
MODULE_PARM_DESC(console, "Show the text console and offer /dev/fb (default: y)");

/**
 * xdf_console_init - show the console on all connectors
 * @xdf: the device, registered
 *
 * May talk to the backend: process context, no locks held. DRM takes the console
 * away when the device goes.
 */
void xdf_console_init(struct xdf_device *xdf)
{
	const char *lacks;

	if (!console)
		return;
	lacks = xdf_console_setup(&xdf->drm);
	if (lacks)
		drm_info(&xdf->drm, "no text console: this kernel is built without %s\n", lacks);
}
