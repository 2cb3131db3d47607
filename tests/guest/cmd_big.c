// SPDX-License-Identifier: GPL-2.0 OR MIT
/* xdf-client big: buffers that no memory can hold are refused at once. */

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client.h"

#define PITCH		4096u		/* of a row of 1024 pixels */
#define SETTLE_MS	10000
#define SLACK_KIB	(16 * 1024)

/* A line of /proc/meminfo in KiB, or of /proc/vmstat; all that begin with @key. */
static uint64_t proc_sum(const char *path, const char *key)
{
	unsigned long long value;
	uint64_t sum = 0;
	char line[128], name[64];
	FILE *f = fopen(path, "re");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "%63s %llu", name, &value) == 2 && !strncmp(name, key, strlen(key)))
			sum += value;
	if (f)
		fclose(f);
	return sum;
}

static uint64_t available_kib(void)
{
	return proc_sum("/proc/meminfo", "MemAvailable:");
}

/* All that was ever taken from the page allocator. */
static uint64_t taken_kib(void)
{
	return proc_sum("/proc/vmstat", "pgalloc_") * (sysconf(_SC_PAGESIZE) / 1024);
}

/* Pages that are given back late, from lists of each CPU, get some time. */
static uint64_t settled(uint64_t want)
{
	uint64_t end = now_us() + SETTLE_MS * 1000ull, kib;

	while ((kib = available_kib()) + SLACK_KIB < want && now_us() < end)
		poll(NULL, 0, 20);
	return kib;
}

static int try_size(struct kms *k, const char *what, uint64_t bytes)
{
	uint64_t before = available_kib(), taken = taken_kib(), after;
	uint32_t rows = bytes / PITCH;
	struct drm_mode_create_dumb d;
	int ret = kms_dumb_create(k->fd, PITCH / 4, rows, 32, &d);

	taken = taken_kib() - taken;
	if (!ret)
		kms_dumb_destroy(k->fd, d.handle);
	after = settled(before);
	rep_begin("big");
	rep_str("what", what);
	rep_uint("mib", bytes >> 20);
	rep_errno("errno", ret);
	rep_uint("available_kib", before);
	rep_uint("available_after_kib", after);
	rep_uint("taken_kib", taken);
	rep_end();
	if (ret != -ENOMEM && ret != -ENOSPC)
		return rep_fail("big", ret, "%s: ENOMEM or ENOSPC expected", what);
	if (after + SLACK_KIB < before)
		return rep_fail("big", 0, "%s: %llu KiB are not back", what,
				(unsigned long long)(before - after));
	/* at once: it was not tried until nothing was left */
	if (taken > bytes / 1024 / 10)
		return rep_fail("big", 0, "%s: %llu KiB were taken before it was refused", what,
				(unsigned long long)taken);
	return 0;
}

static int big(struct client *cl)
{
	struct drm_mode_create_dumb d;
	uint64_t total, available;
	struct kms k;
	int ret = client_open(cl, &k);

	if (ret)
		return ret;
	total = proc_sum("/proc/meminfo", "MemTotal:") * 1024;
	available = available_kib() * 1024;
	ret = try_size(&k, "4 GiB - 1", 0xffffffff);
	if (!ret)
		ret = try_size(&k, "twice the memory", total * 2 < 0xffffffff ? total * 2 : 0xffffffff);
	if (available > total / 10 * 9 || total > 0x100000000ull)
		rep_skip("90% of the memory", "that much is available");
	else if (!ret)
		ret = try_size(&k, "90% of the memory", total / 10 * 9);
	if (available > 1ull << 30)
		rep_skip("1 GiB", "that much is available");
	else if (!ret)
		ret = try_size(&k, "1 GiB", 1ull << 30);
	/* what is possible still is */
	if (!ret) {
		ret = kms_dumb_create(k.fd, 640, 480, 32, &d);
		if (ret)
			ret = rep_fail("big", ret, "640x480 after that");
	}
	kms_close(&k);
	return ret;
}

/**
 * cmd_big - ask for more than there is
 * @cl: command line
 *
 * Others must not suffer for it, which is why a child asks, and offers itself to
 * the kernel if it has to kill.
 *
 * Return: exit code.
 */
int cmd_big(struct client *cl)
{
	int status = client_child(cl, big);

	if (WIFSIGNALED(status))
		return rep_fail("killed", 0, "signal %d: out of memory, and no error before that",
				WTERMSIG(status));
	return WEXITSTATUS(status);
}
