// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: outfence
 *
 * A client may ask for a fence of its commit (OUT_FENCE_PTR), and hand it to whom it
 * likes. DRM makes it with a lock and names that are the CRTC's, and holds nothing for
 * it: whoever looks at it when the device is gone would look at freed memory. So the
 * device, and the module, stay until nobody has one of its fences.
 */
#include <linux/dma-fence.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <drm/drm_atomic.h>
#include <drm/drm_drv.h>
#include <drm/drm_vblank.h>

#include "thunks.h"
#include "xdf_kms.h"
#include "xdf_module.h"

/* So often are they looked at, while there are any. */
#define LOOK_MS 250

/* A fence of a commit, with a reference. */
struct outfence {
	struct list_head node;
	struct dma_fence *fence;
};

static bool is_ours_alone(const struct outfence *out)
{
	return kref_read(&out->fence->refcount) == 1;
}

static void look_again(struct xdf_device *xdf)
{
	queue_delayed_work(xdf_wq, &xdf->outfence_work, msecs_to_jiffies(LOOK_MS));
}

/* Take those off a list that nobody else has. */
static void outfences_take(struct xdf_device *xdf, struct list_head *from, struct list_head *to)
{
	struct outfence *out, *next;

	spin_lock(&xdf->outfence_lock);
	list_for_each_entry_safe(out, next, from, node)
		if (is_ours_alone(out))
			list_move_tail(&out->node, to);
	spin_unlock(&xdf->outfence_lock);
}

static void xdf_outfence_work_fn(struct work_struct *work)
{
	struct xdf_device *xdf = container_of(work, struct xdf_device, outfence_work.work);
	struct outfence *out, *next;
	LIST_HEAD(alone);
	LIST_HEAD(done);
	bool left;

	outfences_take(xdf, &xdf->outfences, &alone);
	/* Until now somebody may have found one where it was, and be about to take it. */
	if (!list_empty(&alone))
		synchronize_rcu();
	outfences_take(xdf, &alone, &done);
	list_for_each_entry_safe(out, next, &done, node) {
		dma_fence_put(out->fence);
		kfree(out);
	}

	spin_lock(&xdf->outfence_lock);
	list_splice(&alone, &xdf->outfences);
	left = !list_empty(&xdf->outfences);
	xdf->outfences_held = left;
	spin_unlock(&xdf->outfence_lock);
	if (left) {
		look_again(xdf);
		return;
	}
	drm_dev_put(&xdf->drm);
	module_put(THIS_MODULE);
}

static struct dma_fence *crtc_fence(const struct drm_crtc_state *state)
{
	return state->event ? state->event->base.fence : NULL;
}

static void outfence_keep(struct xdf_device *xdf, struct outfence *out, struct dma_fence *fence)
{
	bool first;

	out->fence = dma_fence_get(fence);
	spin_lock(&xdf->outfence_lock);
	list_add_tail(&out->node, &xdf->outfences);
	first = !xdf->outfences_held;
	xdf->outfences_held = true;
	spin_unlock(&xdf->outfence_lock);
	if (!first)
		return;
	drm_dev_get(&xdf->drm);
	__module_get(THIS_MODULE);
	look_again(xdf);
}

/**
 * xdf_outfence_keep - have the device outlive the fences of a commit
 * @commit: the new state, not committed yet
 *
 * Whoever commits has the device open, and so holds it and the module. A commit that
 * fails afterwards leaves its fences to us, which does no harm.
 *
 * Return: 0 or -ENOMEM.
 */
int xdf_outfence_keep(struct drm_atomic_commit *commit)
{
	struct drm_crtc_state *state;
	struct drm_crtc *crtc;
	int i;

	for_each_new_crtc_in_state(commit, crtc, state, i) {
		struct outfence *out;

		if (!crtc_fence(state))
			continue;
		out = kmalloc(sizeof(*out), GFP_KERNEL);
		if (!out)
			return -ENOMEM;
		outfence_keep(crtc_to_pipe(crtc)->xdf, out, crtc_fence(state));
	}
	return 0;
}

/**
 * xdf_outfence_init - get a new device ready for fences
 * @xdf: the device
 */
void xdf_outfence_init(struct xdf_device *xdf)
{
	spin_lock_init(&xdf->outfence_lock);
	INIT_LIST_HEAD(&xdf->outfences);
	INIT_DELAYED_WORK(&xdf->outfence_work, xdf_outfence_work_fn);
}
