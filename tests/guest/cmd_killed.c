// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-client dirty-killed: who is killed while he waits for his turn to say that he has drawn
 * has not had it, so that whoever comes next waits for no longer than a frame.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

#define WAIT_MS 20000

static int say(struct kms *k, const struct kms_buf *buf)
{
	struct drm_mode_fb_dirty_cmd d = { .fb_id = buf->fb };

	return kms_ioctl(k->fd, DRM_IOCTL_MODE_DIRTYFB, &d);
}

static uint32_t sequence(struct kms *k, const struct kms_pipe *pipe)
{
	struct drm_crtc_get_sequence g = { .crtc_id = pipe->crtc->id };

	return kms_ioctl(k->fd, DRM_IOCTL_CRTC_GET_SEQUENCE, &g) ? 0 : g.sequence;
}

/* Does a process wait in the kernel, for what no signal but the last one ends? */
static bool waits(pid_t pid)
{
	char path[32], line[256] = "", *end;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "r");
	if (!f)
		return false;
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	fclose(f);
	end = strrchr(line, ')');
	return end && end[1] && end[2] == 'D';
}

/* One who is killed while he waits. */
static int one(struct kms *k, const struct kms_buf *buf)
{
	int ms = 0, ret = 0, status;
	pid_t pid = fork();

	if (pid < 0)
		return rep_fail("fork", errno, NULL);
	if (!pid) {
		die_first();
		while (!ret)
			ret = say(k, buf);
		_exit(1);
	}
	while (!waits(pid) && ms++ < WAIT_MS)
		poll(NULL, 0, 1);
	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		return rep_fail("killed", 0, "status %#x", status);
	return ms < WAIT_MS ? 0 : rep_fail("killed", 0, "he did not wait in %d ms", WAIT_MS);
}

static int run(struct client *cl, struct kms *k, struct kms_pipe *pipe, struct kms_buf *buf)
{
	struct drm_mode_modeinfo *mode = &pipe->mode;
	uint32_t frames;
	long i;
	int ret;

	/* a frame a second */
	mode->clock = ((uint32_t)mode->htotal * mode->vtotal + 500) / 1000;
	mode->vrefresh = 1;
	mode->type = DRM_MODE_TYPE_USERDEF;
	ret = kms_show(k, pipe, buf, 1);
	if (ret)
		return rep_fail("modeset", ret, "%s", pipe->con->name);
	for (i = 0; i < cl->count && !ret; i++)
		ret = one(k, buf);
	if (ret)
		return ret;
	frames = sequence(k, pipe);
	ret = say(k, buf);
	frames = sequence(k, pipe) - frames;
	if (ret)
		return rep_fail("dirty", ret, "%s", pipe->con->name);
	rep_begin("dirty-killed");
	rep_int("killed", cl->count);
	rep_uint("frames", frames);
	rep_end();
	if (frames > cl->count / 2)
		return rep_fail("dirty-killed", 0, "%u frames went by", frames);
	return 0;
}

/**
 * cmd_killed - so many are killed while they wait for their turn
 * @cl: command line
 *
 * Return: exit code.
 */
int cmd_killed(struct client *cl)
{
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct kms_buf buf = { 0 };
	struct kms k;
	int ret;

	ret = client_pipes(cl, &k, pipes);
	if (ret < 0)
		return -ret;
	if (!kms_has_vblank(&k, pipes[0].crtc, NULL)) {
		rep_skip("dirty-killed", "the CRTC does not count frames");
		kms_close(&k);
		return XDF_SKIP;
	}
	ret = buf_create(&k, &cl->spec, pipes[0].mode.hdisplay, pipes[0].mode.vdisplay, &buf);
	ret = ret ? rep_fail("buffer", ret, NULL) : run(cl, &k, &pipes[0], &buf);
	kms_buf_destroy(&k, &buf);
	kms_close(&k);
	return ret;
}
