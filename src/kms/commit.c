// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: commit
 *
 * How a new state is put into effect. DRM's helpers hand each commit that the
 * client does not wait for to a worker. A flip of a framebuffer in our own
 * memory has nothing to wait for: it is one request on the ring, and the worker
 * would cost more than that. It is done at once, in the client's call.
 */
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/ktime.h>
#include <linux/sched/signal.h>

#include <drm/drm_atomic.h>
#include <drm/drm_atomic_helper.h>
#include <drm/drm_drv.h>
#include <drm/drm_framebuffer.h>
#include <drm/drm_gem.h>
#include <drm/drm_modeset_helper_vtables.h>

#include "thunks.h"
#include "xdf_buffer.h"
#include "xdf_kms.h"

/* Is it just another picture, with nothing that its commit had to wait for? */
static bool plane_is_quick(const struct drm_plane_state *old, struct drm_plane_state *state)
{
	struct drm_gem_object *obj;

	if (!old->fb || !state->fb || old->crtc != state->crtc || state->fence ||
	    old->fb->format != state->fb->format)
		return false;
	obj = state->fb->obj[0];
	/* Nobody else draws into it, and the backend shows this very memory. */
	return !obj->import_attach && !READ_ONCE(to_xdf_gem(obj)->shared) &&
	       !to_xdf(obj->dev)->config.be_alloc;
}

static bool crtc_is_quick(const struct drm_crtc_state *old, struct drm_crtc_state *state)
{
	return old->active && state->active && !drm_atomic_crtc_needs_modeset(state) &&
	       !state->color_mgmt_changed;
}

/* Does the commit consist of flips that can be sent at once? They are marked. */
static bool commit_is_quick(struct drm_atomic_commit *commit)
{
	struct drm_connector_state *con_state;
	struct drm_crtc_state *old_crtc, *crtc_state;
	struct drm_plane_state *old, *state;
	struct drm_connector *con;
	struct drm_plane *plane;
	struct drm_crtc *crtc;
	bool any = false;
	int i;

	for_each_new_connector_in_state(commit, con, con_state, i)
		return false;
	for_each_oldnew_crtc_in_state(commit, crtc, old_crtc, crtc_state, i)
		if (!crtc_is_quick(old_crtc, crtc_state))
			return false;
	for_each_oldnew_plane_in_state(commit, plane, old, state, i) {
		if (!plane_is_quick(old, state))
			return false;
		any = true;
	}
	for_each_new_plane_in_state(commit, plane, state, i)
		to_xdf_plane_state(state)->quick = true;
	return any;
}

static bool marked_quick(struct drm_atomic_commit *commit)
{
	struct drm_plane_state *state;
	struct drm_plane *plane;
	int i;

	for_each_new_plane_in_state(commit, plane, state, i)
		if (to_xdf_plane_state(state)->quick)
			return true;
	return false;
}

/* Has one of the CRTCs not yet shown what it was told last? */
static bool commit_is_early(struct drm_atomic_commit *commit)
{
	struct drm_crtc_state *state;
	struct drm_crtc *crtc;
	int i;

	for_each_new_crtc_in_state(commit, crtc, state, i)
		if (crtc->state->commit && !completion_done(&crtc->state->commit->flip_done))
			return true;
	return false;
}

/* The pipe of a plane that shows what it has shown before, or NULL. */
static struct xdf_pipe *dirty_pipe(const struct drm_plane_state *old,
				   const struct drm_plane_state *state)
{
	if (!state->fb || !state->crtc || old->fb != state->fb || old->crtc != state->crtc)
		return NULL;
	return crtc_to_pipe(state->crtc);
}

/*
 * Drawing into what is shown already, told by DIRTYFB: it counts as drawing of the
 * next frame when it comes within a frame of the last one. A backend may show
 * pictures faster than the mode says, and a console would send each line of text.
 * Who is killed has had no turn: nobody has to wait for longer than a frame.
 */
static int pace_dirty(struct drm_atomic_commit *commit)
{
	struct drm_plane_state *old, *state;
	struct drm_plane *plane;
	struct xdf_pipe *pipe;
	ktime_t due = 0;
	u64 period;
	int i;

	for_each_oldnew_plane_in_state(commit, plane, old, state, i) {
		pipe = dirty_pipe(old, state);
		if (pipe && ktime_after(pipe->dirty_due, due))
			due = pipe->dirty_due;
	}
	while (ktime_before(ktime_get(), due)) {
		if (fatal_signal_pending(current))
			return -EINTR;
		set_current_state(TASK_KILLABLE);
		schedule_hrtimeout(&due, HRTIMER_MODE_ABS);
	}
	for_each_oldnew_plane_in_state(commit, plane, old, state, i) {
		pipe = dirty_pipe(old, state);
		if (!pipe)
			continue;
		period = READ_ONCE(pipe->vblank.phase.period);
		/* Who comes a little late has his next turn in time. */
		if (ktime_after(ktime_get(), ktime_add_ns(pipe->dirty_due, period / 2)))
			pipe->dirty_due = ktime_get();
		pipe->dirty_due = ktime_add_ns(pipe->dirty_due, period);
	}
	return 0;
}

/* Does a commit turn something on? */
static bool commit_lights(struct drm_atomic_commit *commit)
{
	struct drm_crtc_state *old, *state;
	struct drm_crtc *crtc;
	int i;

	for_each_oldnew_crtc_in_state(commit, crtc, old, state, i)
		if (state->active && !old->active)
			return true;
	return false;
}

/* Will a client get an event, or a fence, that says when the commit is in effect? */
static bool commit_has_event(struct drm_atomic_commit *commit)
{
	struct drm_crtc_state *state;
	struct drm_crtc *crtc;
	int i;

	for_each_new_crtc_in_state(commit, crtc, state, i)
		if (state->event)
			return true;
	return false;
}

/* Has the backend refused a mode that a commit, which is over, has set? */
static bool commit_refused(struct drm_atomic_commit *commit)
{
	struct drm_crtc_state *state;
	struct drm_crtc *crtc;
	int i;

	for_each_new_crtc_in_state(commit, crtc, state, i)
		/* For DPMS, which changes none of these, DRM keeps a state of its own. */
		if (state->active && (state->mode_changed || state->connectors_changed) &&
		    xdf_crtc_refused(crtc_to_pipe(crtc), NULL))
			return true;
	return false;
}

/**
 * xdf_commit - drm_mode_config_funcs.atomic_commit
 * @drm: the device
 * @commit: the new state, checked
 * @nonblock: the caller does not want to wait until it is in effect
 *
 * Caller holds the locks of what the commit changes. When a device is unplugged all is
 * turned off under the same; until then what is on may go on changing, as DRM itself does
 * when a framebuffer goes that is shown, or the console draws.
 *
 * A caller who waits, and whom no event tells of success, gets -EIO for a mode that the
 * backend refuses. The new state stays; others learn of it by link-status.
 *
 * Return: 0, -ENODEV when the device is unplugged and off, -EBUSY for a flip that comes
 * before the last one is shown, -EINTR when the caller was killed, -EIO, -ENOMEM, or an
 * error as of drm_atomic_helper_commit().
 */
int xdf_commit(struct drm_device *drm, struct drm_atomic_commit *commit, bool nonblock)
{
	bool wants_error = !nonblock && !commit_has_event(commit);
	int ret;

	if (drm_dev_is_unplugged(drm) && commit_lights(commit))
		return -ENODEV;
	if (!nonblock) {
		ret = pace_dirty(commit);
		if (ret)
			return ret;
	} else if (commit_is_quick(commit)) {
		/* The helper would wait for it, as for a caller who wants to wait. */
		if (commit_is_early(commit))
			return -EBUSY;
		nonblock = false;
	}
	ret = xdf_outfence_keep(commit) ?: drm_atomic_helper_commit(drm, commit, nonblock);
	return !ret && wants_error && commit_refused(commit) ? -EIO : ret;
}

/**
 * xdf_commit_tail - drm_mode_config_helper_funcs.atomic_commit_tail
 * @commit: the new state, whose fences are signalled
 *
 * A mode is set together with its framebuffer, so CRTCs come before planes; and
 * what counts as the end of a commit is its flip, not the next vblank.
 */
void xdf_commit_tail(struct drm_atomic_commit *commit)
{
	struct drm_device *drm = commit->dev;

	xdf_plane_sync(commit);
	if (marked_quick(commit)) {
		drm_atomic_helper_update_legacy_modeset_state(drm, commit);
		drm_atomic_helper_commit_planes(drm, commit, DRM_PLANE_COMMIT_ACTIVE_ONLY);
		drm_atomic_helper_commit_hw_done(commit);
		drm_atomic_helper_cleanup_planes(drm, commit);
		return;
	}
	drm_atomic_helper_commit_modeset_disables(drm, commit);
	drm_atomic_helper_commit_modeset_enables(drm, commit);
	drm_atomic_helper_commit_planes(drm, commit, DRM_PLANE_COMMIT_ACTIVE_ONLY);
	drm_atomic_helper_commit_hw_done(commit);
	drm_atomic_helper_wait_for_flip_done(drm, commit);
	drm_atomic_helper_cleanup_planes(drm, commit);
}
