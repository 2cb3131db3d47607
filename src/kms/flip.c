// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: flip
 *
 * Page flips. A commit puts one PG_FLIP on the ring and returns; the client's
 * event is sent when the backend's event comes, which may be before the
 * response to the request. Events are matched by the framebuffer's cookie.
 *
 * One flip at a time is on its way. When the backend is slow the client's
 * event is sent after a few frames all the same, and what the client flips to
 * meanwhile is sent when the backend has caught up: nobody hangs, and the
 * newest picture wins. Without a link flips complete with the clock.
 */
#include <drm/drm_crtc.h>
#include <drm/drm_vblank.h>

#include "thunks.h"
#include "xdf_displif.h"
#include "xdf_flip.h"
#include "xdf_kms.h"
#include "xdf_module.h"
#include "xdf_trace.h"

/* Frames after which a client stops waiting for a slow backend. */
#define FLIP_FRAMES 6

/* Pause before a mode is set again after a refused flip. */
#define RECONFIGURE_MS 250
/*
 * After this time a response is looked for, as it does not interrupt, and the
 * backend notified again; then after twice the time, and so on.
 */
#define RESPONSE_MS 100
/* So often is a flip sent again that is not answered. */
#define FLIP_TRIES 3

/**
 * xdf_flip_complete - send the client's event, with number and time of the last tick
 * @pipe: the pipe
 * @by_backend: the backend has shown it, else it is the clock that says so
 *
 * Caller holds event_lock.
 */
void xdf_flip_complete(struct xdf_pipe *pipe, bool by_backend)
{
	struct xdf_flip *flip = &pipe->flip;

	if (!flip->event)
		return;
	trace_xdf_flip_done(pipe->index, flip->shown, by_backend);
	/*
	 * DRM may not have been told of the tick yet, by another CPU that is about
	 * to. The event has the number of the frame that is marked as flipped in, or
	 * of the one before.
	 */
	drm_crtc_accurate_vblank_count(&pipe->crtc);
	xdf_vblank_flipped(pipe);
	drm_crtc_send_vblank_event(&pipe->crtc, flip->event);
	drm_crtc_vblank_put(&pipe->crtc);
	flip->event = NULL;
	flip->waiting = false;
}

/**
 * xdf_flip_stop_ticking - the clock need not run for the backend any longer
 * @pipe: the pipe
 *
 * Caller holds event_lock.
 */
void xdf_flip_stop_ticking(struct xdf_pipe *pipe)
{
	if (!pipe->flip.ticking)
		return;
	pipe->flip.ticking = false;
	drm_crtc_vblank_put(&pipe->crtc);
}

/**
 * xdf_flip_note_sent - the backend was asked to show something
 * @flip: of a pipe
 * @fb_cookie: what; until it is shown the last one is
 *
 * Caller holds event_lock.
 */
void xdf_flip_note_sent(struct xdf_flip *flip, u64 fb_cookie)
{
	if (flip->sent != fb_cookie)
		flip->before = flip->sent;
	flip->sent = fb_cookie;
}

/**
 * xdf_flip_note_shown - the backend has done what it was asked last
 * @pipe: the pipe
 *
 * Caller holds event_lock.
 */
void xdf_flip_note_shown(struct xdf_pipe *pipe)
{
	pipe->flip.before = 0;
	wake_up(&pipe->xdf->settled);
}

/**
 * xdf_flip_send - put on the wire what belongs on the screen
 * @pipe: the pipe, with nothing on the wire
 *
 * Caller holds event_lock. What the backend does not know yet is sent when it does.
 *
 * Return: whether the backend will tell of its arrival.
 */
bool xdf_flip_send(struct xdf_pipe *pipe)
{
	struct xdf_flip *flip = &pipe->flip;
	struct xdf_link *link;
	int ret;

	if (!flip->known)
		return false;
	link = xdf_link_get(&pipe->xdf->slot);
	if (!link)
		return false;
	/* Before it is sent: another CPU may get the event at once, and asks. */
	WRITE_ONCE(flip->wire, flip->shown);
	flip->since = ktime_get();
	flip->acked = false;
	flip->nudge_ms = RESPONSE_MS;
	ret = xdf_proto_pg_flip(link, pipe->index, flip->shown, ++flip->number);
	xdf_link_put(link);
	/* Every tick tries again when the ring is full. */
	if (!flip->ticking && (!ret || ret == -ENOSPC))
		flip->ticking = !drm_crtc_vblank_get(&pipe->crtc);
	if (ret) {
		WRITE_ONCE(flip->wire, 0);
		return false;
	}
	flip->stats.sent++;
	xdf_flip_note_sent(flip, flip->wire);
	flip->again = false;
	return true;
}

/* What was on the wire is settled. Send on what has changed meanwhile. */
static void flip_settle(struct xdf_pipe *pipe)
{
	struct xdf_flip *flip = &pipe->flip;

	flip->wire = 0;
	xdf_flip_stop_ticking(pipe);
	if (flip->again && flip->live && flip->shown)
		xdf_flip_send(pipe);
}

/**
 * xdf_crtc_flip_event - the backend has shown a framebuffer
 * @pipe: the pipe
 * @fb_cookie: which one; anything may be in it
 *
 * Hard interrupt context.
 */
void xdf_crtc_flip_event(struct xdf_pipe *pipe, u64 fb_cookie)
{
	struct drm_device *drm = &pipe->xdf->drm;
	unsigned long flags;
	bool now;

	/* Unlocked: a hint only. An unasked event must not touch the clock. */
	if (READ_ONCE(pipe->flip.wire) != fb_cookie || !fb_cookie)
		return;
	now = xdf_vblank_adjust(pipe, READ_ONCE(pipe->flip.since));

	spin_lock_irqsave(&drm->event_lock, flags);
	if (pipe->flip.wire == fb_cookie) {
		pipe->flip.stats.shown++;
		pipe->flip.tries = 0;
		xdf_flip_note_shown(pipe);
		if (pipe->flip.waiting && now)
			xdf_flip_complete(pipe, true);
		pipe->flip.waiting = false;
		flip_settle(pipe);
	}
	spin_unlock_irqrestore(&drm->event_lock, flags);
	xdf_vblank_told(pipe);
}

/**
 * xdf_crtc_flip_response - the backend has answered a page flip
 * @pipe: the pipe
 * @number: of the flip
 * @err: 0, or why it will not be
 *
 * Any context, interrupts on or off.
 */
void xdf_crtc_flip_response(struct xdf_pipe *pipe, u64 number, int err)
{
	struct drm_device *drm = &pipe->xdf->drm;
	struct xdf_flip *flip = &pipe->flip;
	unsigned long flags;

	if (err)
		dev_warn_ratelimited(drm->dev, "connector %u: backend refused a page flip: %d\n",
				     pipe->index, err);
	spin_lock_irqsave(&drm->event_lock, flags);
	if (err)
		flip->stats.refused++;
	/* It stood still, and goes on. */
	if (flip->tries > FLIP_TRIES)
		mod_delayed_work(xdf_wq, &pipe->xdf->config_work, 0);
	flip->tries = 0;
	/* The one before may have been to the same framebuffer. */
	if (flip->wire && flip->number == number) {
		flip->acked = true;
		if (err && err != -ENOTCONN) {
			/*
			 * A framebuffer that was detached while it was shown turns
			 * displ_be's CRTC off: only a new mode brings it back.
			 */
			flip->live = false;
			mod_delayed_work(xdf_wq, &pipe->xdf->config_work,
					 msecs_to_jiffies(RECONFIGURE_MS));
		}
		if (err || !flip->ticking) {
			/* No event will come, or it is lost. The next tick completes it. */
			flip->waiting = false;
			flip_settle(pipe);
		}
	}
	spin_unlock_irqrestore(&drm->event_lock, flags);
}

/*
 * The flip on the wire is as old as a request may get. Caller holds event_lock.
 * Returns whether the backend is to be given up.
 */
static bool flip_expire(struct xdf_pipe *pipe, struct xdf_link *link, s64 age)
{
	struct xdf_flip *flip = &pipe->flip;
	unsigned int timeout = READ_ONCE(xdf_timeout_ms);

	flip->stats.lost++;
	/* An answer, but no event; or the request is lost. */
	if (flip->acked || flip->tries < FLIP_TRIES) {
		if (!flip->acked) {
			flip->tries++;
			flip->again = true;
		}
		flip_settle(pipe);
		return false;
	}
	/* Does it answer others? */
	if (jiffies_to_msecs(jiffies - READ_ONCE(link->heard)) + timeout / 2 < age)
		return true;
	/* It stands still. The mode is set again when it goes on, and now and then. */
	flip->live = false;
	flip->again = true;
	flip_settle(pipe);
	queue_delayed_work(xdf_wq, &pipe->xdf->config_work,
			   msecs_to_jiffies(timeout << min(flip->tries - FLIP_TRIES, 6u)));
	flip->tries++;
	return false;
}

/**
 * xdf_crtc_tick - a frame is over
 * @pipe: the pipe
 *
 * Completes what waits for the tick, and what has waited too long for the
 * backend. Hard interrupt context.
 */
void xdf_crtc_tick(struct xdf_pipe *pipe)
{
	struct drm_device *drm = &pipe->xdf->drm;
	struct xdf_flip *flip = &pipe->flip;
	bool nudge = false, give_up = false;
	struct xdf_link *link;
	unsigned long flags;
	s64 age;

	link = xdf_link_get(&pipe->xdf->slot);
	spin_lock_irqsave(&drm->event_lock, flags);
	age = ktime_ms_delta(ktime_get(), flip->since);
	if (flip->event && (!flip->waiting || ++flip->frames >= FLIP_FRAMES)) {
		flip->stats.late += flip->waiting;
		xdf_flip_complete(pipe, false);
	}
	if (link && flip->wire && !flip->acked && age >= flip->nudge_ms) {
		flip->nudge_ms *= 2;
		nudge = true;
	}
	if (link && flip->wire && age >= (s64)READ_ONCE(xdf_timeout_ms))
		give_up = flip_expire(pipe, link, age);
	/* The ring was full when it was to be sent. */
	if (!flip->wire && flip->again && flip->live && flip->shown)
		nudge |= !xdf_flip_send(pipe);
	spin_unlock_irqrestore(&drm->event_lock, flags);
	if (!link)
		return;

	/* A response may tell why there is no event, and makes room. */
	if (nudge && pipe->index < link->num_channels)
		xdf_channel_nudge(&link->channel[pipe->index]);
	if (give_up)
		xdf_link_break(link, "page flips of a connector are not answered, other requests are");
	xdf_link_put(link);
}

/**
 * xdf_crtc_link_lost - the backend has forgotten everything
 * @pipe: the pipe
 *
 * A callback of the dead link that is still running finds nothing on the wire. Flips
 * complete with the clock.
 */
void xdf_crtc_link_lost(struct xdf_pipe *pipe)
{
	struct drm_device *drm = &pipe->xdf->drm;
	struct xdf_flip *flip = &pipe->flip;

	spin_lock_irq(&drm->event_lock);
	flip->live = false;
	flip->waiting = false;
	flip->again = false;
	flip->wire = 0;
	flip->tries = 0;
	flip->sent = 0;
	xdf_flip_note_shown(pipe);
	xdf_flip_stop_ticking(pipe);
	spin_unlock_irq(&drm->event_lock);
}

static bool fb_in_use(struct xdf_device *xdf, u64 fb_cookie)
{
	unsigned int i;

	for (i = 0; i < xdf->num_pipes; i++) {
		const struct xdf_flip *flip = &xdf->pipe[i]->flip;

		if (READ_ONCE(flip->sent) == fb_cookie || READ_ONCE(flip->before) == fb_cookie)
			return true;
	}
	return false;
}

/**
 * xdf_crtc_wait_unused - wait until the backend shows something else
 * @xdf: the device
 * @link: its link
 * @fb_cookie: a framebuffer that DRM has given up
 *
 * For as long as a request may take.
 */
void xdf_crtc_wait_unused(struct xdf_device *xdf, struct xdf_link *link, u64 fb_cookie)
{
	ktime_t start = ktime_get();

	wait_event_timeout(xdf->settled, !fb_in_use(xdf, fb_cookie), xdf_link_timeout(link));
	xdf_link_waited(link, start);
}
