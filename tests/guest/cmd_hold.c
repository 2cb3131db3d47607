// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client hold-open: keep the device in use while the bench takes it away. */

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client.h"

#define FLIP_TIMEOUT_MS	5000

struct held {
	struct kms kms;
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct kms_buf bufs[2][KMS_MAX_PIPES];
	int n;
	uint32_t number;
	uint64_t cookies;
};

static sigjmp_buf escape;
static volatile sig_atomic_t armed;

static void on_sigbus(int sig)
{
	(void)sig;
	if (armed)
		siglongjmp(escape, 1);
	_exit(128 + SIGBUS);
}

/* Write and read a byte in each page; false if that gave SIGBUS. */
static bool touch_map(volatile uint8_t *map, size_t size, uint8_t value, size_t *bad)
{
	volatile size_t at = 0;

	if (sigsetjmp(escape, 1)) {
		armed = 0;
		return false;
	}
	armed = 1;
	*bad = 0;
	for (at = 0; at < size; at += 4096) {
		map[at] = value;
		if (map[at] != value)
			++*bad;
	}
	armed = 0;
	return true;
}

static void do_touch(struct held *h)
{
	int i, j;

	for (i = 0; i < h->n; i++)
		for (j = 0; j < 2; j++) {
			struct kms_buf *b = &h->bufs[j][i];
			size_t bad = 0;
			bool ok;

			if (!b->map)
				continue;
			ok = touch_map(b->map, b->size, 0x5a + h->number++, &bad);
			rep_begin("touch");
			rep_str("connector", h->pipes[i].con->name);
			rep_int("buffer", j);
			rep_bool("sigbus", !ok);
			rep_uint("bad_pages", bad);
			rep_end();
			if (bad)
				rep_fail("touch", 0, "%zu pages did not keep a byte", bad);
		}
}

static void do_flip(struct held *h)
{
	int i, ret, want = 0;

	h->number++;
	for (i = 0; i < h->n; i++) {
		ret = kms_flip(&h->pipes[i], &h->bufs[h->number & 1][i], ++h->cookies);
		if (!ret)
			want++;
		rep_begin("flip");
		rep_str("connector", h->pipes[i].con->name);
		rep_errno("errno", ret);
		rep_end();
	}
	for (; want; want--) {
		struct kms_event ev;
		uint64_t t = now_us();

		ret = kms_event(&h->kms, FLIP_TIMEOUT_MS, &ev);
		rep_begin("event");
		rep_errno("errno", ret < 0 ? ret : ret ? 0 : ETIMEDOUT);
		if (ret == 1) {
			rep_uint("crtc", ev.crtc_id);
			rep_uint("sequence", ev.sequence);
		}
		rep_real("ms", (now_us() - t) / 1000.0);
		rep_end();
		if (ret <= 0)
			break;
	}
}

static void do_ioctl(struct held *h)
{
	struct drm_mode_card_res res = { 0 };
	struct drm_mode_create_dumb d;
	struct drm_version v = { 0 };
	uint64_t offset;
	uint32_t fb;
	int ret;

	rep_begin("ioctl");
	rep_errno("version", kms_ioctl(h->kms.fd, DRM_IOCTL_VERSION, &v));
	rep_errno("getresources", kms_ioctl(h->kms.fd, DRM_IOCTL_MODE_GETRESOURCES, &res));
	ret = kms_dumb_create(h->kms.fd, 64, 64, 32, &d);
	rep_errno("create_dumb", ret);
	if (!ret)
		kms_dumb_destroy(h->kms.fd, d.handle);
	rep_errno("map_dumb", kms_dumb_map(h->kms.fd, h->bufs[0][0].handle, &offset));
	ret = kms_addfb(h->kms.fd, h->bufs[0][0].width, h->bufs[0][0].height, DRM_FORMAT_XRGB8888,
			h->bufs[0][0].handle, h->bufs[0][0].pitch, 0, &fb);
	rep_errno("addfb2", ret);
	if (!ret)
		kms_rmfb(h->kms.fd, fb);
	rep_errno("modeset", kms_show(&h->kms, h->pipes, h->bufs[h->number & 1], h->n));
	rep_end();
}

static void do_mmap(struct held *h)
{
	struct kms_buf *b = &h->bufs[0][0];
	uint64_t offset = 0;
	size_t bad = 0;
	bool fine = false;
	void *map = MAP_FAILED;
	int ret = kms_dumb_map(h->kms.fd, b->handle, &offset);

	if (!ret) {
		map = mmap(NULL, b->size, PROT_READ | PROT_WRITE, MAP_SHARED, h->kms.fd, offset);
		ret = map == MAP_FAILED ? -errno : 0;
	}
	if (!ret) {
		fine = touch_map(map, b->size, 0x33, &bad);
		munmap(map, b->size);
	}
	rep_begin("mmap");
	rep_errno("errno", ret);
	if (!ret)
		rep_bool("sigbus", !fine);
	rep_end();
}

/*
 * A named pipe gives end-of-file each time its writer closes it.  Hold it open
 * ourselves, so that the bench may "echo touch > pipe" as often as it likes.
 */
static void keep_fifo_open(void)
{
	char link[64];
	struct stat st;
	ssize_t n;
	int fd;

	if (fstat(STDIN_FILENO, &st) || !S_ISFIFO(st.st_mode))
		return;
	n = readlink("/proc/self/fd/0", link, sizeof(link) - 1);
	if (n <= 0 || !strncmp(link, "pipe:", 5))
		return;
	fd = open("/proc/self/fd/0", O_RDWR);
	if (fd >= 0) {
		dup2(fd, STDIN_FILENO);
		close(fd);
	}
}

static int setup(struct client *cl, struct held *h)
{
	int i, j, ret;

	for (i = 0; i < h->n; i++)
		for (j = 0; j < 2; j++) {
			struct kms_pipe *p = &h->pipes[i];
			struct kms_buf *b = &h->bufs[j][i];
			struct frame f = {
				.width = p->mode.hdisplay, .height = p->mode.vdisplay,
				.pipe = p->index, .buffer = j,
			};

			ret = kms_buf_create(&h->kms, f.width, f.height, DRM_FORMAT_XRGB8888, true,
					     b);
			if (!ret)
				ret = paint_frame(&f, b, 0, f.height);
			if (ret)
				return rep_fail("buffer", ret, "%s", p->con->name);
			if (!cl->map) {
				munmap(b->map, b->size);
				b->map = NULL;
			}
		}
	ret = kms_show(&h->kms, h->pipes, h->bufs[0], h->n);
	return ret ? rep_fail("modeset", ret, NULL) : 0;
}

/**
 * cmd_hold_open - hold the device, do what stdin says
 * @cl: command line
 *
 * What fails after the device is gone is reported, not counted: the bench knows
 * what to expect when.
 *
 * Return: exit code.
 */
int cmd_hold_open(struct client *cl)
{
	static struct held h;
	struct sigaction sa = { .sa_handler = on_sigbus };
	char *line = NULL;
	size_t room = 0;
	int ret;

	h.n = client_pipes(cl, &h.kms, h.pipes);
	if (h.n < 0)
		return -h.n;
	sigaction(SIGBUS, &sa, NULL);
	ret = setup(cl, &h);
	if (ret) {
		kms_close(&h.kms);
		return ret;
	}
	rep_begin("ready");
	rep_int("pid", getpid());
	rep_int("connectors", h.n);
	rep_bool("map", cl->map);
	rep_end();

	keep_fifo_open();
	while (getline(&line, &room, stdin) > 0) {
		line[strcspn(line, "\r\n")] = 0;
		if (!strcmp(line, "touch"))
			do_touch(&h);
		else if (!strcmp(line, "flip"))
			do_flip(&h);
		else if (!strcmp(line, "ioctl"))
			do_ioctl(&h);
		else if (!strcmp(line, "mmap"))
			do_mmap(&h);
		else if (!strcmp(line, "exit"))
			break;
		else if (*line)
			rep_fail("command", EINVAL, "%s", line);
		rep_begin("done");
		rep_str("command", line);
		rep_end();
	}
	free(line);
	kms_close(&h.kms);
	rep_begin("exit");
	rep_end();
	return XDF_OK;
}
