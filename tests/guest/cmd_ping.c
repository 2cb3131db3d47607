// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-client ping: event channel round trips to another domain without any
 * driver in between but /dev/xen/evtchn: the limit for flips.
 */

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/ioctl.h>

/* which linux/uapi names and does not define */
typedef uint16_t domid_t;
#include <xen/evtchn.h>

#include "bench.h"
#include "client.h"

#define ANSWER_MS	10000
#define WARM_UP		20

static int ping(int fd, unsigned int port)
{
	struct ioctl_evtchn_notify notify = { .port = port };
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint32_t fired;

	if (ioctl(fd, IOCTL_EVTCHN_NOTIFY, &notify))
		return -errno;
	if (poll(&p, 1, ANSWER_MS) != 1)
		return -ETIMEDOUT;
	if (read(fd, &fired, sizeof(fired)) != sizeof(fired))
		return -EIO;
	if (write(fd, &fired, sizeof(fired)) != sizeof(fired))
		return -EIO;
	return 0;
}

/**
 * cmd_ping - so many round trips
 * @cl: command line
 *
 * Says the port, and waits for a line on standard input: domain 0's end is bound
 * by then.
 *
 * Return: exit code.
 */
int cmd_ping(struct client *cl)
{
	struct ioctl_evtchn_bind_unbound_port bind = { .remote_domain = 0 };
	struct spread trip = {};
	struct cost from, to;
	char line[16];
	int fd, port, ret = 0;
	long n;

	fd = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return rep_fail("open", errno, "/dev/xen/evtchn");
	port = ioctl(fd, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &bind);
	if (port < 0)
		return rep_fail("bind", errno, NULL);
	rep_begin("port");
	rep_int("port", port);
	rep_end();
	if (read(STDIN_FILENO, line, sizeof(line)) <= 0 || spread_init(&trip, cl->count))
		return rep_fail("start", EIO, NULL);
	for (n = 0; n < WARM_UP && !ret; n++)
		ret = ping(fd, port);
	cost_now(&from);
	for (n = 0; n < cl->count && !ret; n++) {
		uint64_t t = now_us();

		ret = ping(fd, port);
		spread_add(&trip, t);
	}
	cost_now(&to);
	close(fd);
	if (ret)
		return rep_fail("ping", ret, "round %ld", n);
	rep_begin("ping");
	cost_report(&from, &to, cl->count);
	spread_report(&trip, "trip_us");
	rep_end();
	spread_free(&trip);
	return 0;
}
