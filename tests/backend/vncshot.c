// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-vncshot ADDRESS:PORT [PASSWORD]: what a VNC server shows, as a line of JSON
 * with size and hash, the hash that xdf-backend computes of a picture. For tests.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rfb/rfbclient.h>

#include "picture.h"

/* no more data for so long: the picture is whole */
#define QUIET_US 500000
#define FIRST_US 10000000
/* a picture that never rests */
#define LIMIT_NS (10 * NSEC_PER_SEC)

static char *password;

static char *give_password(rfbClient *cl)
{
	(void)cl;
	return strdup(password ? password : "");
}

int main(int argc, char **argv)
{
	struct picture p = { .fmt = pixfmt_by_name("XRGB8888", 8) };
	char address[64];
	char *colon;
	rfbClient *cl;
	uint64_t end;
	int n;

	if (argc < 2 || argc > 3 || !(colon = strrchr(argv[1], ':')) ||
	    (size_t)(colon - argv[1]) >= sizeof(address)) {
		fprintf(stderr, "usage: xdf-vncshot ADDRESS:PORT [PASSWORD]\n");
		return 2;
	}
	memcpy(address, argv[1], colon - argv[1]);
	address[colon - argv[1]] = '\0';
	password = argc == 3 ? argv[2] : NULL;
	rfbEnableClientLogging = FALSE;
	cl = rfbGetClient(8, 3, 4);
	if (!cl)
		return 1;
	cl->format.redShift = 16;
	cl->format.greenShift = 8;
	cl->format.blueShift = 0;
	cl->appData.encodingsString = "zrle raw";
	cl->canHandleNewFBSize = TRUE;
	cl->GetPassword = give_password;
	free(cl->serverHost);
	cl->serverHost = strdup(address);
	cl->serverPort = atoi(colon + 1);
	if (!rfbInitClient(cl, NULL, NULL)) {
		fprintf(stderr, "xdf-vncshot: %s: no VNC server, or another password\n", argv[1]);
		return 1;
	}
	/* a first, black picture may come before the one that is copied because of us */
	end = clock_ns() + LIMIT_NS;
	n = WaitForMessage(cl, FIRST_US);
	while (n > 0 && clock_ns() < end && HandleRFBServerMessage(cl))
		n = WaitForMessage(cl, QUIET_US);
	if (n < 0) {
		fprintf(stderr, "xdf-vncshot: the server ended the connection\n");
		return 1;
	}
	p.width = (uint32_t)cl->width;
	p.height = (uint32_t)cl->height;
	p.data = cl->frameBuffer;
	printf("{\"t\":\"vncshot\",\"width\":%u,\"height\":%u,\"hash\":\"%016llx\"}\n", p.width, p.height,
	       (unsigned long long)picture_hash(&p));
	rfbClientCleanup(cl);
	return 0;
}
