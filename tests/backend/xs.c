// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * XenStore. States are written in a transaction that makes sure that the
 * device's directory is still there (a bare write would bring a removed one
 * back) and that nobody else changed the state meanwhile.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend.h"
#include "parse.h"

/* a transaction that others disturb this often is not worth another try */
#define MAX_TRIES 1000

#define TOKEN_BACKEND "be"
#define TOKEN_DOMAINS "dom"

/**
 * xs_get() - read a node
 * @t: transaction or XBT_NULL
 * @dir: directory
 * @node: name in it
 *
 * Return: the text, to be freed; NULL if it is not there.
 */
char *xs_get(xs_transaction_t t, const char *dir, const char *node)
{
	unsigned int len;
	char *path, *text;

	if (asprintf(&path, "%s/%s", dir, node) < 0)
		return NULL;
	text = xs_read(be.xs, t, path, &len);
	free(path);
	return text;
}

/**
 * xs_get_u32() - read a number
 * @dir: directory
 * @node: name in it
 * @value: the number, untouched on failure
 *
 * Return: false if it is not there or is no number.
 */
bool xs_get_u32(const char *dir, const char *node, uint32_t *value)
{
	char *text = xs_get(XBT_NULL, dir, node);
	bool ok = parse_u32(text, value);

	free(text);
	return ok;
}

/**
 * xs_exists() - is there such a node
 * @dir: directory
 * @node: name in it
 *
 * Return: true if there is.
 */
bool xs_exists(const char *dir, const char *node)
{
	char *text = xs_get(XBT_NULL, dir, node);

	free(text);
	return text;
}

/**
 * xs_remove() - remove a node if it is there
 * @dir: directory
 * @node: name in it
 */
void xs_remove(const char *dir, const char *node)
{
	char *path;

	if (asprintf(&path, "%s/%s", dir, node) < 0)
		return;
	xs_rm(be.xs, XBT_NULL, path);
	free(path);
}

static int try_put(const char *dir, const char *guard, int expect, const char *path,
		   const char *value)
{
	xs_transaction_t t = xs_transaction_start(be.xs);
	uint32_t now;
	char *text;
	int ret = 0;

	if (t == XBT_NULL)
		return -errno;
	text = xs_get(t, dir, guard);
	if (!text)
		ret = errno == ENOENT ? -ENOENT : -errno;
	else if (expect >= 0 && (!parse_u32(text, &now) || now != (uint32_t)expect))
		ret = -EBUSY;
	else if (!xs_write(be.xs, t, path, value, (unsigned int)strlen(value)))
		ret = -errno;
	free(text);
	if (!xs_transaction_end(be.xs, t, ret != 0) && !ret)
		ret = -errno;
	return ret;
}

/**
 * xs_put_guarded() - write a node if another one is as expected
 * @dir: directory of both
 * @guard: this node must exist ...
 * @expect: ... and hold this number, unless negative
 * @node: node to write
 * @value: its text
 *
 * Return: 0; -ENOENT if @guard is not there; -EBUSY if it holds something
 * else; another -errno if XenStore refuses.
 */
int xs_put_guarded(const char *dir, const char *guard, int expect, const char *node,
		   const char *value)
{
	unsigned int i;
	char *path;
	int ret = -EAGAIN;

	if (asprintf(&path, "%s/%s", dir, node) < 0)
		return -ENOMEM;
	for (i = 0; i < MAX_TRIES && (ret == -EAGAIN || ret == -EINTR); i++)
		ret = try_put(dir, guard, expect, path, value);
	free(path);
	return ret;
}

static char *frontend_watch(const struct device *dev, char **path)
{
	char *token;

	if (asprintf(path, "%s/state", dev->fe_path) < 0)
		return NULL;
	if (asprintf(&token, "fe/%u/%u", dev->domid, dev->devid) < 0) {
		free(*path);
		return NULL;
	}
	return token;
}

/**
 * xs_watch_frontend() - watch the frontend's state
 * @dev: device
 *
 * Return: false if that does not work.
 */
bool xs_watch_frontend(struct device *dev)
{
	char *path, *token = frontend_watch(dev, &path);
	bool ok;

	if (!token)
		return false;
	ok = xs_watch(be.xs, path, token) || errno == EEXIST;
	free(token);
	free(path);
	return ok;
}

/**
 * xs_unwatch_frontend() - watch it no longer
 * @dev: device
 */
void xs_unwatch_frontend(struct device *dev)
{
	char *path, *token = frontend_watch(dev, &path);

	if (!token)
		return;
	xs_unwatch(be.xs, path, token);
	free(token);
	free(path);
}

/* "<a>/<b>" or "<a>/<b>/..." */
static bool two_numbers(const char *s, uint32_t *a, uint32_t *b)
{
	char first[12], second[12];
	size_t n = strcspn(s, "/"), m;

	if (!s[n] || n >= sizeof(first))
		return false;
	memcpy(first, s, n);
	first[n] = '\0';
	m = strcspn(s + n + 1, "/");
	if (m >= sizeof(second))
		return false;
	memcpy(second, s + n + 1, m);
	second[m] = '\0';
	return parse_u32(first, a) && parse_u32(second, b);
}

static void on_watch(const char *path, const char *token)
{
	size_t n = strlen(be.root);
	uint32_t domid, devid;

	if (!strcmp(token, TOKEN_DOMAINS)) {
		devices_check_domains();
	} else if (!strncmp(token, "fe/", 3)) {
		if (two_numbers(token + 3, &domid, &devid))
			device_poke(domid, devid);
	} else if (!strncmp(path, be.root, n) && path[n] == '/' &&
		   two_numbers(path + n + 1, &domid, &devid)) {
		device_poke(domid, devid);
	} else {
		/* a whole guest came or went */
		devices_scan();
	}
}

static void on_xenstore(void *ctx, short revents)
{
	char **event;

	(void)ctx;
	while ((event = xs_check_watch(be.xs))) {
		on_watch(event[XS_WATCH_PATH], event[XS_WATCH_TOKEN]);
		free(event);
	}
	if (errno != EAGAIN || (revents & (POLLERR | POLLNVAL))) {
		bug(NULL, "the connection to xenstored is lost: %s", strerror(errno));
		be.quit = 2;
	}
}

/**
 * xs_start() - connect, find out who we are, watch
 *
 * Return: false if that does not work; errno says why.
 */
bool xs_start(void)
{
	unsigned int len;
	char *text;

	be.xs = xs_open(XS_UNWATCH_FILTER);
	if (!be.xs)
		return false;
	text = xs_read(be.xs, XBT_NULL, "domid", &len);
	if (!parse_u32(text, &be.domid))
		be.domid = 0;
	free(text);
	if (asprintf(&be.root, "/local/domain/%u/backend/vdispl", be.domid) < 0)
		return false;
	if (!xs_watch(be.xs, be.root, TOKEN_BACKEND) ||
	    !xs_watch(be.xs, "@releaseDomain", TOKEN_DOMAINS))
		return false;
	return loop_add(xs_fileno(be.xs), POLLIN, on_xenstore, NULL);
}

/**
 * xs_stop() - disconnect
 */
void xs_stop(void)
{
	if (be.xs) {
		loop_del(xs_fileno(be.xs));
		xs_close(be.xs);
	}
	be.xs = NULL;
	free(be.root);
	be.root = NULL;
}
