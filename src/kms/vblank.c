// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: vblank
 *
 * The clock of a pipe. The protocol knows no vblank: all that comes from the
 * backend is "this flip is on the screen". A timer ticks at the mode's rate, so
 * that vblank waits, sequence numbers and timestamps work with a slow, paused
 * or dead backend too; flip events pull its phase towards that of the backend's
 * own display.
 *
 * Number and time of a frame follow from count, phase and period alone, so DRM
 * gets them right also for the time in which the timer rests.
 */
#include <linux/sched.h>

#include <drm/drm_vblank.h>

#include "xdf_kms.h"

/* The part of a frame by which one is longer in which a client flips. */
#define STRETCH_DIVISOR 4
/* Bounds of a frame, whatever a mode says: no flood of timers, no standstill. */
#define PERIOD_MIN_NS (NSEC_PER_SEC / 400)
#define PERIOD_MAX_NS NSEC_PER_SEC

static struct xdf_vblank *crtc_to_vblank(struct drm_crtc *crtc)
{
	return &crtc_to_pipe(crtc)->vblank;
}

/* When the present frame is over. */
static ktime_t vblank_end(const struct xdf_vblank *vb)
{
	return ktime_add_ns(vb->phase.tick, vb->phase.period + vb->stretch_ns);
}

/* Catch up with the time: whoever finds that a frame is over begins the next. */
static void vblank_advance(struct xdf_vblank *vb, ktime_t now)
{
	u64 frames = xdf_phase_frames(&vb->phase, vb->stretch_ns, now);

	if (!frames)
		return;
	vb->phase.tick = ktime_add_ns(vb->phase.tick, frames * vb->phase.period);
	vb->phase.flipped = false;
	vb->count += frames;
	vb->stretch_ns = 0;
}

/*
 * Catch up with the time, but for who has done so for what he is telling DRM just now:
 * DRM asks for number and time six times on the way, and where the processor's counter
 * cannot be trusted each look at the clock is a trap into Xen.
 */
static void vblank_look(struct xdf_vblank *vb)
{
	if (vb->teller != current)
		vblank_advance(vb, ktime_get());
}

/* Is DRM to be told of a tick? The caller does, after the lock is dropped. */
static bool vblank_due(struct xdf_vblank *vb)
{
	bool due = vb->told != vb->count;

	vb->told = vb->count;
	return due;
}

/* Queue the timer for the next tick. */
static void vblank_queue(struct xdf_vblank *vb)
{
	hrtimer_start(&vb->timer, vblank_end(vb), HRTIMER_MODE_ABS);
}

static enum hrtimer_restart vblank_tick(struct hrtimer *timer)
{
	struct xdf_vblank *vb = container_of(timer, struct xdf_vblank, timer);
	struct xdf_pipe *pipe = container_of(vb, struct xdf_pipe, vblank);
	bool tick;

	spin_lock(&vb->lock);
	if (!vb->on) {
		vb->armed = false;
		spin_unlock(&vb->lock);
		return HRTIMER_NORESTART;
	}
	/* No tick when the phase has moved, or the frame was stretched. */
	vblank_advance(vb, ktime_get());
	tick = vblank_due(vb);
	vblank_queue(vb);
	if (tick)
		vb->teller = current;
	spin_unlock(&vb->lock);

	if (tick) {
		drm_crtc_handle_vblank(&pipe->crtc);
		xdf_crtc_tick(pipe);
		xdf_vblank_told(pipe);
	}
	return HRTIMER_NORESTART; /* it is queued already */
}

/**
 * xdf_vblank_adjust - the backend has shown a frame just now
 * @pipe: the pipe
 * @sent: when it was asked to
 *
 * Which tick that is, and when the next ones are, is found in phase.c. The clock is not
 * looked at again by the caller before he calls xdf_vblank_told(). Hard interrupt context.
 *
 * Return: whether the client is to be told now, not with the next tick.
 */
bool xdf_vblank_adjust(struct xdf_pipe *pipe, ktime_t sent)
{
	struct xdf_vblank *vb = &pipe->vblank;
	enum xdf_phase_verdict verdict;
	unsigned long flags;
	ktime_t now;
	bool tick;

	spin_lock_irqsave(&vb->lock, flags);
	now = ktime_get(); /* not older than what the last holder saw */
	vblank_advance(vb, now);
	verdict = xdf_phase_event(&vb->phase, now, sent);
	if (verdict == XDF_PHASE_NEXT)
		vb->count++;
	if (verdict != XDF_PHASE_WAIT)
		vb->phase.flipped = true;
	vb->stretch_ns = 0;
	tick = vblank_due(vb);
	/* Too early is corrected by the tick; each start is a hypercall. */
	if (vb->armed && ktime_before(vblank_end(vb), hrtimer_get_expires(&vb->timer)))
		vblank_queue(vb);
	vb->teller = current;
	spin_unlock_irqrestore(&vb->lock, flags);

	if (tick)
		drm_crtc_handle_vblank(&pipe->crtc);
	return verdict != XDF_PHASE_WAIT;
}

/**
 * xdf_vblank_told - DRM was told of what came of xdf_vblank_adjust()
 * @pipe: the pipe
 */
void xdf_vblank_told(struct xdf_pipe *pipe)
{
	struct xdf_vblank *vb = &pipe->vblank;
	unsigned long flags;

	spin_lock_irqsave(&vb->lock, flags);
	/* Another CPU may be telling, too. */
	if (vb->teller == current)
		vb->teller = NULL;
	spin_unlock_irqrestore(&vb->lock, flags);
}

/**
 * xdf_vblank_expect - a client's flip is to be shown when this frame is over
 * @pipe: the pipe
 * @sent: when it was sent, just now
 *
 * A client that waits for the next tick takes its flip for done then. The
 * backend's event comes at about that time: the frame is made longer, and ends
 * with the event if that comes in time. Caller holds DRM's event_lock.
 */
void xdf_vblank_expect(struct xdf_pipe *pipe, ktime_t sent)
{
	struct xdf_vblank *vb = &pipe->vblank;
	unsigned long flags;

	spin_lock_irqsave(&vb->lock, flags);
	/* What has been counted once stays so: not a frame that is over. */
	if (!xdf_phase_frames(&vb->phase, vb->stretch_ns, sent))
		vb->stretch_ns = div_u64(vb->phase.period, STRETCH_DIVISOR);
	spin_unlock_irqrestore(&vb->lock, flags);
}

/**
 * xdf_vblank_flipped - a flip was completed in the present frame
 * @pipe: the pipe
 *
 * By the clock or by the backend: the next one belongs to another frame. Caller
 * holds DRM's event_lock.
 */
void xdf_vblank_flipped(struct xdf_pipe *pipe)
{
	unsigned long flags;

	spin_lock_irqsave(&pipe->vblank.lock, flags);
	pipe->vblank.phase.flipped = true;
	spin_unlock_irqrestore(&pipe->vblank.lock, flags);
}

/**
 * xdf_vblank_enable - drm_crtc_funcs.enable_vblank
 * @crtc: the CRTC
 *
 * Return: 0.
 */
int xdf_vblank_enable(struct drm_crtc *crtc)
{
	struct xdf_vblank *vb = crtc_to_vblank(crtc);
	unsigned long flags;

	spin_lock_irqsave(&vb->lock, flags);
	vb->on = true;
	/* The timer may still be queued, for a tick of the last mode. */
	vb->armed = true;
	vblank_advance(vb, ktime_get());
	vb->told = vb->count; /* DRM looks by itself now */
	vblank_queue(vb);
	spin_unlock_irqrestore(&vb->lock, flags);
	return 0;
}

/**
 * xdf_vblank_disable - drm_crtc_funcs.disable_vblank
 * @crtc: the CRTC
 *
 * The timer stops by itself at its next tick: waiting for it here, under the
 * locks of drm_vblank that its handler takes, would be a deadlock.
 */
void xdf_vblank_disable(struct drm_crtc *crtc)
{
	struct xdf_vblank *vb = crtc_to_vblank(crtc);
	unsigned long flags;

	spin_lock_irqsave(&vb->lock, flags);
	vb->on = false;
	spin_unlock_irqrestore(&vb->lock, flags);
}

/**
 * xdf_vblank_counter - drm_crtc_funcs.get_vblank_counter
 * @crtc: the CRTC
 *
 * Return: number of the present frame, also while the timer rests.
 */
u32 xdf_vblank_counter(struct drm_crtc *crtc)
{
	struct xdf_vblank *vb = crtc_to_vblank(crtc);
	unsigned long flags;
	u32 count;

	spin_lock_irqsave(&vb->lock, flags);
	/* What DRM has seen is the frame that flips belong to from now on. */
	vblank_look(vb);
	count = vb->count;
	spin_unlock_irqrestore(&vb->lock, flags);
	return count;
}

/**
 * xdf_vblank_timestamp - drm_crtc_funcs.get_vblank_timestamp
 * @crtc: the CRTC
 * @max_error: the error allowed, left as it is: the ticks are exact by definition
 * @time: set to the time of the last tick, whether the timer runs or not
 * @in_irq: called for a tick
 *
 * Return: true.
 */
bool xdf_vblank_timestamp(struct drm_crtc *crtc, int *max_error, ktime_t *time, bool in_irq)
{
	struct xdf_vblank *vb = crtc_to_vblank(crtc);
	unsigned long flags;

	spin_lock_irqsave(&vb->lock, flags);
	vblank_look(vb);
	*time = vb->phase.tick;
	spin_unlock_irqrestore(&vb->lock, flags);
	return true;
}

/**
 * xdf_vblank_set_period - a mode is being set
 * @pipe: the pipe, whose vblank is off
 * @period_ns: length of a frame
 */
void xdf_vblank_set_period(struct xdf_pipe *pipe, u64 period_ns)
{
	struct xdf_vblank *vb = &pipe->vblank;
	unsigned long flags;

	spin_lock_irqsave(&vb->lock, flags);
	period_ns = clamp_t(u64, period_ns, PERIOD_MIN_NS, PERIOD_MAX_NS);
	if (vb->phase.period == period_ns) {
		/* The backend's frames go on, too. */
		vblank_advance(vb, ktime_get());
	} else {
		vb->phase = (struct xdf_phase){ .tick = ktime_get(), .period = period_ns };
		vb->stretch_ns = 0;
	}
	vb->told = vb->count;
	spin_unlock_irqrestore(&vb->lock, flags);
}

/**
 * xdf_vblank_init - prepare the clock
 * @pipe: the pipe
 */
void xdf_vblank_init(struct xdf_pipe *pipe)
{
	struct xdf_vblank *vb = &pipe->vblank;

	spin_lock_init(&vb->lock);
	vb->phase.tick = ktime_get();
	vb->phase.period = NSEC_PER_SEC / 60;
	hrtimer_setup(&vb->timer, vblank_tick, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
}

/**
 * xdf_vblank_sync - nobody is in what a tick does that began before this
 * @pipe: the pipe
 *
 * The clock goes on if DRM wants ticks. Process context.
 */
void xdf_vblank_sync(struct xdf_pipe *pipe)
{
	struct xdf_vblank *vb = &pipe->vblank;
	unsigned long flags;

	hrtimer_cancel(&vb->timer);
	spin_lock_irqsave(&vb->lock, flags);
	vb->armed = vb->on;
	if (vb->on)
		vblank_queue(vb);
	spin_unlock_irqrestore(&vb->lock, flags);
}

/**
 * xdf_vblank_fini - stop the clock
 * @pipe: the pipe, which is not used any more
 *
 * Also if DRM has forgotten to. Process context.
 */
void xdf_vblank_fini(struct xdf_pipe *pipe)
{
	unsigned long flags;

	spin_lock_irqsave(&pipe->vblank.lock, flags);
	pipe->vblank.on = false;
	spin_unlock_irqrestore(&pipe->vblank.lock, flags);
	xdf_vblank_sync(pipe);
}
