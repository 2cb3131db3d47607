// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * One connector's event page: we produce, the frontend consumes.
 */
#include <string.h>

#include "backend.h"
#include "inject.h"

/* the slots are the frontend's, too: written as a whole, never read */
static void put(struct conn *c, const struct xendispl_evt *evt)
{
	memcpy(&XENDISPL_IN_RING_REF(c->evt, c->evt_prod), evt, sizeof(*evt));
	c->evt_prod++;
}

static void publish(struct conn *c)
{
	struct inject *in = mischief(INJECT_IN_PROD, c->dev, c, ANY);

	if (in)
		c->evt_prod += inject_jump(in);
	in = mischief(INJECT_IN_CONS, c->dev, c, ANY);
	if (in)
		__atomic_fetch_add(&c->evt->in_cons, inject_jump(in), __ATOMIC_RELAXED);
	__atomic_store_n(&c->evt->in_prod, c->evt_prod, __ATOMIC_RELEASE);
	xenevtchn_notify(be.evtchn, c->evt_port);
	c->count.notify_evt++;
}

/* room for events; what the frontend consumed is read once */
static uint32_t room(struct conn *c)
{
	uint32_t cons = __atomic_load_n(&c->evt->in_cons, __ATOMIC_ACQUIRE);
	uint32_t used = c->evt_prod - cons;

	if (used > XENDISPL_IN_RING_LEN)
		fault(c->dev, c, FAULT_EVENT_CONS, cons, "in_prod is %u", c->evt_prod);
	return used < XENDISPL_IN_RING_LEN ? XENDISPL_IN_RING_LEN - used : 0;
}

/* wrong on purpose; the frontend's own cookie is kept for "stale" */
static void spoil(struct conn *c, struct xendispl_evt *evt)
{
	uint64_t cookie = evt->op.pg_flip.fb_cookie;
	struct inject *in = mischief(INJECT_EVENT_TYPE, c->dev, c, ANY);

	if (in)
		evt->type = (uint8_t)in->value;
	in = mischief(INJECT_EVENT_COOKIE, c->dev, c, ANY);
	if (in)
		evt->op.pg_flip.fb_cookie = in->value == COOKIE_STALE ? c->evt_cookie :
					    in->value == COOKIE_ZERO ? 0 : in->cookie;
	c->evt_cookie = cookie;
	in = mischief(INJECT_EVENT_ID, c->dev, c, ANY);
	if (in) {
		c->evt_id = (uint16_t)(c->evt_id + inject_jump(in));
		evt->id = c->evt_id++;
	}
}

/**
 * event_send() - tell the frontend that a flip is done
 * @c: connector
 * @cookie: framebuffer
 */
void event_send(struct conn *c, uint64_t cookie)
{
	uint16_t id = c->evt_id++;
	struct xendispl_evt evt;
	struct json *j;

	if (mischief(INJECT_EVENT_LOST, c->dev, c, ANY))
		return;
	if (!room(c)) {
		c->count.dropped++;
		warning(c->dev, c, "event-dropped", id);
		return;
	}
	memset(&evt, 0, sizeof(evt));
	evt.id = id;
	evt.type = XENDISPL_EVT_PG_FLIP;
	evt.op.pg_flip.fb_cookie = cookie;
	spoil(c, &evt);
	put(c, &evt);
	if (mischief(INJECT_EVENT_TWICE, c->dev, c, ANY))
		put(c, &evt);
	publish(c);
	c->count.events++;
	if (be.opt.quiet_flips && c->count.events % 100)
		return;
	j = log_begin_dev("event", c->dev);
	json_u64(j, "conn", c->index);
	json_u64(j, "id", evt.id);
	json_hex(j, "fb", evt.op.pg_flip.fb_cookie);
	json_u64(j, "n", c->count.events);
	log_end();
}

/**
 * event_unasked() - an event without a flip, if there is room; a notification
 * @c: connector
 */
void event_unasked(struct conn *c)
{
	uint32_t cons = __atomic_load_n(&c->evt->in_cons, __ATOMIC_ACQUIRE);
	struct xendispl_evt evt;

	memset(&evt, 0, sizeof(evt));
	evt.type = XENDISPL_EVT_PG_FLIP;
	evt.op.pg_flip.fb_cookie = c->fb ? c->fb->cookie : 1;
	if (c->evt_prod - cons < XENDISPL_IN_RING_LEN) {
		evt.id = c->evt_id++;
		put(c, &evt);
	}
	__atomic_store_n(&c->evt->in_prod, c->evt_prod, __ATOMIC_RELEASE);
	xenevtchn_notify(be.evtchn, c->evt_port);
}
