// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * One connector's request ring, and when its flips are done.
 *
 * Indices are kept privately; of the shared pages only the other side's index
 * is ever read, once for each decision, and requests are copied out whole
 * before anybody looks at them.
 *
 * Order of responses and events
 * -----------------------------
 * A flip's event is sent at once (--pace=0) or at the next tick of the
 * connector's clock. The response goes out at once, except:
 *
 *   --pace=0: --order says what goes first; "mixed" takes turns.
 *   --pace>0 with --order=event-first: the response is held back until the
 *       event is out. Requests behind it are carried out without delay, but
 *       their responses line up behind the held one, so responses leave in
 *       the order of their requests, as they always do with displ_be. A ring
 *       is full at 32 unanswered requests; nobody can overrun it.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend.h"
#include "inject.h"

/* requests of one ring in one turn of the event loop; others have a turn too */
#define BUDGET 64

#define RSP_SLOTS ARRAY_SIZE(((struct conn *)0)->line)

/**
 * struct plan - what becomes of a request
 * @rsp: its answer
 * @flipped: it was a flip that was carried out
 * @mute: there is no answer
 * @twice: the answer comes twice
 * @due: the answer comes late, 0: it does not
 */
struct plan {
	struct xendispl_resp rsp;
	bool flipped;
	bool mute;
	bool twice;
	uint64_t due;
};

/* local event channel -> connector */
static struct port {
	evtchn_port_t port;
	struct conn *conn;
	bool event;
} *ports;
static unsigned int nports, ports_room;

static bool port_add(evtchn_port_t port, struct conn *c, bool event)
{
	if (nports == ports_room) {
		unsigned int room = ports_room * 2 + 16;
		struct port *p = realloc(ports, room * sizeof(*p));

		if (!p)
			return false;
		ports = p;
		ports_room = room;
	}
	ports[nports].port = port;
	ports[nports].conn = c;
	ports[nports].event = event;
	nports++;
	return true;
}

static struct port *port_find(evtchn_port_t port)
{
	unsigned int i;

	for (i = 0; i < nports; i++)
		if (ports[i].port == port)
			return &ports[i];
	return NULL;
}

static void port_del(evtchn_port_t port)
{
	struct port *p = port_find(port);

	if (p)
		*p = ports[--nports];
}

static void on_event_channel(void *ctx, short revents)
{
	xenevtchn_port_or_error_t port;
	struct port *p;

	(void)ctx;
	if (!(revents & POLLIN))
		return;
	port = xenevtchn_pending(be.evtchn);
	if (port < 0)
		return;
	p = port_find((evtchn_port_t)port);
	if (!p)
		return;
	if (p->event) {
		p->conn->count.notify_evt_in++;
	} else {
		p->conn->count.notify_in++;
		conn_run(p->conn);
	}
	xenevtchn_unmask(be.evtchn, (evtchn_port_t)port);
}

/**
 * ports_start() - listen to event channels
 *
 * Return: false if that does not work.
 */
bool ports_start(void)
{
	return loop_add(xenevtchn_fd(be.evtchn), POLLIN, on_event_channel, NULL);
}

static const char *open_ports(struct conn *c, evtchn_port_t req, evtchn_port_t evt)
{
	xenevtchn_port_or_error_t port;

	port = xenevtchn_bind_interdomain(be.evtchn, c->dev->domid, req);
	if (port < 0) {
		log_errno(c->dev, "bind-port-failed", errno, req, 1);
		return "req-event-channel cannot be bound";
	}
	c->req_port = (evtchn_port_t)port;
	c->req_bound = true;
	if (!port_add(c->req_port, c, false))
		return "out of memory";
	port = xenevtchn_bind_interdomain(be.evtchn, c->dev->domid, evt);
	if (port < 0) {
		log_errno(c->dev, "bind-port-failed", errno, evt, 1);
		return "evt-event-channel cannot be bound";
	}
	c->evt_port = (evtchn_port_t)port;
	c->evt_bound = true;
	if (!port_add(c->evt_port, c, true))
		return "out of memory";
	return NULL;
}

/**
 * conn_open() - connect to the rings that the frontend published
 * @c: connector whose resolution is known
 *
 * Return: NULL, or what was wrong; conn_close() is due in either case.
 */
const char *conn_open(struct conn *c)
{
	uint32_t req_ref, evt_ref, req_port, evt_port;
	char *dir;
	const char *wrong = NULL;
	void *map;

	if (asprintf(&dir, "%s/%u", c->dev->fe_path, c->index) < 0)
		return "out of memory";
	if (!xs_get_u32(dir, "req-ring-ref", &req_ref))
		wrong = "req-ring-ref is missing or no number";
	else if (!xs_get_u32(dir, "req-event-channel", &req_port))
		wrong = "req-event-channel is missing or no number";
	else if (!xs_get_u32(dir, "evt-ring-ref", &evt_ref))
		wrong = "evt-ring-ref is missing or no number";
	else if (!xs_get_u32(dir, "evt-event-channel", &evt_port))
		wrong = "evt-event-channel is missing or no number";
	free(dir);
	if (wrong)
		return wrong;
	map = grants_map(c->dev, &req_ref, 1);
	if (!map)
		return "req-ring-ref cannot be mapped";
	BACK_RING_INIT(&c->ring, (xen_displif_sring_t *)map, PAGE_BYTES);
	c->evt = grants_map(c->dev, &evt_ref, 1);
	if (!c->evt)
		return "evt-ring-ref cannot be mapped";
	wrong = open_ports(c, req_port, evt_port);
	if (wrong)
		return wrong;
	c->rsp_tail = 0;
	c->rsp_pushed = 0;
	c->rsp_skew = 0;
	c->fuzzed = false;
	c->fuzz_due = 0;
	c->evt_cookie = 0;
	c->evt_id = 0;
	c->evt_prod = __atomic_load_n(&c->evt->in_cons, __ATOMIC_ACQUIRE);
	__atomic_store_n(&c->evt->in_prod, c->evt_prod, __ATOMIC_RELEASE);
	c->clock_base = clock_ns();
	c->more = true;
	return NULL;
}

/**
 * conn_close() - let the rings go
 * @c: connector, open, half open or closed
 */
void conn_close(struct conn *c)
{
	if (c->req_bound) {
		port_del(c->req_port);
		xenevtchn_unbind(be.evtchn, c->req_port);
		c->req_bound = false;
	}
	if (c->evt_bound) {
		port_del(c->evt_port);
		xenevtchn_unbind(be.evtchn, c->evt_port);
		c->evt_bound = false;
	}
	if (c->ring.sring) {
		grants_unmap(c->dev, c->ring.sring, 1);
		c->ring.sring = NULL;
	}
	if (c->evt) {
		grants_unmap(c->dev, c->evt, 1);
		c->evt = NULL;
	}
	c->more = false;
	c->nflips = 0;
	c->fb = NULL;
	c->configured = false;
	c->crtc_off = false;
	c->picture_current = false;
}

static void put_response(struct conn *c, const struct line *l)
{
	memcpy(RING_GET_RESPONSE(&c->ring, c->ring.rsp_prod_pvt + c->rsp_skew), &l->rsp,
	       sizeof(l->rsp));
}

/* the responses at the head of the line that need not wait any longer */
static void responses_push(struct conn *c)
{
	uint32_t old = c->ring.rsp_prod_pvt + c->rsp_skew, prod, event;
	struct inject *in = NULL;

	while (c->rsp_pushed != c->rsp_tail && c->line[c->rsp_pushed % RSP_SLOTS].ready) {
		const struct line *l = &c->line[c->rsp_pushed % RSP_SLOTS];

		put_response(c, l);
		c->ring.rsp_prod_pvt++;
		if (l->twice) {
			put_response(c, l);
			c->rsp_skew++;
		}
		if (!in)
			in = mischief(INJECT_RSP_PROD, c->dev, c, l->rsp.operation);
		c->rsp_pushed++;
	}
	if (in)
		c->rsp_skew += inject_jump(in);
	prod = c->ring.rsp_prod_pvt + c->rsp_skew;
	if (prod == old)
		return;
	/*
	 * RING_PUSH_RESPONSES_AND_CHECK_NOTIFY, but for the old index, which it
	 * reads from the page
	 */
	__atomic_store_n(&c->ring.sring->rsp_prod, prod, __ATOMIC_RELEASE);
	xen_mb();
	event = __atomic_load_n(&c->ring.sring->rsp_event, __ATOMIC_RELAXED);
	if (prod - event < prod - old || in) {
		xenevtchn_notify(be.evtchn, c->req_port);
		c->count.notify_rsp++;
	}
}

/* put a response in the line; returns its index */
static uint32_t response_queue(struct conn *c, const struct plan *plan, bool ready)
{
	struct line *l = &c->line[c->rsp_tail % RSP_SLOTS];

	l->rsp = plan->rsp;
	l->twice = plan->twice;
	l->due = plan->due;
	l->ready = ready && !plan->due;
	return c->rsp_tail++;
}

/* carried out; now the answer, unless there shall be none */
static void answer(struct conn *c, const struct plan *plan)
{
	if (!plan->mute)
		response_queue(c, plan, true);
	responses_push(c);
}

/**
 * conn_flush_late() - send the responses that were late on purpose
 * @c: connector
 * @now: the time
 */
void conn_flush_late(struct conn *c, uint64_t now)
{
	uint32_t i;

	for (i = c->rsp_pushed; i != c->rsp_tail; i++) {
		struct line *l = &c->line[i % RSP_SLOTS];

		if (l->due && l->due <= now) {
			l->due = 0;
			l->ready = true;
		}
	}
	responses_push(c);
}

/**
 * conn_next_late() - when the next of those is due
 * @c: connector
 *
 * Return: time, or NEVER.
 */
uint64_t conn_next_late(const struct conn *c)
{
	uint64_t next = NEVER;
	uint32_t i;

	for (i = c->rsp_pushed; i != c->rsp_tail; i++)
		if (c->line[i % RSP_SLOTS].due)
			next = min_u64(next, c->line[i % RSP_SLOTS].due);
	return next;
}

static uint64_t next_tick(const struct conn *c, uint64_t after)
{
	uint64_t period = (uint64_t)(1e9 / be.opt.pace_hz);

	return c->clock_base + ((after - c->clock_base) / period + 1) * period;
}

static void flip_done(struct conn *c, uint64_t cookie, const struct plan *plan, uint64_t now)
{
	bool event_first;
	struct flip *f;

	if (be.opt.pace_hz == 0 && !c->nflips) {
		event_first = be.opt.order == ORDER_EVENT_FIRST ||
			      (be.opt.order == ORDER_MIXED && c->count.flips % 2);
		if (event_first)
			event_send(c, cookie);
		answer(c, plan);
		if (!event_first)
			event_send(c, cookie);
		return;
	}
	f = &c->flips[c->nflips];
	f->cookie = cookie;
	f->holds = be.opt.order == ORDER_EVENT_FIRST && !plan->mute && !plan->due;
	f->due = now;
	if (be.opt.pace_hz > 0)
		f->due = next_tick(c, c->nflips && f[-1].due > now ? f[-1].due : now);
	c->nflips++;
	if (f->holds)
		f->rsp = response_queue(c, plan, false);
	else
		answer(c, plan);
}

/**
 * conn_flush_flips() - send the events that are due
 * @c: connector
 * @now: the time; NEVER: send all
 */
void conn_flush_flips(struct conn *c, uint64_t now)
{
	while (c->nflips && c->flips[0].due <= now) {
		struct flip f = c->flips[0];

		c->nflips--;
		memmove(c->flips, c->flips + 1, c->nflips * sizeof(f));
		event_send(c, f.cookie);
		if (f.holds) {
			c->line[f.rsp % RSP_SLOTS].ready = true;
			responses_push(c);
		}
	}
}

/**
 * conn_next_flip() - when the next event is due
 * @c: connector
 *
 * Return: time, or NEVER.
 */
uint64_t conn_next_flip(const struct conn *c)
{
	return c->nflips ? c->flips[0].due : NEVER;
}

/* carry it out or say that it was, and what of the answer is wrong on purpose */
static void carry_out(struct conn *c, const struct xendispl_req *req, struct plan *plan)
{
	uint8_t op = req->operation;
	struct inject *in = mischief(INJECT_STATUS, c->dev, c, op);

	if (in) {
		plan->rsp.id = req->id;
		plan->rsp.operation = op;
		plan->rsp.status = (int32_t)in->value;
	} else {
		op_run(c, req, &plan->rsp);
		plan->flipped = op == XENDISPL_OP_PG_FLIP && !plan->rsp.status;
	}
	in = mischief(INJECT_LIE, c->dev, c, op);
	if (in)
		plan->rsp.status = (int32_t)in->value;
	in = mischief(INJECT_WRONG_ID, c->dev, c, op);
	if (in)
		plan->rsp.id = (uint16_t)(plan->rsp.id + in->value);
	in = mischief(INJECT_WRONG_OP, c->dev, c, op);
	if (in)
		plan->rsp.operation = (uint8_t)(in->value ? in->value : op + 1);
	in = mischief(INJECT_LATE, c->dev, c, op);
	if (in)
		plan->due = clock_ns() + (uint64_t)in->value * NSEC_PER_MSEC;
	plan->twice = mischief(INJECT_TWICE, c->dev, c, op);
	plan->mute = mischief(INJECT_NO_ANSWER, c->dev, c, op);
}

static void one_request(struct conn *c)
{
	uint64_t start = clock_ns(), end;
	struct plan plan = { 0 };
	struct xendispl_req req;

	RING_COPY_REQUEST(&c->ring, c->ring.req_cons, &req);
	c->ring.req_cons++;
	if (mischief(INJECT_DIE, c->dev, c, req.operation)) {
		log_close();
		_exit(EXIT_OK);
	}
	if (mischief(INJECT_IGNORE, c->dev, c, req.operation))
		return;
	carry_out(c, &req, &plan);
	end = clock_ns();
	if (plan.flipped) {
		c->count.flips++;
		flip_done(c, req.op.pg_flip.fb_cookie, &plan, end);
	} else {
		answer(c, &plan);
	}
	op_log(c, &req, &plan.rsp, plan.flipped, end - start);
}

/* where the frontend shall notify, wrong on purpose; and where it wants to be notified */
static void scribble(struct conn *c)
{
	struct inject *in = mischief(INJECT_REQ_EVENT, c->dev, c, ANY);

	if (in)
		__atomic_store_n(&c->ring.sring->req_event,
				 c->ring.req_cons + 1 + inject_jump(in), __ATOMIC_RELEASE);
	in = mischief(INJECT_RSP_EVENT, c->dev, c, ANY);
	if (in)
		__atomic_fetch_add(&c->ring.sring->rsp_event, inject_jump(in), __ATOMIC_RELEASE);
}

/**
 * conn_run() - carry out the requests that are there
 * @c: open connector
 *
 * If there are more than one turn may take, @more stays set. A ring whose
 * producer cannot be right marks the device as broken.
 */
void conn_run(struct conn *c)
{
	uint32_t first = c->ring.req_cons;
	unsigned int n = 0;
	int work;

	c->more = false;
	if (!c->ring.sring || c->dev->broken)
		return;
	do {
		/* n counts rounds too: a producer that jumps about keeps nobody here */
		uint32_t prod = __atomic_load_n(&c->ring.sring->req_prod, __ATOMIC_ACQUIRE);

		if (RING_REQUEST_PROD_OVERFLOW(&c->ring, prod) ||
		    prod - c->ring.req_cons > RING_SIZE(&c->ring)) {
			/* we filled the page with random bytes: wait for better ones */
			if (c->fuzzed)
				return;
			fault(c->dev, c, FAULT_RING_OVERFLOW, prod, "consumed %u, answered %u",
			      c->ring.req_cons, c->ring.rsp_prod_pvt);
			c->dev->broken = true;
			return;
		}
		while (c->ring.req_cons != prod) {
			if (n++ == BUDGET) {
				c->more = true;
				return;
			}
			one_request(c);
		}
		RING_FINAL_CHECK_FOR_REQUESTS(&c->ring, work);
		c->more = work;
	} while (work && n++ < BUDGET);
	if (c->ring.req_cons != first)
		scribble(c);
}
