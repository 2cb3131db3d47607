// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: crtc
 *
 * Modes, and what a commit comes to: a mode is set with its framebuffer, later
 * framebuffers are flipped to, see flip.c.
 */
#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_crtc.h>
#include <drm/drm_drv.h>
#include <drm/drm_fourcc.h>
#include <drm/drm_modeset_helper_vtables.h>
#include <drm/drm_print.h>
#include <drm/drm_vblank.h>

#include "thunks.h"
#include "xdf_buffer.h"
#include "xdf_displif.h"
#include "xdf_flip.h"
#include "xdf_kms.h"
#include "xdf_module.h"

/* Refresh rates that the clock can give, in Hz. */
#define REFRESH_MIN 1
#define REFRESH_MAX 360

/* First pause before a mode is set again that the backend refused, and how often it doubles. */
#define REFUSED_MS 250
#define REFUSED_DOUBLE 4u

/*
 * The backend refused a mode that it should know, or did for now: a screen that has
 * gone to somebody else for a while comes back. Caller holds config_lock, see
 * xdf_crtc_config_stop().
 */
static void configure_later(struct xdf_device *xdf)
{
	unsigned int ms = 0;

	/* At once the first time: if it is refused again clients should learn it soon. */
	if (xdf->refusals)
		ms = REFUSED_MS << min(xdf->refusals - 1, REFUSED_DOUBLE);

	if (!READ_ONCE(xdf->removed))
		queue_delayed_work(xdf_wq, &xdf->config_work, msecs_to_jiffies(ms));
}

/* Is that the backend's answer, and a refusal? */
static bool mode_refused(int err)
{
	return err && err != -ETIMEDOUT && err != -EINTR && err != -ENOTCONN && err != XDF_UNSENT;
}

/*
 * Send SET_CONFIG. A mode of a size that the display had once is replaced by the size that
 * it has, where the framebuffer is large enough: part of the picture is better than none.
 */
static int pipe_set_config(struct xdf_pipe *pipe, struct xdf_link *link, u64 fb_cookie)
{
	u32 width, height;
	int ret;

	ret = xdf_proto_set_config(link, pipe->index, fb_cookie, pipe->width, pipe->height,
				   pipe->bpp);
	if (!mode_refused(ret) || xdf_screen_has_size(pipe, pipe->width, pipe->height))
		return ret;
	mutex_lock(&pipe->xdf->screen_lock);
	width = pipe->screen.width;
	height = pipe->screen.height;
	mutex_unlock(&pipe->xdf->screen_lock);
	if (!width || width > pipe->width || height > pipe->height)
		return ret;
	return xdf_proto_set_config(link, pipe->index, fb_cookie, width, height, pipe->bpp);
}

/* Tell the backend mode and framebuffer. Caller holds config_lock. */
static int pipe_configure(struct xdf_pipe *pipe, struct xdf_link *link)
{
	struct drm_device *drm = &pipe->xdf->drm;
	struct xdf_flip *flip = &pipe->flip;
	u64 shown;
	int ret;

	lockdep_assert_held(&pipe->xdf->config_lock);
	if (pipe->index >= link->num_channels)
		return -ENODEV;

	spin_lock_irq(&drm->event_lock);
	/* What the backend does not know yet is for the replay that is due. */
	shown = flip->known ? flip->shown : 0;
	if (!shown) {
		/* That sets the mode: this may not be one to flip to, as of another format. */
		flip->live = false;
	} else {
		flip->again = false; /* what is drawn from here on may come too late */
		xdf_flip_note_sent(flip, shown);
	}
	spin_unlock_irq(&drm->event_lock);
	if (!shown)
		return 0;

	ret = pipe_set_config(pipe, link, shown);
	pipe->refused = mode_refused(ret) ? ret : 0;
	/* Without an answer it may well be done; flips queue up behind it. */
	if (ret && ret != -ETIMEDOUT && ret != -EINTR) {
		spin_lock_irq(&drm->event_lock);
		flip->live = false; /* as after another format; there is nothing to flip under */
		spin_unlock_irq(&drm->event_lock);
		if (ret != -ENOTCONN)
			configure_later(pipe->xdf);
		return ret == XDF_UNSENT ? -ETIMEDOUT : ret;
	}

	spin_lock_irq(&drm->event_lock);
	if (ret)
		flip->again = true; /* that will tell */
	if (!ret && flip->sent == shown)
		xdf_flip_note_shown(pipe);
	flip->live = !READ_ONCE(link->dead);
	if (flip->live && flip->shown && !flip->wire && (flip->again || flip->shown != shown))
		xdf_flip_send(pipe);
	spin_unlock_irq(&drm->event_lock);
	return ret;
}

/* Nothing is shown any more, whatever the backend does. Caller holds event_lock. */
static void flip_forget(struct xdf_pipe *pipe)
{
	struct xdf_flip *flip = &pipe->flip;

	flip->live = false;
	flip->shown = 0;
	flip->again = false;
	flip->waiting = false;
	flip->wire = 0;
	flip->tries = 0;
	xdf_flip_stop_ticking(pipe);
}

/*
 * Have the backend turn the connector off, if it may be on: it may be told to detach
 * the framebuffer after this. Caller holds config_lock. Returns 0, -EINTR, or XDF_UNSENT:
 * then it was not told, and will be.
 */
static int pipe_off(struct xdf_pipe *pipe)
{
	struct xdf_device *xdf = pipe->xdf;
	struct xdf_link *link = NULL;
	int ret = 0;

	lockdep_assert_held(&xdf->config_lock);
	spin_lock_irq(&xdf->drm.event_lock);
	flip_forget(pipe); /* a replay may just have turned it on */
	spin_unlock_irq(&xdf->drm.event_lock);
	if (READ_ONCE(pipe->flip.sent))
		link = xdf_link_get_serial(&xdf->slot, xdf->ready);
	if (link && pipe->index < link->num_channels)
		ret = xdf_proto_set_config(link, pipe->index, 0, 0, 0, 0);
	xdf_link_put(link);
	/* Whoever is killed does not wait; who detaches the framebuffer does, xdf_crtc_let_go(). */
	if (ret == -EINTR)
		return ret;
	if (ret == XDF_UNSENT) {
		configure_later(xdf);
		return ret;
	}
	spin_lock_irq(&xdf->drm.event_lock);
	pipe->flip.sent = 0;
	xdf_flip_note_shown(pipe);
	spin_unlock_irq(&xdf->drm.event_lock);
	return 0;
}

/**
 * xdf_crtc_config_work_fn - tell modes again that the backend refused, ignored or never heard of
 * @work: the device's config_work
 */
void xdf_crtc_config_work_fn(struct work_struct *work)
{
	struct xdf_device *xdf = container_of(work, struct xdf_device, config_work.work);
	struct xdf_link *link;
	unsigned int i, dark = 0, lit = 0;
	bool told;

	mutex_lock(&xdf->config_lock);
	xdf->refusals++;
	link = xdf_link_get_serial(&xdf->slot, xdf->ready);
	for (i = 0; link && i < xdf->num_pipes; i++) {
		struct xdf_flip *flip = &xdf->pipe[i]->flip;

		if (!READ_ONCE(flip->shown) && READ_ONCE(flip->sent))
			pipe_off(xdf->pipe[i]);
		else if (xdf->pipe[i]->enabled && !READ_ONCE(flip->live) &&
			 pipe_configure(xdf->pipe[i], link))
			dark++;
		lit += xdf->pipe[i]->enabled && READ_ONCE(flip->live);
	}
	/* Not when all is off: a client may turn it on and off again all the time. */
	if (lit && !dark)
		xdf->refusals = 0;
	told = link;
	xdf_link_put(link);
	mutex_unlock(&xdf->config_lock);
	if (told)
		xdf_screen_tell_status(xdf);
}

/**
 * xdf_crtc_config_stop - no mode is set again by itself any more
 * @xdf: the device, which is removed and has no link
 *
 * Process context. Who was about to queue config_work, under config_lock or event_lock,
 * has done so when this has been through the locks; whoever comes later sees removed. Nor
 * does a tick find the link any more, or queue what it does when the link breaks.
 */
void xdf_crtc_config_stop(struct xdf_device *xdf)
{
	unsigned int i;

	for (i = 0; i < xdf->num_pipes; i++)
		xdf_vblank_sync(xdf->pipe[i]);
	mutex_lock(&xdf->config_lock);
	mutex_unlock(&xdf->config_lock);
	spin_lock_irq(&xdf->drm.event_lock);
	spin_unlock_irq(&xdf->drm.event_lock);
	cancel_delayed_work_sync(&xdf->config_work);
}

/**
 * xdf_crtc_resend - the backend has been told of framebuffers; maybe that is what was missing
 * @pipe: the pipe
 * @link: the present link
 *
 * Sends the flip that waited for it. Caller holds buf_lock.
 *
 * Return: whether the backend knows the mode.
 */
bool xdf_crtc_resend(struct xdf_pipe *pipe, const struct xdf_link *link)
{
	struct xdf_device *xdf = pipe->xdf;
	struct xdf_flip *flip = &pipe->flip;
	bool live;

	spin_lock_irq(&xdf->drm.event_lock);
	flip->known = xdf_view_known(xdf, link, flip->shown);
	live = flip->live;
	if (live && flip->again && !flip->wire && flip->shown)
		xdf_flip_send(pipe);
	spin_unlock_irq(&xdf->drm.event_lock);
	return live;
}

/**
 * xdf_crtc_replay - tell a new backend the mode and the framebuffer
 * @pipe: the pipe
 * @link: the new link, which knows all framebuffers
 *
 * Caller holds config_lock.
 *
 * Return: 0, also when the pipe is off; or as of xdf_proto_set_config().
 */
int xdf_crtc_replay(struct xdf_pipe *pipe, struct xdf_link *link)
{
	return pipe->enabled ? pipe_configure(pipe, link) : 0;
}

/**
 * xdf_crtc_timing_valid - can the clock give a mode, whatever its size?
 * @mode: the mode
 *
 * Return: MODE_OK, or why not.
 */
enum drm_mode_status xdf_crtc_timing_valid(const struct drm_display_mode *mode)
{
	int refresh;

	if (mode->flags & DRM_MODE_FLAG_INTERLACE)
		return MODE_NO_INTERLACE;
	if (mode->flags & DRM_MODE_FLAG_DBLSCAN)
		return MODE_NO_DBLESCAN;
	/* It multiplies the lines, in 16 bits. */
	if (mode->vscan > 1)
		return MODE_NO_VSCAN;
	refresh = drm_mode_vrefresh(mode);
	if (refresh < REFRESH_MIN)
		return MODE_CLOCK_LOW;
	if (refresh > REFRESH_MAX)
		return MODE_CLOCK_HIGH;
	return MODE_OK;
}

static enum drm_mode_status xdf_crtc_mode_valid(struct drm_crtc *crtc,
						const struct drm_display_mode *mode)
{
	struct xdf_pipe *pipe = crtc_to_pipe(crtc);

	/* The backend has modes of these sizes only, or had them when they were set. */
	if (!xdf_screen_has_size(pipe, mode->hdisplay, mode->vdisplay) &&
	    !xdf_screen_used_size(pipe, mode->hdisplay, mode->vdisplay))
		return MODE_BAD_HVALUE;
	return xdf_crtc_timing_valid(mode);
}

/* What belongs on the screen from now on is what DRM says. Caller holds event_lock. */
static void flip_to(struct xdf_pipe *pipe)
{
	const struct xdf_view *view = to_xdf_plane_state(pipe->plane.state)->view;
	struct xdf_flip *flip = &pipe->flip;

	flip->shown = view ? view->cookie : 0;
	/* A backend that did not answer is told later, see xdf_connect_again(). */
	flip->known = view && READ_ONCE(view->serial) == READ_ONCE(pipe->xdf->ready);
}

/*
 * Have the backend set what the new state says, with the framebuffer's format. A
 * backend that does not know the framebuffers yet is told by the replay. Caller
 * holds config_lock.
 */
static int pipe_set(struct xdf_pipe *pipe)
{
	const struct drm_framebuffer *fb = pipe->plane.state->fb;
	struct xdf_device *xdf = pipe->xdf;
	struct xdf_link *link;
	int ret = 0;

	/* Without a picture nothing is set before there is one. */
	pipe->format = fb ? fb->format->format : 0;
	pipe->bpp = fb ? fb->format->cpp[0] * 8 : 0;
	spin_lock_irq(&xdf->drm.event_lock);
	flip_to(pipe);
	spin_unlock_irq(&xdf->drm.event_lock);
	link = xdf_link_get_serial(&xdf->slot, xdf->ready);
	if (link)
		ret = pipe_configure(pipe, link);
	xdf_link_put(link);
	/* A link that died meanwhile is no refusal. */
	return ret == -ENOTCONN ? 0 : ret;
}

/* For people: what DRM takes for set is not. */
static void pipe_complain(struct xdf_pipe *pipe, int err)
{
	struct device *dev = pipe->xdf->drm.dev;
	const char *format = (const char *)&pipe->format;

	if (err == -ETIMEDOUT || err == -EINTR) /* it may be done yet, or is told again */
		dev_warn_ratelimited(dev, "connector %u: backend has not answered about %ux%u %.4s\n",
				     pipe->index, pipe->width, pipe->height, format);
	else if (err)
		dev_warn_ratelimited(dev,
				     "connector %u: backend refused %ux%u %.4s: %d; nothing is shown, its log may say why\n",
				     pipe->index, pipe->width, pipe->height, format, err);
}

/*
 * The same mode is set again, because of link-status for one. The backend shows it: flip to
 * the framebuffer, which a backend that has another size by now could not show otherwise.
 * Caller holds config_lock. Returns false when the mode must be set.
 */
static bool pipe_retrain(struct xdf_pipe *pipe, const struct drm_display_mode *mode)
{
	const struct drm_framebuffer *fb = pipe->plane.state->fb;
	struct xdf_flip *flip = &pipe->flip;
	bool live;

	if (!pipe->enabled || pipe->width != mode->hdisplay || pipe->height != mode->vdisplay ||
	    !fb || fb->format->format != pipe->format)
		return false;
	spin_lock_irq(&pipe->xdf->drm.event_lock);
	live = flip->live;
	if (live) {
		flip_to(pipe);
		flip->again = true;
		if (!flip->wire && flip->shown)
			xdf_flip_send(pipe);
	}
	spin_unlock_irq(&pipe->xdf->drm.event_lock);
	return live;
}

static void xdf_crtc_enable(struct drm_crtc *crtc, struct drm_atomic_commit *commit)
{
	struct xdf_pipe *pipe = crtc_to_pipe(crtc);
	struct xdf_device *xdf = pipe->xdf;
	const struct drm_display_mode *mode = &crtc->state->adjusted_mode;

	mutex_lock(&xdf->config_lock);
	xdf_screen_set_mode(pipe, mode);
	if (!pipe_retrain(pipe, mode)) {
		pipe->enabled = true;
		pipe->width = mode->hdisplay;
		pipe->height = mode->vdisplay;
		pipe_complain(pipe, pipe_set(pipe));
	}
	/* Not every client sets it to Good itself. */
	if (pipe->connector.state->link_status != DRM_MODE_LINK_STATUS_GOOD &&
	    !READ_ONCE(xdf->removed))
		mod_delayed_work(xdf_wq, &xdf->config_work, 0);
	mutex_unlock(&xdf->config_lock);

	xdf_vblank_set_period(pipe, div_u64(mul_u32_u32(mode->crtc_htotal, mode->crtc_vtotal) *
					    1000000, mode->crtc_clock));
	drm_crtc_vblank_on(crtc);
}
XDF_DEFINE_CRTC_COMMIT(xdf_crtc_enable)

/* Is the pipe off, but for the backend, which may be showing this? */
static bool left_on(const struct xdf_flip *flip, u64 fb_cookie)
{
	return !READ_ONCE(flip->shown) && (READ_ONCE(flip->sent) == fb_cookie ||
					   READ_ONCE(flip->before) == fb_cookie);
}

/**
 * xdf_crtc_let_go - see to it that the backend shows a framebuffer no longer
 * @xdf: the device
 * @link: the link over which it was told of it
 * @fb_cookie: a framebuffer that DRM has given up
 *
 * A client may have been killed while it turned a connector off, or have flipped on
 * before a slow backend got to it. Detaching what is on the screen turns displ_be's
 * CRTC off, and no flip turns it on again. Waits for a backend that answers; takes
 * config_lock.
 */
void xdf_crtc_let_go(struct xdf_device *xdf, struct xdf_link *link, u64 fb_cookie)
{
	unsigned int i;

	for (i = 0; i < xdf->num_pipes; i++) {
		struct xdf_pipe *pipe = xdf->pipe[i];

		while (left_on(&pipe->flip, fb_cookie)) {
			int ret = 0;

			mutex_lock(&xdf->config_lock);
			/* It gets another picture under this lock. */
			if (left_on(&pipe->flip, fb_cookie))
				ret = pipe_off(pipe);
			mutex_unlock(&xdf->config_lock);
			if (!xdf_link_again(link, ret))
				break;
		}
	}
	if (!xdf_link_silent(link))
		xdf_crtc_wait_unused(xdf, link, fb_cookie);
}

static void xdf_crtc_disable(struct drm_crtc *crtc, struct drm_atomic_commit *commit)
{
	struct xdf_pipe *pipe = crtc_to_pipe(crtc);
	struct xdf_device *xdf = pipe->xdf;
	/* The same mode follows in this commit: see pipe_retrain(). */
	bool retrain = crtc->state->active && !crtc->state->mode_changed &&
		       pipe->plane.state->fb;

	spin_lock_irq(&xdf->drm.event_lock);
	if (!retrain)
		flip_forget(pipe);
	xdf_flip_complete(pipe, false);
	spin_unlock_irq(&xdf->drm.event_lock);

	drm_crtc_vblank_off(crtc);
	if (retrain)
		return;

	mutex_lock(&xdf->config_lock);
	pipe->enabled = false;
	pipe->refused = 0;
	if (!crtc->state->enable)
		xdf_screen_set_mode(pipe, NULL);
	pipe_off(pipe);
	mutex_unlock(&xdf->config_lock);

	if (crtc->state->event && !crtc->state->active) {
		spin_lock_irq(&xdf->drm.event_lock);
		drm_crtc_send_vblank_event(crtc, crtc->state->event);
		spin_unlock_irq(&xdf->drm.event_lock);
		crtc->state->event = NULL;
	}
}
XDF_DEFINE_CRTC_COMMIT(xdf_crtc_disable)

/**
 * xdf_crtc_refused - has the backend refused the mode that is set?
 * @pipe: the pipe
 * @enabled: set to whether the CRTC is active; may be NULL
 *
 * Takes config_lock.
 *
 * Return: 0, also when it has not answered; or its error.
 */
int xdf_crtc_refused(struct xdf_pipe *pipe, bool *enabled)
{
	int ret;

	mutex_lock(&pipe->xdf->config_lock);
	ret = pipe->enabled ? pipe->refused : 0;
	if (enabled)
		*enabled = pipe->enabled;
	mutex_unlock(&pipe->xdf->config_lock);
	return ret;
}

/**
 * xdf_crtc_retract - have the backend turn a connector off; DRM need not know
 * @pipe: the pipe
 * @link: the present link, which ends with this
 *
 * Takes config_lock. What is drawn from now on is for the next link.
 */
void xdf_crtc_retract(struct xdf_pipe *pipe, struct xdf_link *link)
{
	struct xdf_device *xdf = pipe->xdf;
	bool on;

	mutex_lock(&xdf->config_lock);
	spin_lock_irq(&xdf->drm.event_lock);
	on = pipe->flip.sent;
	pipe->flip.live = false;
	spin_unlock_irq(&xdf->drm.event_lock);
	if (on && xdf->ready == link->serial && pipe->index < link->num_channels)
		xdf_proto_set_config(link, pipe->index, 0, 0, 0, 0);
	mutex_unlock(&xdf->config_lock);
}

/*
 * Backends flip between framebuffers of one format only: another format is set
 * as the mode was. So is the first picture after none; compositors take the plane
 * from a running CRTC for a while. True when that was needed; the picture is then
 * there already.
 */
static bool pipe_change_format(struct xdf_pipe *pipe)
{
	const struct drm_framebuffer *fb = pipe->plane.state->fb;
	struct xdf_device *xdf = pipe->xdf;

	if ((fb ? fb->format->format : 0) == READ_ONCE(pipe->format))
		return false;
	mutex_lock(&xdf->config_lock);
	/* When a client goes DRM takes the plane and leaves the CRTC active. */
	xdf_screen_set_mode(pipe, fb ? &pipe->crtc.state->mode : NULL);
	if (fb) {
		pipe_complain(pipe, pipe_set(pipe));
	} else {
		pipe->format = 0;
		pipe->refused = 0;
		pipe_off(pipe);
	}
	mutex_unlock(&xdf->config_lock);
	return true;
}

/* The last step of a commit for an active CRTC: flip, arm the event. */
static void xdf_crtc_flush(struct drm_crtc *crtc, struct drm_atomic_commit *commit)
{
	struct xdf_pipe *pipe = crtc_to_pipe(crtc);
	struct drm_device *drm = crtc->dev;
	struct xdf_flip *flip = &pipe->flip;
	struct drm_crtc_state *state = drm_atomic_get_new_crtc_state(commit, crtc);
	struct drm_pending_vblank_event *event = state->event;
	/* A mode that was just set came with its framebuffer. */
	bool draw = drm_atomic_get_new_plane_state(commit, &pipe->plane) && state->active &&
		    !drm_atomic_crtc_needs_modeset(state);

	if (draw && pipe_change_format(pipe))
		draw = false;

	spin_lock_irq(&drm->event_lock);
	if (draw) {
		bool known = flip->known;

		flip_to(pipe);
		flip->again = true;
		/* The mode could not be set with what the backend never took in. */
		if (flip->known && !known && !flip->live && !READ_ONCE(pipe->xdf->removed))
			mod_delayed_work(xdf_wq, &pipe->xdf->config_work, 0);
	}
	if (event) {
		WARN_ON(drm_crtc_vblank_get(crtc));
		WARN_ON(flip->event);
		flip->event = event;
		flip->frames = 0;
		flip->waiting = false;
		state->event = NULL;
	}
	if (draw && flip->live && !flip->wire && flip->shown)
		flip->waiting = xdf_flip_send(pipe);
	/* One that came with the mode was sent before there were ticks to watch over it. */
	if (flip->wire && !flip->ticking)
		flip->ticking = !drm_crtc_vblank_get(crtc);
	if (flip->event && flip->waiting)
		xdf_vblank_expect(pipe, flip->since);
	spin_unlock_irq(&drm->event_lock);
}
XDF_DEFINE_CRTC_COMMIT(xdf_crtc_flush)

static const struct drm_crtc_helper_funcs xdf_crtc_helper_funcs = {
	.mode_valid = xdf_crtc_mode_valid,
	.atomic_flush = XDF_CRTC_COMMIT(xdf_crtc_flush),
	.atomic_enable = XDF_CRTC_COMMIT(xdf_crtc_enable),
	.atomic_disable = XDF_CRTC_COMMIT(xdf_crtc_disable),
};

static void xdf_crtc_destroy(struct drm_crtc *crtc)
{
	xdf_vblank_fini(crtc_to_pipe(crtc));
	drm_crtc_cleanup(crtc);
}

static const struct drm_crtc_funcs xdf_crtc_funcs = {
	.reset = drm_atomic_helper_crtc_reset,
	.destroy = xdf_crtc_destroy,
	.set_config = drm_atomic_helper_set_config,
	.page_flip = drm_atomic_helper_page_flip,
	.atomic_duplicate_state = drm_atomic_helper_crtc_duplicate_state,
	.atomic_destroy_state = drm_atomic_helper_crtc_destroy_state,
	.enable_vblank = xdf_vblank_enable,
	.disable_vblank = xdf_vblank_disable,
	.get_vblank_counter = xdf_vblank_counter,
	.get_vblank_timestamp = xdf_vblank_timestamp,
};

/**
 * xdf_crtc_init - make the CRTC of a pipe
 * @pipe: the pipe, with its plane
 *
 * Return: 0 or an error of DRM's.
 */
int xdf_crtc_init(struct xdf_pipe *pipe)
{
	xdf_vblank_init(pipe);
	drm_crtc_helper_add(&pipe->crtc, &xdf_crtc_helper_funcs);
	return drm_crtc_init_with_planes(&pipe->xdf->drm, &pipe->crtc, &pipe->plane, NULL,
					 &xdf_crtc_funcs, NULL);
}
