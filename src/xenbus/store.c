// SPDX-License-Identifier: GPL-2.0 OR MIT
/**
 * DOC: store
 *
 * Fetches the configuration from XenStore. What the strings mean is decided in
 * config.c.
 */
#include <linux/err.h>
#include <linux/ratelimit.h>
#include <linux/slab.h>

#include <xen/xenbus.h>

#include <xen/interface/io/displif.h>

#include "xdf_config.h"
#include "xdf_store.h"

/* Who may write these nodes may do so all day; all connectors fit into one burst. */
static DEFINE_RATELIMIT_STATE(store_errors, 5 * HZ, XDF_MAX_CONNECTORS + 4);

/* Like xenbus_dev_error(), in the log and in the device's error node. */
#define store_error(xdev, err, fmt, ...) do {						\
	if (__ratelimit(&store_errors))							\
		xenbus_dev_error(xdev, err, fmt, ##__VA_ARGS__);			\
} while (0)

/**
 * xdf_store_read_connector - read what XenStore says of one connector
 * @xdev: the device on the bus
 * @index: number of the connector
 * @config: filled in; width and height are 0 when they make no sense, which is
 *	said in the log
 *
 * Return: 0, also for what makes no sense, or -ENOMEM.
 */
int xdf_store_read_connector(struct xenbus_device *xdev, unsigned int index,
			     struct xdf_connector_config *config)
{
	char clean[XDF_UNIQUE_ID_LEN + 1];
	char dir[64];
	char *text;
	int ret;

	snprintf(dir, sizeof(dir), "%s/%u", xdev->nodename, index);
	memset(config, 0, sizeof(*config));

	text = xenbus_read(XBT_NIL, dir, XENDISPL_FIELD_UNIQUE_ID, NULL);
	if (!IS_ERR(text)) {
		xdf_config_unique_id(text, config->unique_id);
		kfree(text);
	}
	if (text == ERR_PTR(-ENOMEM))
		return -ENOMEM;
	text = xenbus_read(XBT_NIL, dir, XENDISPL_FIELD_RESOLUTION, NULL);
	if (text == ERR_PTR(-ENOMEM))
		return -ENOMEM;
	if (IS_ERR(text)) {
		store_error(xdev, PTR_ERR(text),
			    "%s/" XENDISPL_FIELD_RESOLUTION " is missing: set it to WIDTHxHEIGHT",
			    dir);
		return 0;
	}
	ret = xdf_config_resolution(text, &config->width, &config->height);
	xdf_config_unique_id(text, clean);
	if (ret)
		store_error(xdev, ret, "%s/" XENDISPL_FIELD_RESOLUTION
			    " is \"%.32s\": set it to WIDTHxHEIGHT, each 1 to %u",
			    dir, clean, XDF_MAX_SIZE);
	kfree(text);
	return 0;
}

/* A number, @otherwise when there is none; or -ENOMEM, which must not be taken for that. */
static int read_number(const char *path, const char *node, int otherwise)
{
	unsigned int value;
	int ret = xenbus_scanf(XBT_NIL, path, node, "%u", &value);

	if (ret == -ENOMEM)
		return ret;
	return ret == 1 && value <= INT_MAX ? value : otherwise;
}

/**
 * xdf_store_state - read the state of one end of a device
 * @path: of the end
 *
 * Return: its state, XenbusStateUnknown when there is none or none that makes sense, or
 * -ENOMEM.
 */
int xdf_store_state(const char *path)
{
	int state = read_number(path, "state", XenbusStateUnknown);

	return state <= XenbusStateReconfigured ? state : XenbusStateUnknown;
}

/**
 * xdf_store_gone - has the toolstack taken the device, or has the backend's end vanished?
 * @path: of the backend
 * @be: its state
 *
 * Return: 0, 1 or -ENOMEM.
 */
int xdf_store_gone(const char *path, enum xenbus_state be)
{
	int online;

	if (be != XenbusStateClosing && be != XenbusStateClosed && be != XenbusStateUnknown)
		return 0;
	online = read_number(path, "online", be != XenbusStateUnknown);
	return online < 0 ? online : !online;
}

/* 0, 1 or -ENOMEM. Nonsense means no: buffers of our own always work. */
static int read_be_alloc(struct xenbus_device *xdev)
{
	char *text = xenbus_read(XBT_NIL, xdev->nodename, XENDISPL_FIELD_BE_ALLOC, NULL);
	char clean[XDF_UNIQUE_ID_LEN + 1];
	int ret;

	if (IS_ERR(text))
		return text == ERR_PTR(-ENOMEM) ? -ENOMEM : 0;
	ret = xdf_config_be_alloc(text);
	xdf_config_unique_id(text, clean);
	if (ret < 0)
		store_error(xdev, ret, "%s/" XENDISPL_FIELD_BE_ALLOC
			    " is \"%.32s\": set it to 0 or 1; taken for 0", xdev->nodename,
			    clean);
	kfree(text);
	return ret > 0;
}

/**
 * xdf_store_read - read all that XenStore says of a device
 * @xdev: the device on the bus
 * @config: filled in
 *
 * What is wrong is said in the log and in the device's error node, with the name
 * of the node and what belongs there.
 *
 * Return: 0, -ENOENT when no connector can be used, -E2BIG when there are more
 * than 16, -EPROTONOSUPPORT when the backend speaks none of our versions, or
 * -ENOMEM, which must not be taken for a node that is not there.
 */
int xdf_store_read(struct xenbus_device *xdev, struct xdf_config *config)
{
	char clean[XDF_UNIQUE_ID_LEN + 1];
	unsigned int i, usable = 0;
	char *text, *versions;
	char name[12];
	int ret;

	for (i = 0; i <= XDF_MAX_CONNECTORS; i++) {
		snprintf(name, sizeof(name), "%u", i);
		text = xenbus_read(XBT_NIL, xdev->nodename, name, NULL);
		if (text == ERR_PTR(-ENOMEM))
			return -ENOMEM;
		if (IS_ERR(text))
			break;
		kfree(text);
		if (i == XDF_MAX_CONNECTORS) {
			/* Backends want the rings of all, or go deaf. */
			store_error(xdev, -E2BIG, "more than %u connectors: give the device fewer",
				    XDF_MAX_CONNECTORS);
			return -E2BIG;
		}
		ret = xdf_store_read_connector(xdev, i, &config->connector[i]);
		if (ret)
			return ret;
		usable += !!config->connector[i].width;
	}
	config->num_connectors = i;
	if (!usable) {
		store_error(xdev, -ENOENT,
			    "no usable connector under %s: give the guest vdispl=[ 'connectors=ID:WIDTHxHEIGHT' ]",
			    xdev->nodename);
		return -ENOENT;
	}

	ret = read_be_alloc(xdev);
	if (ret < 0)
		return ret;
	config->be_alloc = ret;

	versions = xenbus_read(XBT_NIL, xdev->otherend, XENDISPL_FIELD_BE_VERSIONS, NULL);
	if (versions == ERR_PTR(-ENOMEM))
		return -ENOMEM;
	ret = xdf_config_version(IS_ERR(versions) ? NULL : versions);
	xdf_config_unique_id(IS_ERR(versions) ? NULL : versions, clean);
	if (ret < 0)
		store_error(xdev, ret,
			    "the backend speaks protocol versions \"%s\", we speak 1 to %u",
			    clean, XDF_PROTOCOL_VERSION);
	if (!IS_ERR(versions))
		kfree(versions);
	config->version = ret;
	return ret < 0 ? ret : 0;
}
