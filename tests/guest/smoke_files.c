// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client smoke: several openers, clients that are killed. */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "smoke.h"

#define OPENS		200
#define KILLS		5
#define DEATH_MS	10000

static void second_opener(struct smoke *s)
{
	struct drm_mode_card_res res = { 0 };
	struct kms_pipe *p = &s->pipes[0];
	struct kms other, mine = s->kms;
	struct kms_buf buf, shown;
	struct kms_pipe q = *p;
	int ret;

	ret = kms_buf_create(&s->kms, p->mode.hdisplay, p->mode.vdisplay, DRM_FORMAT_XRGB8888,
			     false, &shown);
	if (!ret)
		ret = kms_show(&s->kms, p, &shown, 1);
	expect("second-setup", ret, 0);
	ret = kms_reopen(&s->kms, &other);
	expect("second-open", ret, 0);
	if (ret)
		return;
	expect("second-resources", kms_ioctl(other.fd, DRM_IOCTL_MODE_GETRESOURCES, &res), 0);
	ret = kms_buf_create(&other, p->mode.hdisplay, p->mode.vdisplay, DRM_FORMAT_XRGB8888, true,
			     &buf);
	expect("second-buffer", ret, 0);
	if (!ret) {
		expect("second-setcrtc",
		       kms_setcrtc(&other, p->crtc->id, buf.fb, p->con->id, &p->mode), -EACCES);
		/* the same objects through the other file */
		mine.fd = other.fd;
		q.kms = &mine;
		expect("second-modeset", kms_show(&mine, &q, &buf, 1), -EACCES);
		expect("second-flip", kms_flip(&q, &buf, 1), -EACCES);
		expect("second-rmfb-of-first", kms_rmfb(other.fd, shown.fb), -ENOENT);
		kms_buf_destroy(&other, &buf);
	}
	close(other.fd);
	expect("first-still-shows", kms_show(&s->kms, p, &shown, 1), 0);
	kms_buf_destroy(&s->kms, &shown);
}

static void many_opens(struct smoke *s)
{
	struct kms other;
	struct kms_buf buf;
	int i, ret = 0;

	for (i = 0; i < OPENS && !ret; i++) {
		ret = kms_reopen(&s->kms, &other);
		if (ret)
			break;
		/* every other time with something left for close() to clean up */
		if (i & 1)
			ret = kms_buf_create(&other, 64, 64, DRM_FORMAT_XRGB8888, false, &buf);
		close(other.fd);
	}
	expect("open-close-200", ret, 0);
}

/* In a child: open, show, flip, and say so; then wait for death. */
static void doomed(struct smoke *s, int say)
{
	struct kms_choice choice = s->cl->choice;
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct kms_buf a[KMS_MAX_PIPES], b[KMS_MAX_PIPES];
	struct kms k;
	int i, n, ret;

	choice.wait_ms = 0;
	choice.device = s->kms.path;
	ret = kms_open(&k, &choice);
	if (!ret)
		ret = kms_load(&k);
	n = ret ? ret : kms_pipes(&k, &choice, pipes);
	ret = n < 0 ? n : 0;
	for (i = 0; i < n && !ret; i++) {
		ret = kms_buf_create(&k, pipes[i].mode.hdisplay, pipes[i].mode.vdisplay,
				     DRM_FORMAT_XRGB8888, true, &a[i]);
		if (!ret)
			ret = kms_buf_create(&k, pipes[i].mode.hdisplay, pipes[i].mode.vdisplay,
					     DRM_FORMAT_XRGB8888, true, &b[i]);
	}
	if (!ret)
		ret = kms_show(&k, pipes, a, n);
	for (i = 0; i < n && !ret; i++)
		ret = kms_flip(&pipes[i], &b[i], i);
	if (write(say, &ret, sizeof(ret)) != sizeof(ret))
		_exit(XDF_FAILED);
	for (;;)
		pause();
}

static bool dies(pid_t pid)
{
	uint64_t end = now_us() + DEATH_MS * 1000ull;

	kill(pid, SIGKILL);
	while (now_us() < end) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return true;
		poll(NULL, 0, 5);
	}
	return false;
}

static void killed_clients(struct smoke *s)
{
	int i, ret = 0, said[2];
	bool dead = true;

	for (i = 0; i < KILLS && !ret && dead; i++) {
		struct pollfd pfd;
		pid_t pid;

		if (pipe(said)) {
			ret = -errno;
			break;
		}
		pid = fork();
		if (!pid) {
			close(said[0]);
			die_first();
			doomed(s, said[1]);
		}
		close(said[1]);
		pfd.fd = said[0];
		pfd.events = POLLIN;
		ret = -ETIMEDOUT;
		if (pid > 0 && poll(&pfd, 1, DEATH_MS) == 1 &&
		    read(said[0], &ret, sizeof(ret)) != sizeof(ret))
			ret = -EPIPE;
		close(said[0]);
		if (pid > 0)
			dead = dies(pid);
	}
	expect("killed-client-setup", ret, 0);
	rep_check("killed-client-dies", dead, dead ? 0 : ETIMEDOUT);
}

static void works_again(struct smoke *s)
{
	struct kms_choice choice = s->cl->choice;
	char path[sizeof(s->kms.path)];
	struct kms_event ev;
	struct kms_buf a, b;
	int ret;

	memcpy(path, s->kms.path, sizeof(path));
	choice.device = path;
	ret = kms_open(&s->kms, &choice);
	if (!ret)
		ret = kms_load(&s->kms);
	if (!ret)
		s->n = kms_pipes(&s->kms, &choice, s->pipes);
	if (s->n < 0)
		ret = s->n;
	expect("killed-client-reopen", ret, 0);
	if (ret)
		return;
	ret = kms_buf_create(&s->kms, s->pipes[0].mode.hdisplay, s->pipes[0].mode.vdisplay,
			     DRM_FORMAT_XRGB8888, true, &a);
	if (!ret)
		ret = kms_buf_create(&s->kms, s->pipes[0].mode.hdisplay, s->pipes[0].mode.vdisplay,
				     DRM_FORMAT_XRGB8888, true, &b);
	if (!ret)
		ret = kms_show(&s->kms, s->pipes, &a, 1);
	expect("killed-client-modeset", ret, 0);
	if (ret)
		return;
	ret = kms_flip(&s->pipes[0], &b, 0x4001);
	expect("killed-client-flip", ret, 0);
	if (!ret) {
		ret = kms_event(&s->kms, 5000, &ev);
		rep_check("killed-client-event", ret == 1 && ev.user_data == 0x4001,
			  ret < 0 ? ret : ret ? 0 : ETIMEDOUT);
	}
	kms_buf_destroy(&s->kms, &a);
	kms_buf_destroy(&s->kms, &b);
}

/**
 * smoke_files - many openers, a second one, clients killed with a flip pending
 * @s: the run; its device is closed and opened again
 */
void smoke_files(struct smoke *s)
{
	second_opener(s);
	many_opens(s);
	kms_close(&s->kms);
	killed_clients(s);
	works_again(s);
}
