// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-client fence: flips to buffers that somebody else still draws into.
 *
 * A buffer of vgem's gets a fence, which stands for a GPU at work, and is flipped
 * to. While the fence holds, the flip must not be done, other connectors must go
 * on, and what is drawn at the very last is what must arrive. vgem lets go of a
 * fence after ten seconds; an attempt in which that happened says nothing and is
 * made again. "lent": the buffer is the device's own, of which others have a dma-buf,
 * and which has no handle any more; it gets the fence of a buffer of vgem's.
 * "pending": the flip is left waiting, for what others do meanwhile.
 */

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client.h"

/* vgem's own requests; libdrm has no header for them. */
struct vgem_attach {
	uint32_t handle, write, fence, zero;
};

struct vgem_signal {
	uint32_t fence, zero;
};

#define VGEM_ATTACH	DRM_IOWR(DRM_COMMAND_BASE + 1, struct vgem_attach)
#define VGEM_SIGNAL	DRM_IOW(DRM_COMMAND_BASE + 2, struct vgem_signal)

#define EVENT_MS	20000	/* longer than a fence can hold */
#define STRAY_MS	100
#define ATTEMPTS	5
#define MEANWHILE	20	/* frames that pass while a fence holds */

static const char * const how_names[FENCE_HOWS] = { "write", "read", "close", "lent", "pending" };

struct lane {
	struct kms_pipe *pipe;
	struct kms_buf bufs[2];
	struct frame frames[2];		/* what is in them */
	uint32_t queued, done;		/* flips; number N shows bufs[N % 2] */
	uint32_t left;			/* flips still to be made while another is held up */
	uint32_t seq;			/* of the last event */
	unsigned int attempts, expired, meanwhile;
	bool vblank;
};

struct fences {
	struct client *cl;
	struct kms kms;
	struct lane *lanes;
	int n;
	struct lane *held;		/* its fence has not been signalled by us */
	bool early;			/* an event of it came all the same */
	bool ticking;			/* the event of its frame counter is still due */
};

/* A kind of fence, by its name; for the command line. */
bool fence_how_parse(const char *name, enum fence_how *how)
{
	unsigned int i;

	for (i = 0; i < FENCE_HOWS; i++) {
		if (!strcmp(name, how_names[i])) {
			*how = i;
			return true;
		}
	}
	return false;
}

static int queue(struct fences *s, struct lane *l)
{
	uint64_t cookie = (uint64_t)(l - s->lanes) << 32 | (l->queued + 1);
	int ret = kms_flip(l->pipe, &l->bufs[(l->queued + 1) % 2], cookie);

	if (!ret)
		l->queued++;
	return ret;
}

static int go_on(struct fences *s, struct lane *l)
{
	int ret;

	if (!l->left)
		return 0;
	l->left--;
	ret = queue(s, l);
	if (ret)
		return rep_fail("flip", ret, "%s: while %s waits for its fence",
				l->pipe->con->name, s->held->pipe->con->name);
	l->meanwhile++;
	return 0;
}

static int take(struct fences *s, const struct kms_event *ev)
{
	uint32_t at = ev->user_data >> 32, number = ev->user_data;
	struct lane *l = &s->lanes[at];

	if (ev->type == DRM_EVENT_CRTC_SEQUENCE && s->ticking) {
		s->ticking = false;
		return 0;
	}
	if (ev->type != DRM_EVENT_FLIP_COMPLETE || at >= (uint32_t)s->n)
		return rep_fail("event-type", 0, "type %u, user data %016llx", ev->type,
				(unsigned long long)ev->user_data);
	if (number != l->done + 1 || number > l->queued)
		return rep_fail("event-order", 0, "%s: flip %u after %u, %u queued",
				l->pipe->con->name, number, l->done, l->queued);
	l->done = number;
	l->seq = ev->sequence;
	if (l == s->held) {
		s->early = true;
		return 0;
	}
	return go_on(s, l);
}

/* All flips are done, but for that which a fence holds up. */
static bool quiet(const struct fences *s)
{
	int i;

	for (i = 0; i < s->n; i++)
		if (&s->lanes[i] != s->held && s->lanes[i].done != s->lanes[i].queued)
			return false;
	return !s->ticking;
}

static int wait_quiet(struct fences *s, const char *what)
{
	struct kms_event ev;
	int ret;

	while (!quiet(s)) {
		ret = kms_event(&s->kms, EVENT_MS, &ev);
		if (ret < 0)
			return rep_fail("event", ret, "%s", what);
		if (!ret)
			return rep_fail("event", ETIMEDOUT, "%s", what);
		ret = take(s, &ev);
		if (ret)
			return ret;
	}
	return 0;
}

/*
 * Draw the picture for flip @number, whole. Not @late it is done as the owner of a
 * dma-buf has to, who would wait for the fence; late as by what the fence stands for.
 */
static int paint(struct lane *l, uint32_t number, bool late)
{
	struct frame *f = &l->frames[number % 2];
	struct kms_buf buf = l->bufs[number % 2];

	f->width = buf.width;
	f->height = buf.height;
	f->pipe = l->pipe->index;
	f->buffer = late ? 2 : number % 2;
	f->number = number << 1 | late;
	if (late)
		buf.dmabuf = 0;
	return paint_frame(f, &buf, 0, f->height);
}

/* The exporter's file first: its end is the end of the fences, and nothing waits. */
static int destroy(struct fences *s, struct kms_buf *buf)
{
	if (buf->source > 0)
		close(buf->source);
	buf->source = 0;
	return kms_buf_destroy(&s->kms, buf);
}

/* A new buffer with a picture for a flip, in place of the one that is not shown. */
static int renew(struct fences *s, struct lane *l, uint32_t number)
{
	const struct drm_mode_modeinfo *m = &l->pipe->mode;
	struct kms_buf *buf = &l->bufs[number % 2];
	int ret = destroy(s, buf);

	if (ret)
		return rep_fail("destroy", ret, "%s", l->pipe->con->name);
	ret = buf_create(&s->kms, &s->cl->spec, m->hdisplay, m->vdisplay, buf);
	if (ret)
		return rep_fail("buffer", ret, "%s: %ux%u", l->pipe->con->name, m->hdisplay,
				m->vdisplay);
	ret = paint(l, number, false);
	return ret ? rep_fail("paint", ret, "%s", l->pipe->con->name) : 0;
}

static int attach(const struct kms_buf *buf, bool write, uint32_t *fence)
{
	struct vgem_attach a = { .handle = buf->source_handle, .write = write };
	int ret = kms_ioctl(buf->source, VGEM_ATTACH, &a);

	*fence = a.fence;
	return ret;
}

/* The fence of what is drawn into one dma-buf holds for another, too. */
static int copy_fence(int from, int to)
{
	struct dma_buf_export_sync_file e = { .flags = DMA_BUF_SYNC_READ, .fd = -1 };
	struct dma_buf_import_sync_file i = { .flags = DMA_BUF_SYNC_WRITE };
	int ret = kms_ioctl(from, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &e);

	if (ret)
		return ret;
	i.fd = e.fd;
	ret = kms_ioctl(to, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &i);
	close(e.fd);
	return ret;
}

/* A dma-buf of @buf with a fence of vgem's is all that is left of it, and its framebuffer. */
static int lend(struct fences *s, struct kms_buf *buf, uint32_t *fence)
{
	int theirs, ret;

	ret = vgem_create(sysconf(_SC_PAGESIZE), &buf->source, &buf->source_handle, &theirs);
	if (ret)
		return ret;
	ret = attach(buf, true, fence);
	if (!ret)
		ret = prime_export(s->kms.fd, buf->handle, DRM_RDWR, &buf->dmabuf);
	if (!ret)
		ret = copy_fence(theirs, buf->dmabuf);
	close(theirs);
	if (!ret)
		ret = gem_close(s->kms.fd, buf->handle);
	if (!ret)
		buf->handle = 0;
	return ret;
}

static int signal_fence(const struct kms_buf *buf, uint32_t fence)
{
	struct vgem_signal f = { .fence = fence };

	return kms_ioctl(buf->source, VGEM_SIGNAL, &f);
}

/* Have frames pass: on the connector's own counter, and with flips on the others. */
static int meanwhile(struct fences *s)
{
	struct drm_crtc_queue_sequence q = {
		.crtc_id = s->held->pipe->crtc->id, .flags = DRM_CRTC_SEQUENCE_RELATIVE,
		.sequence = MEANWHILE,
	};
	int i, ret;

	if (s->held->vblank) {
		ret = kms_ioctl(s->kms.fd, DRM_IOCTL_CRTC_QUEUE_SEQUENCE, &q);
		if (ret)
			return rep_fail("queue-sequence", ret, "%s", s->held->pipe->con->name);
		s->ticking = true;
	}
	for (i = 0; i < s->n; i++) {
		if (&s->lanes[i] == s->held)
			continue;
		s->lanes[i].left = MEANWHILE;
		ret = go_on(s, &s->lanes[i]);
		if (ret)
			return ret;
	}
	return wait_quiet(s, "frames while a fence holds");
}

/* The flip is held up: all that must go on goes on, and the picture is drawn late. */
static int hold_up(struct fences *s, struct lane *l, uint32_t *before, bool *taken)
{
	struct drm_crtc_get_sequence g = { .crtc_id = l->pipe->crtc->id };
	uint32_t number = l->queued;
	int ret;

	s->held = l;
	s->early = false;
	ret = queue(s, l);
	*taken = !ret;
	if (ret && ret != -EBUSY)
		return rep_fail("early-flip", ret, "%s: EBUSY expected behind a flip that waits",
				l->pipe->con->name);
	ret = meanwhile(s);
	if (ret)
		return ret;
	ret = paint(l, number, true);
	if (ret)
		return rep_fail("paint", ret, "%s", l->pipe->con->name);
	if (l->vblank) {
		ret = kms_ioctl(s->kms.fd, DRM_IOCTL_CRTC_GET_SEQUENCE, &g);
		if (ret)
			return rep_fail("get-sequence", ret, "%s", l->pipe->con->name);
	}
	*before = g.sequence;
	return 0;
}

/* One flip to a buffer with a fence; @expired: the fence did not hold, once more. */
static int attempt(struct fences *s, struct lane *l, bool *expired)
{
	enum fence_how how = s->cl->fence;
	uint32_t number = l->queued + 1, fence, before = 0;
	struct kms_buf *buf = &l->bufs[number % 2];
	const char *name = l->pipe->con->name;
	bool taken = false;
	int ret;

	l->attempts++;
	ret = renew(s, l, number);
	if (ret)
		return ret;
	ret = how == FENCE_LENT ? lend(s, buf, &fence) : attach(buf, how != FENCE_READ, &fence);
	if (ret)
		return rep_fail("fence-attach", ret, "%s", name);
	ret = queue(s, l);
	if (ret)
		return rep_fail("flip", ret, "%s: to a buffer with a fence", name);
	/* one that reads is nothing to wait for: the event comes of itself */
	ret = how == FENCE_READ ? wait_quiet(s, "a flip to a buffer that is read") :
	      hold_up(s, l, &before, &taken);
	if (ret)
		return ret;

	if (how == FENCE_CLOSE) {
		ret = close(buf->source) ? -errno : 0;
		buf->source = 0;
		*expired = s->early || taken;
	} else {
		ret = signal_fence(buf, fence);
		*expired = ret == -ETIMEDOUT;
	}
	if (ret && !*expired)
		return rep_fail("fence-signal", ret, "%s", name);
	s->held = NULL;
	ret = wait_quiet(s, "a flip whose fence is signalled");
	if (ret || *expired || how == FENCE_READ)
		return ret;
	if (s->early)
		return rep_fail("fence", 0, "%s: the flip was done before its fence", name);
	if (taken)
		return rep_fail("early-flip", 0, "%s: a flip was accepted behind one that waits",
				name);
	if (l->vblank && (int32_t)(l->seq - before) < 0)
		return rep_fail("event-sequence", 0, "%s: flip done in frame %u, its fence in %u",
				name, l->seq, before);
	return 0;
}

static int lane_run(struct fences *s, struct lane *l)
{
	bool expired = true;
	int ret;

	while (expired && l->attempts < ATTEMPTS) {
		expired = false;
		ret = attempt(s, l, &expired);
		if (ret)
			return ret;
		l->expired += expired;
	}
	if (!expired)
		return 0;
	return rep_fail("fence", ETIMEDOUT, "%s: in %u attempts %s", l->pipe->con->name, l->attempts,
			s->cl->fence == FENCE_READ ?
			"a flip waited until a fence of somebody who reads was given up" :
			"no flip was still waiting when its fence was to be signalled");
}

/* A flip that waits until vgem lets go of its fence. */
static int lane_leave(struct fences *s, struct lane *l)
{
	uint32_t number = l->queued + 1, fence;
	int ret = renew(s, l, number);

	if (ret)
		return ret;
	ret = attach(&l->bufs[number % 2], true, &fence);
	if (ret)
		return rep_fail("fence-attach", ret, "%s", l->pipe->con->name);
	ret = queue(s, l);
	return ret ? rep_fail("flip", ret, "%s: to a buffer with a fence", l->pipe->con->name) : 0;
}

static int lane_start(struct fences *s, struct lane *l)
{
	int i, ret = 0;

	for (i = 0; i < 2 && !ret; i++)
		ret = renew(s, l, i);
	return ret;
}

static void report(struct fences *s, struct lane *l)
{
	struct kms_buf *buf = &l->bufs[l->done % 2];
	uint32_t *row = malloc((size_t)buf->width * sizeof(*row));
	uint64_t hash;

	if (!row) {
		rep_fail("report", ENOMEM, NULL);
		return;
	}
	hash = frame_hash(&l->frames[l->done % 2], row);
	free(row);
	report_picture("fence", l->pipe, buf, hash);
	rep_str("api", s->kms.atomic ? "atomic" : "legacy");
	rep_str("fence", how_names[s->cl->fence]);
	rep_uint("attempts", l->attempts);
	rep_uint("expired", l->expired);
	rep_uint("flips", l->done);
	rep_uint("meanwhile", l->meanwhile);
	rep_bool("vblank", l->vblank);
	rep_end();
	check_buf("readback", buf, hash);
}

static int run(struct fences *s, struct kms_pipe *pipes)
{
	struct kms_buf shown[KMS_MAX_PIPES];
	struct kms_event ev;
	int i, ret;

	for (i = 0; i < s->n; i++) {
		s->lanes[i].pipe = &pipes[i];
		ret = lane_start(s, &s->lanes[i]);
		if (ret)
			return ret;
		shown[i] = s->lanes[i].bufs[0];
	}
	ret = kms_show(&s->kms, pipes, shown, s->n);
	if (ret)
		return rep_fail("modeset", ret, NULL);
	if (s->cl->fence == FENCE_PENDING)
		return lane_leave(s, &s->lanes[0]);
	for (i = 0; i < s->n; i++)
		s->lanes[i].vblank = kms_has_vblank(&s->kms, pipes[i].crtc, NULL);
	if (s->n == 1 && !s->lanes[0].vblank) {
		rep_skip("fence", "one connector without vertical blanks: nothing tells time");
		return XDF_SKIP;
	}
	for (i = 0; i < s->n; i++) {
		ret = lane_run(s, &s->lanes[i]);
		if (ret)
			return ret;
	}
	ret = kms_event(&s->kms, STRAY_MS, &ev);
	if (ret < 0)
		return rep_fail("event", ret, NULL);
	if (ret)
		return rep_fail("event-count", 0, "one event too many, user data %016llx",
				(unsigned long long)ev.user_data);
	for (i = 0; i < s->n; i++)
		report(s, &s->lanes[i]);
	return 0;
}

/**
 * cmd_fence - flip to buffers with fences
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_fence(struct client *cl)
{
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct fences s = { .cl = cl };
	int i, j, r, ret;

	ret = buf_kind_check(BUF_VGEM);
	if (ret)
		return ret;
	cl->spec.kind = cl->fence == FENCE_LENT ? BUF_DUMB : BUF_VGEM;
	s.n = client_pipes(cl, &s.kms, pipes);
	if (s.n < 0)
		return -s.n;
	s.lanes = calloc(s.n, sizeof(*s.lanes));
	ret = s.lanes ? run(&s, pipes) : rep_fail("memory", ENOMEM, NULL);
	if (!ret)
		client_hold(cl);
	for (i = 0; s.lanes && i < s.n; i++) {
		for (j = 0; j < 2; j++) {
			r = destroy(&s, &s.lanes[i].bufs[j]);
			if (r && !ret)
				ret = rep_fail("destroy", r, NULL);
		}
	}
	free(s.lanes);
	kms_close(&s.kms);
	return ret;
}
