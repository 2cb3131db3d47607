// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-client bench-*: what flips, buffers and other calls cost. Nothing is
 * checked but that it works: the other commands check.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench.h"
#include "client.h"

#define EVENT_MS	20000
#define RUN_SECONDS	120
#define WARM_UP		20

/* A connector with two framebuffers in turn. */
struct runner {
	struct kms_pipe *pipe;
	struct kms_buf bufs[2];
	uint64_t sent;		/* when the flip was asked for */
	unsigned int done;
};

struct flips {
	struct kms k;
	struct kms_pipe pipes[KMS_MAX_PIPES];
	struct runner run[KMS_MAX_PIPES];
	int n;
	/*
	 * Times are taken. Each reading of the clock is a call into the kernel and one
	 * from there into Xen, where its processor has no reliable counter: six of them
	 * a flip would be most of what is counted.
	 */
	bool timed;
	unsigned long flips;	/* in all */
	struct spread submit, latency;
};

static int flip_once(struct flips *fl, struct runner *r)
{
	int ret;

	if (fl->timed)
		r->sent = now_us();
	ret = kms_flip(r->pipe, &r->bufs[(r->done + 1) % 2], r - fl->run);
	if (ret)
		return rep_fail("flip", ret, "%s", r->pipe->con->name);
	if (fl->timed)
		spread_add(&fl->submit, r->sent);
	return 0;
}

/* One event is taken; the connector it is of, or NULL. */
static struct runner *take_flip(struct flips *fl)
{
	struct kms_event ev;
	struct runner *r;
	int ret = kms_event(&fl->k, fl->timed ? EVENT_MS : -1, &ev);

	if (ret <= 0) {
		rep_fail("event", ret ? ret : -ETIMEDOUT, NULL);
		return NULL;
	}
	if (ev.user_data >= (uint64_t)fl->n) {
		rep_fail("event", 0, "of something else");
		return NULL;
	}
	r = &fl->run[ev.user_data];
	if (fl->timed)
		spread_add(&fl->latency, r->sent);
	fl->flips++;
	r->done++;
	return r;
}

/* So many flips on each connector, each as soon as the one before is shown. */
static int flip_run(struct flips *fl, unsigned int count)
{
	unsigned int left = count * fl->n;
	struct runner *r;
	int i;

	for (i = 0; i < fl->n; i++) {
		fl->run[i].done = 0;
		if (flip_once(fl, &fl->run[i]))
			return XDF_FAILED;
	}
	while (left--) {
		r = take_flip(fl);
		if (!r)
			return XDF_FAILED;
		if (r->done < count && flip_once(fl, r))
			return XDF_FAILED;
	}
	return 0;
}

static int flips_start(struct client *cl, struct flips *fl, unsigned int times)
{
	struct kms_buf shown[KMS_MAX_PIPES];
	int i, j, ret;

	fl->n = client_pipes(cl, &fl->k, fl->pipes);
	if (fl->n < 0)
		return -fl->n;
	if (spread_init(&fl->submit, times * fl->n) || spread_init(&fl->latency, times * fl->n))
		return rep_fail("memory", ENOMEM, NULL);
	for (i = 0; i < fl->n; i++) {
		struct kms_pipe *p = &fl->pipes[i];

		fl->run[i].pipe = p;
		for (j = 0; j < 2; j++) {
			ret = kms_buf_create(&fl->k, p->mode.hdisplay, p->mode.vdisplay,
					     DRM_FORMAT_XRGB8888, false, &fl->run[i].bufs[j]);
			if (ret)
				return rep_fail("buffer", ret, NULL);
		}
		shown[i] = fl->run[i].bufs[0];
	}
	ret = kms_show(&fl->k, fl->pipes, shown, fl->n);
	return ret ? rep_fail("mode-set", ret, NULL) : 0;
}

static void flips_end(struct flips *fl)
{
	int i, j;

	if (fl->n < 0)
		return;
	kms_off(&fl->k, fl->pipes, fl->n);
	for (i = 0; i < fl->n; i++)
		for (j = 0; j < 2; j++)
			if (fl->run[i].bufs[j].handle)
				kms_buf_destroy(&fl->k, &fl->run[i].bufs[j]);
	spread_free(&fl->submit);
	spread_free(&fl->latency);
	kms_close(&fl->k);
}

/**
 * cmd_bench_flip - flips as fast as the backend shows them, on all connectors
 * @cl: command line
 *
 * First without a look at the clock, for rate and costs, then half as many for how long
 * each takes.
 *
 * Return: exit code.
 */
int cmd_bench_flip(struct client *cl)
{
	struct flips fl = { .timed = true };
	struct cost from = {}, to = {};
	uint64_t first;
	int ret = flips_start(cl, &fl, cl->count + WARM_UP);

	if (!ret)
		ret = flip_run(&fl, 1);
	first = now_us();
	if (!ret && cl->count > 1)
		ret = flip_run(&fl, WARM_UP);
	if (!ret) {
		/* instead of a limit for each wait */
		alarm(RUN_SECONDS);
		fl.timed = false;
		cost_now(&from);
		ret = flip_run(&fl, cl->count);
		cost_now(&to);
		alarm(0);
		fl.timed = true;
	}
	fl.submit.n = fl.latency.n = 0;
	if (!ret)
		ret = flip_run(&fl, (cl->count + 1) / 2);
	if (!ret) {
		rep_begin("bench-flip");
		rep_int("connectors", fl.n);
		rep_uint("width", fl.pipes[0].mode.hdisplay);
		rep_uint("height", fl.pipes[0].mode.vdisplay);
		rep_uint("first_us", first);
		rep_uint("flips", fl.flips);
		cost_report(&from, &to, cl->count * fl.n);
		spread_report(&fl.submit, "submit_us");
		spread_report(&fl.latency, "latency_us");
		rep_end();
	}
	flips_end(&fl);
	return ret;
}

/* Other calls while a slow backend has a flip. */
static int other_calls(struct flips *fl, struct spread *create, struct spread *get)
{
	struct drm_mode_create_dumb dumb;
	struct drm_mode_card_res res;
	uint64_t t = now_us();
	int ret = kms_dumb_create(fl->k.fd, 640, 480, 32, &dumb);

	if (ret)
		return rep_fail("create", ret, NULL);
	spread_add(create, t);
	ret = kms_dumb_destroy(fl->k.fd, dumb.handle);
	if (ret)
		return rep_fail("destroy", ret, NULL);
	memset(&res, 0, sizeof(res));
	t = now_us();
	ret = kms_ioctl(fl->k.fd, DRM_IOCTL_MODE_GETRESOURCES, &res);
	if (ret)
		return rep_fail("get-resources", ret, NULL);
	spread_add(get, t);
	return 0;
}

/* Nothing but arithmetic: when it takes longer than else, the machine was busy with others. */
static void compute(uint64_t loops)
{
	while (loops--)
		__asm__ volatile("" : "+r"(loops));
}

static void compute_once(struct spread *s, uint64_t loops)
{
	uint64_t t = now_us();

	compute(loops);
	spread_add(s, t);
}

/* So many loops of it take that long at their fastest. */
static uint64_t loops_for(uint64_t us)
{
	uint64_t loops = 1000000, best = UINT64_MAX;
	int i;

	for (i = 0; i < 5; i++) {
		uint64_t t = now_us();

		compute(loops);
		t = now_us() - t;
		if (t < best)
			best = t;
	}
	return loops * us / (best ? best : 1);
}

/**
 * cmd_bench_other - how long calls take while the backend is slow
 * @cl: command line
 *
 * Beside them a piece of arithmetic that takes as long as a flip's call: its longest
 * times are what the machine adds by itself.
 *
 * Return: exit code.
 */
int cmd_bench_other(struct client *cl)
{
	struct spread create = {}, get = {}, plain = {};
	uint64_t loops = 0;
	struct flips fl = { .timed = true };
	int ret = flips_start(cl, &fl, cl->count + WARM_UP), i;
	long n;

	if (!ret && (spread_init(&create, cl->count + WARM_UP) ||
		     spread_init(&get, cl->count + WARM_UP) || spread_init(&plain, cl->count + WARM_UP)))
		ret = rep_fail("memory", ENOMEM, NULL);
	for (n = -WARM_UP; n < cl->count && !ret; n++) {
		if (!n) {
			spread_sort(&fl.submit);
			loops = loops_for(fl.submit.v[fl.submit.n / 2]);
			fl.submit.n = create.n = get.n = plain.n = 0;
		}
		/* By turns before and after the flips: who is first after the pause has it harder. */
		if (n % 2)
			compute_once(&plain, loops);
		for (i = 0; i < fl.n && !ret; i++)
			ret = flip_once(&fl, &fl.run[i]);
		if (n % 2 == 0)
			compute_once(&plain, loops);
		if (!ret)
			ret = other_calls(&fl, &create, &get);
		for (i = 0; i < fl.n && !ret; i++)
			ret = take_flip(&fl) ? 0 : XDF_FAILED;
	}
	if (!ret) {
		rep_begin("bench-other");
		rep_int("rounds", n);
		spread_report(&fl.submit, "submit_us");
		spread_report(&create, "create_us");
		spread_report(&get, "get_us");
		spread_report(&plain, "plain_us");
		rep_end();
	}
	spread_free(&create);
	spread_free(&get);
	spread_free(&plain);
	flips_end(&fl);
	return ret;
}

/* What --mode says, else 1920x1080. */
static void bench_size(const struct client *cl, unsigned int *width, unsigned int *height)
{
	if (!cl->choice.mode || sscanf(cl->choice.mode, "%ux%u", width, height) != 2) {
		*width = 1920;
		*height = 1080;
	}
}

/**
 * cmd_bench_buffer - the life of a buffer and its framebuffer, again and again
 * @cl: command line; --mode is the size, of any connector or of none
 *
 * Return: exit code.
 */
int cmd_bench_buffer(struct client *cl)
{
	static const char *const names[] = { "create_us", "addfb_us", "rmfb_us", "destroy_us", "all_us" };
	struct spread s[ARRAY_SIZE(names)] = {};
	struct drm_mode_create_dumb dumb;
	unsigned int width, height, i;
	uint32_t fb;
	struct kms k;
	long n;
	int ret = client_open(cl, &k);

	if (ret)
		return ret;
	bench_size(cl, &width, &height);
	for (i = 0; i < ARRAY_SIZE(s); i++)
		if (spread_init(&s[i], cl->count))
			return rep_fail("memory", ENOMEM, NULL);
	for (n = 0; n < cl->count; n++) {
		uint64_t t[5];

		t[0] = now_us();
		ret = kms_dumb_create(k.fd, width, height, 32, &dumb);
		if (ret)
			return rep_fail("create", ret, "%ux%u", width, height);
		spread_add(&s[0], t[0]);
		t[1] = now_us();
		ret = kms_addfb(k.fd, width, height, DRM_FORMAT_XRGB8888, dumb.handle, dumb.pitch,
				0, &fb);
		if (ret)
			return rep_fail("addfb", ret, "%ux%u", width, height);
		spread_add(&s[1], t[1]);
		t[2] = now_us();
		ret = kms_rmfb(k.fd, fb);
		spread_add(&s[2], t[2]);
		t[3] = now_us();
		if (!ret)
			ret = kms_dumb_destroy(k.fd, dumb.handle);
		if (ret)
			return rep_fail("destroy", ret, NULL);
		spread_add(&s[3], t[3]);
		spread_add(&s[4], t[0]);
	}
	rep_begin("bench-buffer");
	rep_uint("width", width);
	rep_uint("height", height);
	rep_uint("pages", ((uint64_t)width * height * 4 + 4095) / 4096);
	for (i = 0; i < ARRAY_SIZE(s); i++) {
		spread_report(&s[i], names[i]);
		spread_free(&s[i]);
	}
	rep_end();
	kms_close(&k);
	return 0;
}

/* What the kernel has for itself, KiB. */
static uint64_t kernel_kib(void)
{
	return file_number("/proc/meminfo", "Slab:") + file_number("/proc/meminfo", "VmallocUsed:");
}

/**
 * cmd_bench_hold - buffers with framebuffers; what they take, and how long they go
 * @cl: command line: the number; --mode is the size; --map: without framebuffers
 *
 * With --hold-stdin it says "ready" and waits for a line before they go.
 *
 * Return: exit code.
 */
int cmd_bench_hold(struct client *cl)
{
	struct drm_mode_create_dumb *dumb = calloc(cl->count, sizeof(*dumb));
	uint32_t *fb = calloc(cl->count, sizeof(*fb));
	struct spread gone = {};
	unsigned int width, height;
	uint64_t t, kernel, kernel2;
	struct kms k;
	long n, made = 0;
	int ret = client_open(cl, &k), err = 0;

	if (ret)
		return ret;
	if (!dumb || !fb || spread_init(&gone, cl->count))
		return rep_fail("memory", ENOMEM, NULL);
	bench_size(cl, &width, &height);
	kernel = kernel_kib();
	t = now_us();
	for (; made < cl->count; made++) {
		err = kms_dumb_create(k.fd, width, height, 32, &dumb[made]);
		if (err)
			break;
		if (cl->map)
			continue;
		err = kms_addfb(k.fd, width, height, DRM_FORMAT_XRGB8888, dumb[made].handle,
				dumb[made].pitch, 0, &fb[made]);
		if (!err)
			continue;
		kms_dumb_destroy(k.fd, dumb[made].handle);
		break;
	}
	kernel2 = kernel_kib();
	rep_begin("bench-held");
	rep_int("buffers", made);
	rep_errno("errno", err);
	rep_uint("us", now_us() - t);
	rep_int("kernel_kib", (int64_t)(kernel2 - kernel));
	rep_end();
	if (cl->hold_stdin)
		client_step(cl, "ready");
	t = now_us();
	for (n = 0; n < made; n++) {
		uint64_t t1 = now_us();

		if (fb[n])
			kms_rmfb(k.fd, fb[n]);
		kms_dumb_destroy(k.fd, dumb[n].handle);
		spread_add(&gone, t1);
	}
	rep_begin("bench-gone");
	rep_int("buffers", made);
	rep_uint("width", width);
	rep_uint("height", height);
	rep_uint("us", now_us() - t);
	spread_report(&gone, "each_us");
	rep_end();
	spread_free(&gone);
	free(dumb);
	free(fb);
	kms_close(&k);
	return 0;
}

/* Write all of it so many times. */
static uint64_t fill_us(uint8_t *map, size_t size, long times)
{
	uint64_t t = now_us();
	long n;

	for (n = 0; n < times; n++) {
		memset(map, n, size);
		/* The compiler must not drop what nobody reads. */
		__asm__ volatile("" : : "r"(map) : "memory");
	}
	return now_us() - t;
}

/**
 * cmd_bench_map - map a buffer, touch it, write it, beside plain memory
 * @cl: command line: how often it is written; --mode is the size
 *
 * Return: exit code.
 */
int cmd_bench_map(struct client *cl)
{
	unsigned int width, height;
	struct drm_mode_create_dumb dumb;
	uint64_t offset, t, touch, plain_touch, write, plain;
	struct rusage before, after;
	uint8_t *map, *mem;
	struct kms k;
	int ret = client_open(cl, &k);

	if (ret)
		return ret;
	bench_size(cl, &width, &height);
	ret = kms_dumb_create(k.fd, width, height, 32, &dumb);
	if (ret)
		return rep_fail("create", ret, NULL);
	ret = kms_dumb_map(k.fd, dumb.handle, &offset);
	if (ret)
		return rep_fail("map", ret, NULL);
	getrusage(RUSAGE_SELF, &before);
	t = now_us();
	map = mmap(NULL, dumb.size, PROT_READ | PROT_WRITE, MAP_SHARED, k.fd, offset);
	if (map == MAP_FAILED)
		return rep_fail("mmap", errno, NULL);
	for (offset = 0; offset < dumb.size; offset += 4096)
		((volatile uint8_t *)map)[offset] = 1;
	touch = now_us() - t;
	getrusage(RUSAGE_SELF, &after);
	t = now_us();
	mem = mmap(NULL, dumb.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (mem == MAP_FAILED)
		return rep_fail("mmap", errno, NULL);
	for (offset = 0; offset < dumb.size; offset += 4096)
		((volatile uint8_t *)mem)[offset] = 1;
	plain_touch = now_us() - t;
	/* By turns, so that a busy machine is busy for both. */
	write = plain = 0;
	for (t = 0; t < 4; t++) {
		plain += fill_us(mem, dumb.size, cl->count);
		write += fill_us(map, dumb.size, cl->count);
	}
	rep_begin("bench-map");
	rep_uint("width", width);
	rep_uint("height", height);
	rep_uint("touch_us", touch);
	rep_uint("faults", after.ru_minflt - before.ru_minflt);
	rep_uint("plain_touch_us", plain_touch);
	rep_real("write_mib_s", dumb.size * 4.0 * cl->count / 1.048576 / (write ? write : 1));
	rep_real("plain_mib_s", dumb.size * 4.0 * cl->count / 1.048576 / (plain ? plain : 1));
	rep_end();
	munmap(mem, dumb.size);
	munmap(map, dumb.size);
	kms_dumb_destroy(k.fd, dumb.handle);
	kms_close(&k);
	return 0;
}
