// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * The frontend's half of the protocol, with no more sense than a test wants.
 */
#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#include "probe.h"

#define DIR_GREFS (PAGE / 4 - 1)

struct conn conns[MAX_CONNS];
unsigned int nconns;

static struct xs_handle *xs;
static xenevtchn_handle *xce;
static xengntshr_handle *shr;
static xengnttab_handle *tab;
static char be_path[256], fe_path[64];
static struct buf bufs[MAX_BUFS];

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

static char *read_node(const char *dir, const char *node)
{
	char path[400];
	unsigned int len;

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	return xs_read(xs, XBT_NULL, path, &len);
}

static bool write_node(const char *dir, const char *node, const char *fmt, ...)
{
	char path[400], text[600];
	va_list ap;

	snprintf(path, sizeof(path), "%s/%s", dir, node);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return xs_write(xs, XBT_NULL, path, text, (unsigned int)strlen(text));
}

/* until a watch fires, or until @end */
static bool wait_watch(uint64_t end)
{
	struct pollfd p = { xs_fileno(xs), POLLIN, 0 };
	uint64_t now = now_ms();
	char **event;

	if (now >= end || poll(&p, 1, (int)(end - now)) <= 0)
		return false;
	while ((event = xs_check_watch(xs)))
		free(event);
	return true;
}

/**
 * front_start() - open what is needed, find the device
 * @devid: its number
 */
void front_start(unsigned int devid)
{
	char *text;

	xs = xs_open(0);
	xce = xenevtchn_open(NULL, 0);
	shr = xengntshr_open(NULL, 0);
	tab = xengnttab_open(NULL, 0);
	if (!xs || !xce || !shr || !tab)
		fail("no XenStore, event channels or grants here");
	snprintf(fe_path, sizeof(fe_path), "device/vdispl/%u", devid);
	text = read_node(fe_path, "backend");
	if (!text)
		fail("%s/backend cannot be read: %s", fe_path, strerror(errno));
	snprintf(be_path, sizeof(be_path), "%s", text);
	free(text);
	if (!xs_watch(xs, "data/answer", "answer") || !xs_watch(xs, be_path, "be"))
		fail("no watch on %s: %s", be_path, strerror(errno));
}

/**
 * front_be_state() - the backend's state
 *
 * Return: the state, or -1.
 */
int front_be_state(void)
{
	char *text = read_node(be_path, "state");
	int state = text ? atoi(text) : -1;

	free(text);
	return state;
}

/**
 * front_wait_be() - wait for a state of the backend
 * @state: which
 *
 * Return: false if it did not come.
 */
bool front_wait_be(int state)
{
	uint64_t end = now_ms() + PATIENCE_MS;

	while (front_be_state() != state)
		if (!wait_watch(end))
			return false;
	return true;
}

/**
 * front_set_state() - write our state
 * @state: which
 *
 * Return: false if that does not work.
 */
bool front_set_state(int state)
{
	return write_node(fe_path, "state", "%d", state);
}

/**
 * front_dom0() - have domain 0 run something; tests/vm/dom0-lib is the other end
 * @command: for its shell
 * @answer: what it printed
 * @room: of @answer
 *
 * Return: its exit status.
 */
int front_dom0(const char *command, char *answer, size_t room)
{
	uint64_t end = now_ms() + 5 * PATIENCE_MS;
	unsigned int n = 0, got;
	char *text, *line;
	int rc, used;
	FILE *f = fopen("/run/seq", "r");

	if (f) {
		if (fscanf(f, "%u", &n) != 1)
			n = 0;
		fclose(f);
	}
	n++;
	f = fopen("/run/seq", "w");
	if (!f || fprintf(f, "%u\n", n) < 0 || fclose(f))
		fail("/run/seq cannot be written");
	if (!write_node("data", "ask", "%u %s", n, command))
		fail("data/ask cannot be written");
	for (;;) {
		text = read_node("data", "answer");
		if (text && sscanf(text, "%u %d%n", &got, &rc, &used) == 2 && got == n)
			break;
		free(text);
		if (!wait_watch(end))
			fail("dom0 does not answer to '%s'", command);
	}
	line = text + used;
	snprintf(answer, room, "%s", *line == '\n' ? line + 1 : line);
	free(text);
	return rc;
}

/* ---- rings ---- */

static void *share(uint32_t count, uint32_t *refs)
{
	void *p = xengntshr_share_pages(shr, 0, (int)count, refs, 1);

	if (!p)
		fail("%u pages cannot be granted", count);
	memset(p, 0, (size_t)count * PAGE);
	return p;
}

static int new_port(void)
{
	int port = xenevtchn_bind_unbound_port(xce, 0);

	if (port < 0)
		fail("no event channel");
	return port;
}

static void conn_open(struct conn *c, unsigned int index)
{
	char dir[100];

	memset(c, 0, sizeof(*c));
	c->sring = share(1, &c->req_ref);
	c->evt = share(1, &c->evt_ref);
	SHARED_RING_INIT(c->sring);
	FRONT_RING_INIT(&c->ring, c->sring, PAGE);
	c->req_port = new_port();
	c->evt_port = new_port();
	c->id = (uint16_t)(100 * index);
	snprintf(dir, sizeof(dir), "%s/%u", fe_path, index);
	if (!write_node(dir, "req-ring-ref", "%u", c->req_ref) ||
	    !write_node(dir, "req-event-channel", "%d", c->req_port) ||
	    !write_node(dir, "evt-ring-ref", "%u", c->evt_ref) ||
	    !write_node(dir, "evt-event-channel", "%d", c->evt_port))
		fail("connector %u cannot be published", index);
}

static void let_go(void)
{
	unsigned int i;

	for (i = 0; i < MAX_BUFS; i++)
		buf_free(&bufs[i]);
	for (i = 0; i < nconns; i++) {
		xenevtchn_unbind(xce, (evtchn_port_t)conns[i].req_port);
		xenevtchn_unbind(xce, (evtchn_port_t)conns[i].evt_port);
		xengntshr_unshare(shr, conns[i].sring, 1);
		xengntshr_unshare(shr, conns[i].evt, 1);
	}
	nconns = 0;
}

/**
 * front_connect() - states 1 to 4
 * @version: what to choose, NULL: say nothing
 *
 * Return: number of connectors, 0 if the backend did not get to 4.
 */
unsigned int front_connect(const char *version)
{
	char path[100];
	unsigned int i;

	front_set_state(1);
	if (!front_wait_be(2))
		return 0;
	let_go();
	for (i = 0; i < MAX_CONNS; i++) {
		char *text;

		snprintf(path, sizeof(path), "%u/unique-id", i);
		text = read_node(fe_path, path);
		if (!text)
			break;
		free(text);
		conn_open(&conns[i], i);
	}
	nconns = i;
	snprintf(path, sizeof(path), "%s/version", fe_path);
	if (version)
		write_node(fe_path, "version", "%s", version);
	else
		xs_rm(xs, XBT_NULL, path);
	front_set_state(3);
	if (!front_wait_be(4))
		return 0;
	front_set_state(4);
	return nconns;
}

/**
 * front_close() - state 6, and let everything go
 *
 * Return: false if the backend does not get to 2.
 */
bool front_close(void)
{
	bool ok;

	front_set_state(6);
	ok = front_wait_be(2);
	let_go();
	return ok;
}

/**
 * front_send() - put a request on a ring
 * @c: whose
 * @req: the request; gets its id here
 */
void front_send(struct conn *c, struct xendispl_req *req)
{
	int notify;

	req->id = ++c->id;
	if (RING_FULL(&c->ring))
		fail("the ring is full");
	*RING_GET_REQUEST(&c->ring, c->ring.req_prod_pvt) = *req;
	c->ring.req_prod_pvt++;
	RING_PUSH_REQUESTS_AND_CHECK_NOTIFY(&c->ring, notify);
	if (notify)
		xenevtchn_notify(xce, (evtchn_port_t)c->req_port);
}

/* until an event channel fires, or until @end */
static bool wait_port(uint64_t end)
{
	struct pollfd p = { xenevtchn_fd(xce), POLLIN, 0 };
	uint64_t now = now_ms();
	int port;

	if (now >= end || poll(&p, 1, (int)(end - now)) <= 0)
		return false;
	port = xenevtchn_pending(xce);
	if (port >= 0)
		xenevtchn_unmask(xce, (evtchn_port_t)port);
	return true;
}

/**
 * front_recv() - take the next response
 * @c: from whose ring
 * @rsp: a copy of it
 * @ms: how long to wait for it
 *
 * Return: false if there is none.
 */
bool front_recv(struct conn *c, struct xendispl_resp *rsp, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms;
	int work;

	for (;;) {
		RING_FINAL_CHECK_FOR_RESPONSES(&c->ring, work);
		if (work)
			break;
		if (!wait_port(end))
			return false;
	}
	*rsp = *RING_GET_RESPONSE(&c->ring, c->ring.rsp_cons);
	c->ring.rsp_cons++;
	return true;
}

/**
 * front_event() - take the next event
 * @c: from whose page
 * @evt: a copy of it
 * @ms: how long to wait for it
 *
 * Return: false if there is none.
 */
bool front_event(struct conn *c, struct xendispl_evt *evt, int ms)
{
	uint64_t end = now_ms() + (uint64_t)ms;

	while (__atomic_load_n(&c->evt->in_prod, __ATOMIC_ACQUIRE) == c->evt_cons)
		if (!wait_port(end))
			return false;
	*evt = XENDISPL_IN_RING_REF(c->evt, c->evt_cons);
	c->evt_cons++;
	__atomic_store_n(&c->evt->in_cons, c->evt_cons, __ATOMIC_RELEASE);
	return true;
}

/* ---- buffers ---- */

/**
 * buf_find() - look a buffer up
 * @cookie: its name
 *
 * Return: the buffer, or NULL.
 */
struct buf *buf_find(uint64_t cookie)
{
	unsigned int i;

	for (i = 0; i < MAX_BUFS; i++)
		if (bufs[i].dir && bufs[i].cookie == cookie)
			return &bufs[i];
	return NULL;
}

/**
 * buf_new() - a page directory, and pages unless the backend shall have them
 * @cookie: name
 * @bytes: size
 * @theirs: the backend allocates; the directory's slots are left empty
 *
 * Return: the buffer.
 */
struct buf *buf_new(uint64_t cookie, uint32_t bytes, bool theirs)
{
	uint32_t i, *refs, *dir_refs;
	struct buf *b = NULL;

	for (i = 0; i < MAX_BUFS && !b; i++)
		if (!bufs[i].dir)
			b = &bufs[i];
	if (!b)
		fail("too many buffers");
	memset(b, 0, sizeof(*b));
	b->cookie = cookie;
	b->pages = (bytes + PAGE - 1) / PAGE;
	b->dirs = (b->pages + DIR_GREFS - 1) / DIR_GREFS;
	b->theirs = theirs;
	refs = calloc(b->pages, sizeof(*refs));
	dir_refs = calloc(b->dirs, sizeof(*dir_refs));
	if (!refs || !dir_refs)
		fail("out of memory");
	if (!theirs)
		b->mem = share(b->pages, refs);
	b->dir = share(b->dirs, dir_refs);
	b->dir_ref = dir_refs[0];
	for (i = 0; i < b->dirs; i++)
		b->dir[i * PAGE / 4] = i + 1 < b->dirs ? dir_refs[i + 1] : 0;
	for (i = 0; i < b->pages && !theirs; i++)
		b->dir[i / DIR_GREFS * PAGE / 4 + 1 + i % DIR_GREFS] = refs[i];
	free(refs);
	free(dir_refs);
	return b;
}

/**
 * buf_map() - map the backend's pages
 * @b: a buffer of theirs, whose directory is filled
 *
 * Return: false if that does not work.
 */
bool buf_map(struct buf *b)
{
	uint32_t i, *refs = calloc(b->pages, sizeof(*refs));

	if (!refs)
		fail("out of memory");
	for (i = 0; i < b->pages; i++)
		refs[i] = b->dir[i / DIR_GREFS * PAGE / 4 + 1 + i % DIR_GREFS];
	b->mem = xengnttab_map_domain_grant_refs(tab, b->pages, 0, refs, PROT_READ | PROT_WRITE);
	free(refs);
	return b->mem;
}

/**
 * buf_unmap() - the reverse
 * @b: the buffer
 */
void buf_unmap(struct buf *b)
{
	if (b->theirs && b->mem && xengnttab_unmap(tab, b->mem, b->pages))
		fail("pages of the backend cannot be unmapped");
	b->mem = NULL;
}

/**
 * buf_free() - let a buffer go
 * @b: the buffer
 */
void buf_free(struct buf *b)
{
	if (b->theirs)
		buf_unmap(b);
	else if (b->mem)
		xengntshr_unshare(shr, b->mem, b->pages);
	if (b->dir)
		xengntshr_unshare(shr, b->dir, b->dirs);
	memset(b, 0, sizeof(*b));
}
