// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * xdf-probe [DEVID]: a script on standard input, a TAP line for each check.
 *
 *   # comment           say TEXT
 *   dom0 COMMAND        have domain 0 run it; good if it gives 0
 *   has TEXT            what it printed has TEXT     hasnt TEXT
 *   connect [VERSION]   states 1 to 4                close   6, the backend is at 2
 *   be STATE            wait for it                  fe STATE   write it
 *   [@CONN] REQUEST => STATUS [NUMBER]   send, wait for the answer with its id and code
 *   [@CONN] REQUEST     send, no more
 *   [@CONN] answer STATUS [id=N] [op=N]  the next one; id counts from the last request's
 *   [@CONN] silent      no answer is there           [@CONN] rspprod N   less requests sent
 *   [@CONN] event FB [type=N] [jump=N]    the next one; its id jumps   [@CONN] noevent
 *   [@CONN] inprod N    less events taken            [@CONN] incons N   likewise
 *   [@CONN] reqevent N  less requests sent           [@CONN] seed N     the page of events
 *   paint BUF           a picture for it             show BUF WxH   the backend has it
 *   map BUF   cannotmap BUF   unmap BUF   directory BUF good|NUMBER of bad entries
 *   next BUF N          where the directory's first page says that it goes on
 *   edid BLOCKS [WxH]   what GET_EDID gave           notedid    a block's sum is wrong
 *
 * Requests: create BUF WxH, alloc BUF WxH, destroy BUF, attach FB BUF WxH [FOURCC],
 * detach FB, config FB WxH, off, flip FB, getedid, raw OP. create and alloc take
 * bpp= bytes= ofs= flags= dir=, getedid bytes= dir=. Buffers live until close.
 */
#include "probe.h"

#define EDID_BUF 0xedu
#define MAX_WORDS 16

static unsigned int checks, failed, line_no;
static char line[400], last_answer[4096];
static struct conn *conn;
static char *word[MAX_WORDS];
static int nwords;

static void tap(bool good, const char *fmt, ...)
{
	va_list ap;

	checks++;
	failed += !good;
	printf("%s - %u: %s", good ? "ok" : "not ok", line_no, line);
	if (!good) {
		printf(": ");
		va_start(ap, fmt);
		vprintf(fmt, ap);
		va_end(ap);
	}
	putchar('\n');
	fflush(stdout);
}

/**
 * fail() - nothing more can be done
 * @fmt: why, printf style
 */
void fail(const char *fmt, ...)
{
	va_list ap;

	printf("not ok - %u: %s: ", line_no, line);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(2);
}

static uint64_t number(const char *s)
{
	char *end;
	uint64_t v = strtoull(s, &end, 0);

	if (!*s || *end)
		fail("'%s' is no number", s);
	return v;
}

static const char *arg(int i)
{
	return i < nwords ? word[i] : "";
}

/* the value of key=value, or what is usual */
static uint32_t option(const char *key, uint32_t usual)
{
	size_t n = strlen(key);
	int i;

	for (i = 1; i < nwords; i++)
		if (!strncmp(word[i], key, n) && word[i][n] == '=')
			return (uint32_t)number(word[i] + n + 1);
	return usual;
}

static void size_of(const char *s, uint32_t *w, uint32_t *h)
{
	char x, more;

	if (sscanf(s, "%u%c%u%c", w, &x, h, &more) != 3 || x != 'x')
		fail("'%s' is not WxH", s);
}

static void make_create(struct xendispl_req *req, bool theirs)
{
	struct xendispl_dbuf_create_req *r = &req->op.dbuf_create;
	uint32_t ofs = option("ofs", 0);
	struct buf *b;

	req->operation = XENDISPL_OP_DBUF_CREATE;
	r->dbuf_cookie = number(arg(1));
	size_of(arg(2), &r->width, &r->height);
	r->bpp = option("bpp", 32);
	r->buffer_sz = option("bytes", (r->width * r->bpp + 31) / 32 * 4 * r->height + ofs);
	r->flags = option("flags", theirs);
	r->data_ofs = ofs;
	b = buf_find(r->dbuf_cookie);
	if (!b)
		b = buf_new(r->dbuf_cookie, r->buffer_sz, theirs);
	r->gref_directory = option("dir", b->dir_ref);
}

static void make_edid(struct xendispl_req *req)
{
	struct buf *b = buf_find(EDID_BUF);

	if (!b)
		b = buf_new(EDID_BUF, XENDISPL_EDID_MAX_SIZE, false);
	memset(b->mem, 0xee, XENDISPL_EDID_MAX_SIZE);
	req->operation = XENDISPL_OP_GET_EDID;
	req->op.get_edid.buffer_sz = option("bytes", XENDISPL_EDID_MAX_SIZE);
	req->op.get_edid.gref_directory = option("dir", b->dir_ref);
}

/* false: the line is no request */
static bool make_request(struct xendispl_req *req)
{
	const char *what = word[0];

	memset(req, 0, sizeof(*req));
	if (!strcmp(what, "create") || !strcmp(what, "alloc")) {
		make_create(req, *what == 'a');
	} else if (!strcmp(what, "destroy")) {
		req->operation = XENDISPL_OP_DBUF_DESTROY;
		req->op.dbuf_destroy.dbuf_cookie = number(arg(1));
	} else if (!strcmp(what, "attach")) {
		req->operation = XENDISPL_OP_FB_ATTACH;
		req->op.fb_attach.fb_cookie = number(arg(1));
		req->op.fb_attach.dbuf_cookie = number(arg(2));
		size_of(arg(3), &req->op.fb_attach.width, &req->op.fb_attach.height);
		memcpy(&req->op.fb_attach.pixel_format, nwords > 4 && *word[4] != '=' ? word[4] : "XR24", 4);
	} else if (!strcmp(what, "detach")) {
		req->operation = XENDISPL_OP_FB_DETACH;
		req->op.fb_detach.fb_cookie = number(arg(1));
	} else if (!strcmp(what, "config")) {
		req->operation = XENDISPL_OP_SET_CONFIG;
		req->op.set_config.fb_cookie = number(arg(1));
		size_of(arg(2), &req->op.set_config.width, &req->op.set_config.height);
		req->op.set_config.bpp = 32;
	} else if (!strcmp(what, "off")) {
		req->operation = XENDISPL_OP_SET_CONFIG;
	} else if (!strcmp(what, "flip")) {
		req->operation = XENDISPL_OP_PG_FLIP;
		req->op.pg_flip.fb_cookie = number(arg(1));
	} else if (!strcmp(what, "getedid")) {
		make_edid(req);
	} else if (!strcmp(what, "raw")) {
		req->operation = (uint8_t)number(arg(1));
	} else {
		return false;
	}
	return true;
}

static void do_request(struct xendispl_req *req, int arrow)
{
	struct xendispl_resp rsp;
	int status;

	front_send(conn, req);
	if (arrow == nwords)
		return;
	status = atoi(arg(arrow + 1));
	if (!front_recv(conn, &rsp, PATIENCE_MS)) {
		tap(false, "no answer");
		return;
	}
	if (arrow + 2 < nwords && rsp.op.get_edid.edid_sz != number(word[arrow + 2]))
		tap(false, "edid_sz is %u", rsp.op.get_edid.edid_sz);
	else
		tap(rsp.status == status && rsp.id == req->id && rsp.operation == req->operation,
		    "status %d, id %u for %u, operation %#x", rsp.status, rsp.id, req->id,
		    rsp.operation);
}

static void do_answer(void)
{
	int status = atoi(arg(1)), id = (int)option("id", 0);
	uint32_t op = option("op", 0);
	struct xendispl_resp rsp;

	if (!front_recv(conn, &rsp, PATIENCE_MS))
		tap(false, "no answer");
	else
		tap(rsp.status == status && rsp.id == (uint16_t)(conn->id + id) &&
		    (!op || rsp.operation == op), "status %d, id %u after %u, operation %#x",
		    rsp.status, rsp.id, conn->id, rsp.operation);
}

static void do_event(void)
{
	uint64_t cookie = number(arg(1));
	uint32_t type = option("type", XENDISPL_EVT_PG_FLIP), jump = option("jump", 0);
	struct xendispl_evt evt = { 0 };

	if (!front_event(conn, &evt, PATIENCE_MS))
		tap(false, "no event");
	else
		tap(evt.type == type && evt.op.pg_flip.fb_cookie == cookie &&
		    evt.id == (uint16_t)(conn->evt_id + jump), "type %u, fb %#llx, id %u for %u",
		    evt.type, (unsigned long long)evt.op.pg_flip.fb_cookie, evt.id, conn->evt_id);
	conn->evt_id = (uint16_t)(evt.id + 1);
}

static struct buf *the_buf(void)
{
	struct buf *b = buf_find(number(arg(1)));

	if (!b)
		fail("no such buffer");
	return b;
}

/* numbers without a pattern, other ones for each buffer */
static void do_paint(void)
{
	struct buf *b = the_buf();
	uint32_t seed = (uint32_t)b->cookie, i;

	for (i = 0; i < b->pages * PAGE; i++) {
		seed = seed * 1664525 + 1013904223;
		b->mem[i] = (uint8_t)(seed >> 24);
	}
}

/* what tests/backend/picture.c calls the picture's hash, in the backend's answer */
static void do_show(void)
{
	uint32_t w, h, x, y, k, ofs = option("ofs", 0);
	uint64_t hash = 0xcbf29ce484222325ull;
	struct buf *b = the_buf();
	char text[40];

	size_of(arg(2), &w, &h);
	for (y = 0; y < h; y++) {
		for (x = 0; x < w; x++)
			for (k = 0; k < 4; k++)
				hash = (hash ^ (k < 3 ? b->mem[ofs + (y * w + x) * 4 + k] : 0)) *
				       0x100000001b3ull;
	}
	snprintf(text, sizeof(text), "\"hash\":\"%016llx\"", (unsigned long long)hash);
	if (front_dom0("be hash", last_answer, sizeof(last_answer)))
		tap(false, "be hash: %s", last_answer);
	else
		tap(strstr(last_answer, text), "not %s: %s", text, last_answer);
}

/* entries that are 0 or there twice */
static void do_directory(void)
{
	uint32_t i, k, bad = 0, per = PAGE / 4 - 1;
	struct buf *b = the_buf();
	uint32_t *refs = calloc(b->pages, sizeof(*refs));

	for (i = 0; refs && i < b->pages; i++) {
		bool wrong;

		refs[i] = b->dir[i / per * PAGE / 4 + 1 + i % per];
		wrong = !refs[i];
		for (k = 0; k < i && !wrong; k++)
			wrong = refs[k] == refs[i];
		bad += wrong;
	}
	free(refs);
	tap(!strcmp(arg(2), "good") ? !bad : bad == number(arg(2)), "%u bad entries", bad);
}

static void do_notedid(void)
{
	uint32_t k, sum = 0;

	for (k = 0; k < 128; k++)
		sum += buf_find(EDID_BUF)->mem[k];
	tap(sum & 0xff, "it is right");
}

static void do_edid(void)
{
	uint8_t *e = buf_find(EDID_BUF) ? buf_find(EDID_BUF)->mem : NULL;
	uint32_t blocks = (uint32_t)number(arg(1)), i, k, w = 0, h = 0, sum;

	if (!e)
		fail("no getedid so far");
	for (i = 0; i < blocks; i++) {
		for (sum = 0, k = 0; k < 128; k++)
			sum += e[i * 128 + k];
		if (sum & 0xff) {
			tap(false, "the sum of block %u is %u", i, sum & 0xff);
			return;
		}
	}
	if (nwords > 2)
		size_of(arg(2), &w, &h);
	tap(e[126] == blocks - 1 && (!w || ((e[56] | (e[58] & 0xf0u) << 4) == w &&
					    (e[59] | (e[61] & 0xf0u) << 4) == h)) &&
	    (blocks == 256 || e[blocks * 128] == 0xee), "%u extensions, %ux%u", e[126],
	    e[56] | (e[58] & 0xf0u) << 4, e[59] | (e[61] & 0xf0u) << 4);
}

/* 32 bits of a shared page, less what we count ourselves */
static void check_index(const uint32_t *shared, uint32_t ours)
{
	uint32_t n = __atomic_load_n(shared, __ATOMIC_ACQUIRE) - ours;

	tap(n == (uint32_t)strtoll(arg(1), NULL, 0), "it is %d", (int)n);
}

/* splitmix64, as the backend says; its first eight bytes are in_cons and in_prod */
static void do_seed(void)
{
	uint64_t z = number(arg(1)) + 0x9e3779b97f4a7c15ull, there;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	z ^= z >> 31;
	memcpy(&there, conn->evt, sizeof(there));
	tap(z == there, "%016llx, not %016llx", (unsigned long long)there, (unsigned long long)z);
}

static bool do_shared(void)
{
	const char *what = word[0];

	if (!strcmp(what, "rspprod"))
		check_index(&conn->sring->rsp_prod, conn->ring.req_prod_pvt);
	else if (!strcmp(what, "reqevent"))
		check_index(&conn->sring->req_event, conn->ring.req_prod_pvt);
	else if (!strcmp(what, "inprod"))
		check_index(&conn->evt->in_prod, conn->evt_cons);
	else if (!strcmp(what, "incons"))
		check_index(&conn->evt->in_cons, conn->evt_cons);
	else if (!strcmp(what, "next"))
		tap(*the_buf()->dir == number(arg(2)), "it is %#x", *the_buf()->dir);
	else if (!strcmp(what, "seed"))
		do_seed();
	else
		return false;
	return true;
}

static void do_word(void)
{
	static struct xendispl_resp rsp;
	static struct xendispl_evt evt;
	const char *what = word[0];
	uint32_t n;

	if (!strcmp(what, "connect")) {
		n = front_connect(nwords > 1 ? word[1] : NULL);
		conn = conns;
		tap(n, "the backend is at %d", front_be_state());
	} else if (!strcmp(what, "close")) {
		tap(front_close(), "the backend is at %d", front_be_state());
	} else if (!strcmp(what, "be")) {
		tap(front_wait_be((int)number(arg(1))), "it is at %d", front_be_state());
	} else if (!strcmp(what, "fe")) {
		tap(front_set_state((int)number(arg(1))), "XenStore refuses");
	} else if (!strcmp(what, "answer")) {
		do_answer();
	} else if (!strcmp(what, "silent")) {
		tap(!front_recv(conn, &rsp, 0), "id %u, status %d", rsp.id, rsp.status);
	} else if (!strcmp(what, "event")) {
		do_event();
	} else if (!strcmp(what, "noevent")) {
		tap(!front_event(conn, &evt, 0), "fb %#llx",
		    (unsigned long long)evt.op.pg_flip.fb_cookie);
	} else if (!strcmp(what, "paint")) {
		do_paint();
	} else if (!strcmp(what, "show")) {
		do_show();
	} else if (!strcmp(what, "map")) {
		tap(buf_map(the_buf()), "not possible");
	} else if (!strcmp(what, "cannotmap")) {
		tap(!buf_map(the_buf()), "it can be mapped");
	} else if (!strcmp(what, "unmap")) {
		buf_unmap(the_buf());
	} else if (!strcmp(what, "directory")) {
		do_directory();
	} else if (!strcmp(what, "edid")) {
		do_edid();
	} else if (!strcmp(what, "notedid")) {
		do_notedid();
	} else if (!do_shared()) {
		fail("no such word");
	}
}

/* lines that are not cut into words */
static bool whole_line(void)
{
	int rc;

	if (!line[0] || line[0] == '#')
		return true;
	if (!strncmp(line, "say ", 4)) {
		printf("# %s\n", line + 4);
	} else if (!strncmp(line, "dom0 ", 5)) {
		rc = front_dom0(line + 5, last_answer, sizeof(last_answer));
		tap(!rc, "%d, %s", rc, last_answer);
	} else if (!strncmp(line, "has ", 4)) {
		tap(strstr(last_answer, line + 4), "%s", last_answer);
	} else if (!strncmp(line, "hasnt ", 6)) {
		tap(!strstr(last_answer, line + 6), "%s", last_answer);
	} else {
		return false;
	}
	return true;
}

static void run_line(void)
{
	char copy[sizeof(line)], *s = copy, *at;
	struct xendispl_req req;
	int arrow;

	if (whole_line())
		return;
	strcpy(copy, line);
	conn = conns;
	nwords = 0;
	while ((at = strsep(&s, " \t"))) {
		if (!*at)
			continue;
		if (!nwords && *at == '@') {
			conn = &conns[number(at + 1) % MAX_CONNS];
			continue;
		}
		if (nwords == MAX_WORDS)
			fail("too many words");
		word[nwords++] = at;
	}
	if (!nwords)
		return;
	for (arrow = 0; arrow < nwords && strcmp(word[arrow], "=>"); arrow++)
		;
	if (make_request(&req)) {
		if (conn >= conns + nconns)
			fail("not connected");
		do_request(&req, arrow);
	} else {
		do_word();
	}
}

int main(int argc, char **argv)
{
	strcpy(line, "start");
	front_start(argc > 1 ? (unsigned int)number(argv[1]) : 0);
	while (fgets(line, sizeof(line), stdin)) {
		line_no++;
		line[strcspn(line, "\n")] = '\0';
		run_line();
	}
	printf("# %u checks, %u failed\n", checks, failed);
	return failed != 0;
}
