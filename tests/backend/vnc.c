// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * Connectors over VNC, by libvncserver: each has a server of its own, on the first
 * free port from the one that was asked for.  To look at only: keyboard and pointer
 * are not of this protocol.
 *
 * Network and encoding happen in the library's threads.  This thread copies what has
 * changed since the last copy, at most 30 times a second and only while somebody
 * looks; flips never wait for it.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend.h"
#include "parse.h"
#include "vnc.h"

static struct {
	bool wanted;
	struct in_addr address;
	uint16_t port;
	bool open;
	char password[9];
} option;

/**
 * vnc_parse() - the option --vnc
 * @text: [ADDRESS:]PORT, ADDRESS in numbers, by default loopback
 *
 * Return: NULL, or what is wrong with it.
 */
const char *vnc_parse(const char *text)
{
	const char *colon = strrchr(text, ':');
	char address[64] = "127.0.0.1";
	uint32_t port;

#ifndef HAVE_VNC
	return "this xdf-backend was built without VNC: install libvncserver-dev and make it anew";
#endif
	if (colon && (size_t)(colon - text) < sizeof(address)) {
		memcpy(address, text, colon - text);
		address[colon - text] = '\0';
	}
	if (inet_pton(AF_INET, address, &option.address) != 1)
		return "not [ADDRESS:]PORT with an IPv4 address in numbers";
	if (!parse_u32(colon ? colon + 1 : text, &port) || !port || port > 65535 - 256)
		return "not a port from 1 to 65279";
	option.port = (uint16_t)port;
	option.wanted = true;
	return NULL;
}

/**
 * vnc_password() - the option --vnc-password
 * @path: file whose first line is the password; none: nobody is asked
 *
 * Return: NULL, or what is wrong with it.
 */
const char *vnc_password(const char *path)
{
	char line[64] = "";
	FILE *f;
	bool got;

	option.open = !strcmp(path, "none");
	memset(option.password, 0, sizeof(option.password));
	if (option.open)
		return NULL;
	f = fopen(path, "re");
	if (!f)
		return strerror(errno);
	got = fgets(line, sizeof(line), f);
	fclose(f);
	line[strcspn(line, "\r\n")] = '\0';
	if (!got || !*line)
		return "its first line is empty";
	if (strlen(line) >= sizeof(option.password))
		return "VNC has passwords of at most 8 characters";
	strcpy(option.password, line);
	return NULL;
}

/**
 * vnc_check() - do the options go together?
 *
 * Return: NULL, or what is wrong with them.
 */
const char *vnc_check(void)
{
	bool loopback = ntohl(option.address.s_addr) >> 24 == IN_LOOPBACKNET;

	if (option.wanted && !loopback && !option.open && !*option.password)
		return "everybody could look at this address: say --vnc-password FILE (or none)";
	return NULL;
}

#ifdef HAVE_VNC
#include <rfb/rfb.h>

#define MAX_SCREENS 64
#define FRAME (NSEC_PER_SEC / 30)
/* of address space for a picture */
#define RESERVED ((size_t)MAX_SIDE * MAX_SIDE * 4u)

/**
 * struct screen - a server, of one connector
 * @conn: whose, NULL: free
 * @name: what viewers call it
 * @rfb: the library's part
 * @front: what it shows, XRGB8888; stays where it is for pictures of all sizes, as
 *	threads of the library may be sending one while the next has another size
 * @usable: bytes of @front that are memory
 * @width: of @front
 * @height: of @front
 * @serial: of the picture that was copied last
 * @stale: there may be something to copy
 * @next: not before this time
 */
struct screen {
	struct conn *conn;
	char *name;
	rfbScreenInfoPtr rfb;
	uint32_t *front;
	size_t usable;
	uint32_t width;
	uint32_t height;
	uint64_t serial;
	bool stale;
	uint64_t next;
};

static struct screen screens[MAX_SCREENS];
static char *passwords[2] = { option.password, NULL };
/* a thread of the library's tells that somebody has come */
static int arrivals = -1;

static void on_arrival(void *ctx, short revents)
{
	uint64_t n;
	int i;

	(void)ctx;
	(void)revents;
	if (read(arrivals, &n, sizeof(n)) < 0)
		return;
	for (i = 0; i < MAX_SCREENS; i++)
		screens[i].stale = screens[i].conn;
}

static enum rfbNewClientAction new_client(rfbClientPtr cl)
{
	uint64_t one = 1;

	cl->viewOnly = TRUE;
	if (write(arrivals, &one, sizeof(one)) < 0)
		return RFB_CLIENT_REFUSE;
	return RFB_CLIENT_ACCEPT;
}

static void ignore_pointer(int buttons, int x, int y, rfbClientPtr cl)
{
	(void)buttons;
	(void)x;
	(void)y;
	(void)cl;
}

/**
 * vnc_start() - see that the first port can be had
 *
 * Return: false if not, errno is set.
 */
bool vnc_start(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	int fd, one = 1, err = 0;

	if (!option.wanted)
		return true;
	in.sin_addr = option.address;
	in.sin_port = htons(option.port);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return false;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&in, sizeof(in)) || listen(fd, 1))
		err = errno;
	close(fd);
	errno = err;
	if (err)
		return false;
	rfbLogEnable(0);
	arrivals = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return arrivals >= 0 && loop_add(arrivals, POLLIN, on_arrival, NULL);
}

static struct screen *screen_of(const struct conn *c)
{
	int i;

	for (i = 0; i < MAX_SCREENS; i++)
		if (screens[i].conn == c)
			return &screens[i];
	return NULL;
}

static void screen_free(struct screen *s)
{
	if (s->rfb) {
		rfbShutdownServer(s->rfb, TRUE);
		s->rfb->frameBuffer = NULL;
		rfbScreenCleanup(s->rfb);
	}
	free(s->name);
	if (s->front)
		munmap(s->front, RESERVED);
	memset(s, 0, sizeof(*s));
}

/* another size: a black picture until there is one */
static bool screen_resize(struct screen *s, uint32_t width, uint32_t height)
{
	size_t bytes = (size_t)width * height * sizeof(*s->front);

	if (!s->front) {
		void *p = mmap(NULL, RESERVED, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (p == MAP_FAILED)
			return false;
		s->front = p;
	}
	if (bytes > s->usable) {
		if (mprotect(s->front, bytes, PROT_READ | PROT_WRITE))
			return false;
		s->usable = bytes;
	}
	memset(s->front, 0, bytes);
	s->width = width;
	s->height = height;
	return true;
}

static bool screen_listen(struct screen *s, uint16_t port)
{
	s->rfb = rfbGetScreen(NULL, NULL, (int)s->width, (int)s->height, 8, 3, 4);
	if (!s->rfb)
		return false;
	s->rfb->frameBuffer = (char *)s->front;
	s->rfb->serverFormat.redShift = 16;
	s->rfb->serverFormat.greenShift = 8;
	s->rfb->serverFormat.blueShift = 0;
	s->rfb->desktopName = s->name ? s->name : "xdf-backend";
	s->rfb->listenInterface = option.address.s_addr;
	s->rfb->port = port;
	s->rfb->ipv6port = 0;
	s->rfb->autoPort = FALSE;
	s->rfb->alwaysShared = TRUE;
	s->rfb->newClientHook = new_client;
	s->rfb->ptrAddEvent = ignore_pointer;
	s->rfb->cursor = NULL;
	if (*option.password) {
		s->rfb->authPasswdData = passwords;
		s->rfb->passwordCheck = rfbCheckPasswordByList;
	}
	rfbInitServer(s->rfb);
	if (s->rfb->listenSock == RFB_INVALID_SOCKET)
		return false;
	rfbRunEventLoop(s->rfb, -1, TRUE);
	return true;
}

/**
 * vnc_attach() - a connector is in use: have a server for it
 * @c: connector; nothing happens if it has one
 */
void vnc_attach(struct conn *c)
{
	struct screen *s;
	struct json *j;
	uint16_t port;

	if (!option.wanted || screen_of(c))
		return;
	s = screen_of(NULL);
	if (!s) {
		warning(c->dev, c, "vnc-too-many-connectors", MAX_SCREENS);
		return;
	}
	port = (uint16_t)(option.port + (s - screens));
	s->conn = c;
	s->serial = UINT64_MAX;
	if (asprintf(&s->name, "%s (domain %u)", c->unique_id, c->dev->domid) < 0)
		s->name = NULL;
	if (!screen_resize(s, c->width ? c->width : 640, c->height ? c->height : 480) ||
	    !screen_listen(s, port)) {
		warning(c->dev, c, "vnc-port-cannot-be-had", port);
		screen_free(s);
		return;
	}
	j = log_begin_dev("vnc", c->dev);
	json_u64(j, "conn", c->index);
	json_str(j, "unique_id", c->unique_id);
	json_u64(j, "port", port);
	log_end();
}

/**
 * vnc_detach() - a connector is gone
 * @c: connector, with a server or without
 */
void vnc_detach(struct conn *c)
{
	struct screen *s = screen_of(c);

	if (s)
		screen_free(s);
}

/**
 * vnc_changed() - a connector has a new picture
 * @c: connector
 */
void vnc_changed(struct conn *c)
{
	struct screen *s = screen_of(c);

	if (s)
		s->stale = true;
}

/* copy the rows that differ; tell which */
static void screen_copy(struct screen *s)
{
	const struct picture *p = &s->conn->picture;
	uint32_t y, first = UINT32_MAX, last = 0, *row;
	size_t bytes = (size_t)p->width * 4u;

	if (!p->fmt || s->serial == s->conn->picture_serial)
		return;
	row = malloc(bytes);
	if (!row)
		return;
	if (p->width != s->width || p->height != s->height) {
		if (!screen_resize(s, p->width, p->height)) {
			free(row);
			return;
		}
		rfbNewFramebuffer(s->rfb, (char *)s->front, (int)s->width, (int)s->height, 8, 3, 4);
		s->rfb->serverFormat.redShift = 16;
		s->rfb->serverFormat.greenShift = 8;
		s->rfb->serverFormat.blueShift = 0;
	}
	for (y = 0; y < p->height; y++) {
		row_to_xrgb(p->fmt, p->data + (size_t)y * p->width * p->fmt->bpp / 8u, row, p->width);
		if (!memcmp(s->front + (size_t)y * s->width, row, bytes))
			continue;
		memcpy(s->front + (size_t)y * s->width, row, bytes);
		if (first == UINT32_MAX)
			first = y;
		last = y;
	}
	free(row);
	s->serial = s->conn->picture_serial;
	if (first != UINT32_MAX)
		rfbMarkRectAsModified(s->rfb, 0, (int)first, (int)s->width, (int)last + 1);
}

/**
 * vnc_next_deadline() - when vnc_run() is due
 *
 * Return: time; NEVER: nothing to do.
 */
uint64_t vnc_next_deadline(void)
{
	uint64_t next = NEVER;
	int i;

	for (i = 0; option.wanted && i < MAX_SCREENS; i++)
		if (screens[i].conn && screens[i].stale && screens[i].rfb->clientHead)
			next = min_u64(next, screens[i].next ? screens[i].next : 1);
	return next;
}

/**
 * vnc_run() - copy what is due
 * @now: the time
 */
void vnc_run(uint64_t now)
{
	int i;

	for (i = 0; option.wanted && i < MAX_SCREENS; i++) {
		struct screen *s = &screens[i];

		if (!s->conn || !s->stale || now < s->next || !s->rfb->clientHead)
			continue;
		s->stale = false;
		s->next = now + FRAME;
		screen_copy(s);
	}
}

/**
 * vnc_stop() - the end
 */
void vnc_stop(void)
{
	int i;

	for (i = 0; i < MAX_SCREENS; i++)
		if (screens[i].conn)
			screen_free(&screens[i]);
	if (arrivals >= 0) {
		loop_del(arrivals);
		close(arrivals);
	}
}

#else

bool vnc_start(void)
{
	return true;
}

void vnc_attach(struct conn *c)
{
	(void)c;
}

void vnc_detach(struct conn *c)
{
	(void)c;
}

void vnc_changed(struct conn *c)
{
	(void)c;
}

uint64_t vnc_next_deadline(void)
{
	return NEVER;
}

void vnc_run(uint64_t now)
{
	(void)now;
}

void vnc_stop(void)
{
}

#endif
