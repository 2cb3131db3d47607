// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-pong DOMID PORT: answer the notifications of another domain's event channel,
 * each at once, as the reference backend does with its requests, until nothing has
 * come for five seconds. Runs in domain 0.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <xenevtchn.h>

#define SILENCE_MS 5000

int main(int argc, char **argv)
{
	xenevtchn_port_or_error_t port, fired;
	xenevtchn_handle *x;
	struct pollfd p;

	if (argc != 3) {
		fprintf(stderr, "usage: xdf-pong DOMID PORT\n");
		return 2;
	}
	x = xenevtchn_open(NULL, 0);
	if (!x) {
		perror("xdf-pong: /dev/xen/evtchn");
		return 1;
	}
	port = xenevtchn_bind_interdomain(x, atoi(argv[1]), atoi(argv[2]));
	if (port < 0) {
		perror("xdf-pong: bind");
		return 1;
	}
	puts("bound");
	fflush(stdout);
	p = (struct pollfd){ .fd = xenevtchn_fd(x), .events = POLLIN };
	while (poll(&p, 1, SILENCE_MS) == 1) {
		fired = xenevtchn_pending(x);
		if (fired < 0 || xenevtchn_unmask(x, fired) || xenevtchn_notify(x, port)) {
			perror("xdf-pong");
			return 1;
		}
	}
	xenevtchn_close(x);
	return 0;
}
