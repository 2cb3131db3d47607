// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client flip: page flips with events, on all connectors at once. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "client.h"

#define FLIP_TIMEOUT_US	20000000	/* a test may have the guest paused, on a slow machine */
#define FLIP_STRAY_MS	100
#define EARLY_TRIES	20
#define COOKIE		0x5844460000000000ull

/* A flip whose event has not come yet. */
struct pending {
	uint32_t number;
	uint64_t submitted;
};

struct flipper {
	struct kms_pipe *pipe;
	struct kms_buf bufs[3];
	struct frame frame;
	bool vblank;
	uint64_t period;		/* of a frame, microseconds */
	uint32_t queued, done;		/* flips */
	struct pending wait[2];
	unsigned int waiting;
	unsigned int early_tries;	/* flips tried before the event of the one before */
	unsigned int early_busy;	/* ... that were refused with EBUSY */
	unsigned int early_taken;	/* ... that were accepted */
	uint64_t taken_at;		/* when the last of them was, or 0 */
	uint32_t seq;
	uint64_t stamp;
	unsigned int late;
	uint64_t start, end;
	uint32_t *interval, *latency;
};

static uint64_t cookie(const struct flipper *f, uint32_t number)
{
	return COOKIE | (uint64_t)f->pipe->index << 32 | number;
}

static int paint_next(struct client *cl, struct flipper *f, uint32_t number)
{
	int first, end;

	f->frame.number = number;
	f->frame.buffer = number % cl->buffers;
	frame_strip(&f->frame, &first, &end);
	return paint_frame(&f->frame, &f->bufs[f->frame.buffer], first, end);
}

static int queue(struct client *cl, struct flipper *f, uint32_t number)
{
	uint64_t t = now_us();
	int ret = kms_flip(f->pipe, &f->bufs[number % cl->buffers], cookie(f, number));

	if (!ret) {
		f->wait[f->waiting++] = (struct pending){ .number = number, .submitted = t };
		f->queued = number;
		if (!f->start)
			f->start = t;
	}
	return ret;
}

/*
 * Queue the next flip; now and then one more at once.  That one must be refused
 * with EBUSY, or else the first one must have been complete already, which its
 * event will tell.
 */
static int submit(struct client *cl, struct flipper *f)
{
	/* a slow machine may have to try for long: --strict demands one */
	bool try = f->early_tries < EARLY_TRIES || (cl->strict && !f->early_busy);
	bool early = f->queued >= 1 && f->queued + 2 <= cl->count && try && f->early_busy < 2;
	uint32_t number = f->queued + 1;
	int ret;

	ret = paint_next(cl, f, number);
	if (!ret && early)
		ret = paint_next(cl, f, number + 1);
	if (ret)
		return rep_fail("paint", ret, NULL);
	ret = queue(cl, f, number);
	if (ret)
		return rep_fail("flip", ret, "%s: flip %u with none pending", f->pipe->con->name,
				number);
	if (!early)
		return 0;

	f->early_tries++;
	ret = queue(cl, f, number + 1);
	if (ret == -EBUSY) {
		f->early_busy++;
		return 0;
	}
	if (ret)
		return rep_fail("early-flip", ret, "%s: EBUSY expected for a flip queued too early",
				f->pipe->con->name);
	f->early_taken++;
	f->taken_at = now_us();
	return 0;
}

static int take_event(struct client *cl, struct flipper *f, const struct kms_event *ev)
{
	const char *name = f->pipe->con->name;
	/* as of a display that stamps with the end of its blanking */
	uint64_t now = now_us(), ahead = cl->strict ? f->period / 32 : f->period;
	struct pending p = f->wait[0];

	if (!f->waiting)
		return rep_fail("event-count", 0, "%s: an event and no flip pending", name);
	if (ev->user_data != cookie(f, p.number))
		return rep_fail("event-order", 0, "%s: user data %016llx, %016llx expected", name,
				(unsigned long long)ev->user_data,
				(unsigned long long)cookie(f, p.number));
	if (ev->crtc_id && ev->crtc_id != f->pipe->crtc->id)
		return rep_fail("event-crtc", 0, "%s: CRTC %u, %u expected", name, ev->crtc_id,
				f->pipe->crtc->id);
	if (!ev->time_us)
		return rep_fail("event-time", 0, "%s: flip %u has no timestamp", name, p.number);
	if (ev->time_us > now + ahead)
		return rep_fail("event-time", 0, "%s: flip %u completed %llu us in the future",
				name, p.number, (unsigned long long)(ev->time_us - now));
	if (ev->time_us + f->period * 3 / 2 + 1000 < p.submitted)
		return rep_fail("event-time", 0,
				"%s: flip %u completed %llu us before it was queued", name,
				p.number, (unsigned long long)(p.submitted - ev->time_us));
	if (f->done) {
		int32_t step = (int32_t)(ev->sequence - f->seq);

		if (step < 0 || (f->vblank && !step))
			return rep_fail("event-sequence", 0, "%s: flip %u at %u after %u", name,
					p.number, ev->sequence, f->seq);
		if (ev->time_us < f->stamp || (f->vblank && ev->time_us == f->stamp))
			return rep_fail("event-time", 0, "%s: flip %u at %llu us after %llu us",
					name, p.number, (unsigned long long)ev->time_us,
					(unsigned long long)f->stamp);
		f->interval[f->done - 1] = ev->time_us - f->stamp;
		if (ev->time_us - f->stamp > f->period * 3 / 2)
			f->late++;
	}
	if (f->waiting == 2 && f->taken_at && ev->time_us > f->taken_at + ahead)
		return rep_fail("early-flip", 0,
				"%s: flip %u accepted %llu us before flip %u completed", name,
				p.number + 1, (unsigned long long)(ev->time_us - f->taken_at),
				p.number);
	f->taken_at = 0;
	f->latency[f->done] = now - p.submitted;
	f->seq = ev->sequence;
	f->stamp = ev->time_us;
	f->end = now;
	f->done++;
	f->wait[0] = f->wait[1];
	f->waiting--;
	return 0;
}

static int run(struct client *cl, struct kms *k, struct flipper *fl, int n)
{
	struct kms_event ev;
	int i, ret, running;

	for (;;) {
		uint64_t oldest = UINT64_MAX, now;

		running = 0;
		for (i = 0; i < n; i++) {
			struct flipper *f = &fl[i];

			if (!f->waiting && f->done < cl->count) {
				ret = submit(cl, f);
				if (ret)
					return ret;
			}
			if (f->waiting) {
				running++;
				if (f->wait[0].submitted < oldest)
					oldest = f->wait[0].submitted;
			}
		}
		now = now_us();
		if (!running)
			break;
		if (now > oldest + FLIP_TIMEOUT_US)
			ret = 0;
		else
			ret = kms_event(k, (oldest + FLIP_TIMEOUT_US - now) / 1000 + 1, &ev);
		if (ret < 0)
			return rep_fail("event", ret, NULL);
		if (!ret) {
			for (i = 0; i < n; i++)
				if (fl[i].waiting && fl[i].wait[0].submitted == oldest)
					return rep_fail("event", ETIMEDOUT, "%s: flip %u of %ld",
							fl[i].pipe->con->name, fl[i].wait[0].number,
							cl->count);
			return rep_fail("event", ETIMEDOUT, NULL);
		}
		if (ev.type != DRM_EVENT_FLIP_COMPLETE)
			return rep_fail("event-type", 0, "type %u", ev.type);
		for (i = 0; i < n; i++)
			if (ev.user_data >> 32 == cookie(&fl[i], 0) >> 32)
				break;
		if (i == n)
			return rep_fail("event-order", 0, "unknown user data %016llx",
					(unsigned long long)ev.user_data);
		ret = take_event(cl, &fl[i], &ev);
		if (ret)
			return ret;
	}
	ret = kms_event(k, FLIP_STRAY_MS, &ev);
	if (ret < 0)
		return rep_fail("event", ret, NULL);
	if (ret)
		return rep_fail("event-count", 0, "one event too many, user data %016llx",
				(unsigned long long)ev.user_data);
	return 0;
}

static int report(struct client *cl, struct kms *k, struct flipper *f)
{
	struct kms_buf *buf = &f->bufs[f->done % cl->buffers];
	uint32_t *row = malloc((size_t)buf->width * sizeof(*row));
	double seconds = (f->end - f->start) / 1e6;
	uint64_t hash;

	if (!row)
		return rep_fail("report", ENOMEM, NULL);
	f->frame.number = f->done;
	f->frame.buffer = f->done % cl->buffers;
	hash = frame_hash(&f->frame, row);
	free(row);

	report_picture("flip", f->pipe, buf, hash);
	rep_str("api", k->atomic ? "atomic" : "legacy");
	rep_uint("flips", f->done);
	rep_real("seconds", seconds);
	rep_real("per_second", seconds > 0 ? f->done / seconds : 0);
	rep_real("refresh", f->period ? 1e6 / f->period : 0);
	rep_uint("late", f->late);
	rep_bool("vblank", f->vblank);
	rep_uint("last_sequence", f->seq);
	rep_obj("early");
	rep_uint("tried", f->early_tries);
	rep_uint("ebusy", f->early_busy);
	rep_uint("complete", f->early_taken);
	rep_close();
	spread_values("interval_us", f->interval, f->done - 1);
	spread_values("latency_us", f->latency, f->done);
	rep_end();

	if (cl->strict && !f->vblank)
		rep_fail("strict", 0, "%s: no vertical blanks", f->pipe->con->name);
	if (cl->strict && f->early_tries && !f->early_busy)
		rep_fail("strict", 0, "%s: no flip was ever refused with EBUSY",
			 f->pipe->con->name);
	return check_buf("readback", buf, hash);
}

static int prepare(struct client *cl, struct kms *k, struct flipper *f)
{
	unsigned int mhz = mode_refresh(&f->pipe->mode);
	int i, ret;

	f->period = mhz ? 1000000000ull / mhz : 16667;
	f->frame.width = f->pipe->mode.hdisplay;
	f->frame.height = f->pipe->mode.vdisplay;
	f->frame.pipe = f->pipe->index;
	f->interval = calloc(cl->count + 1, sizeof(*f->interval));
	f->latency = calloc(cl->count + 1, sizeof(*f->latency));
	if (!f->interval || !f->latency)
		return rep_fail("memory", ENOMEM, NULL);
	for (i = 0; i < cl->buffers; i++) {
		ret = buf_create(k, &cl->spec, f->frame.width, f->frame.height, &f->bufs[i]);
		if (ret)
			return rep_fail("buffer", ret, "%s: %dx%d", f->pipe->con->name,
					f->frame.width, f->frame.height);
		f->frame.buffer = i;
		ret = paint_frame(&f->frame, &f->bufs[i], 0, f->frame.height);
		if (ret)
			return rep_fail("paint", ret, NULL);
	}
	return 0;
}

/**
 * cmd_flip - flip pages and check the events
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_flip(struct client *cl)
{
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct kms_buf shown[KMS_MAX_PIPES];
	struct flipper *fl;
	struct kms k;
	int n = buf_kind_check(cl->spec.kind), i, j, ret = 0;

	if (n)
		return n;
	cl->spec.fourcc = DRM_FORMAT_XRGB8888;
	n = client_pipes(cl, &k, pipes);
	if (n < 0)
		return -n;
	fl = calloc(n, sizeof(*fl));
	if (!fl)
		return rep_fail("memory", ENOMEM, NULL);
	for (i = 0; i < n && !ret; i++) {
		fl[i].pipe = &pipes[i];
		ret = prepare(cl, &k, &fl[i]);
		shown[i] = fl[i].bufs[0];
	}
	if (!ret) {
		ret = kms_show(&k, pipes, shown, n);
		if (ret)
			ret = rep_fail("modeset", ret, NULL);
	}
	for (i = 0; i < n && !ret; i++)
		fl[i].vblank = kms_has_vblank(&k, pipes[i].crtc, NULL);
	if (!ret)
		ret = run(cl, &k, fl, n);
	for (i = 0; i < n; i++)
		if (fl[i].done)
			report(cl, &k, &fl[i]);
	if (!ret)
		client_hold(cl);
	for (i = 0; i < n; i++) {
		for (j = 0; j < cl->buffers; j++) {
			int r = kms_buf_destroy(&k, &fl[i].bufs[j]);

			if (r && !ret)
				ret = rep_fail("destroy", r, NULL);
		}
		free(fl[i].interval);
		free(fl[i].latency);
	}
	free(fl);
	kms_close(&k);
	return ret;
}
