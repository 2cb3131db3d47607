// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/pure/ring.c: the input is what a driver and a backend do in turn. A plain list
 * of the requests that wait for their answer says what must come of it.
 */
#include "fuzz.h"

#include "xdf_ring.h"

/* An id comes again after 2048 requests in the same slot; we remember fewer. */
#define REMEMBERED 200

static struct xdf_ring ring;
static struct waiting { u16 id; u8 op; u8 slot; } waiting[XDF_RING_SLOTS];
static unsigned int num_waiting;
/* the ids of each slot, the last ones, in no order */
static u16 old[XDF_RING_SLOTS][REMEMBERED];
static unsigned int num_old[XDF_RING_SLOTS];
/* requests and responses so far; the indices are their lower halves */
static u64 asked, answered;

static void begin(u64 at)
{
	xdf_ring_init(&ring);
	ring.req_prod = (u32)at;
	ring.rsp_cons = (u32)at;
	asked = at;
	answered = at;
	num_waiting = 0;
	memset(num_old, 0, sizeof(num_old));
}

static void ask(u8 op)
{
	struct xdf_ring before = ring;
	u16 id = 0xbeef;
	unsigned int i;
	int slot;

	slot = xdf_ring_reserve(&ring, op, &id);
	if (num_waiting == XDF_RING_SLOTS) {
		promise(slot == -ENOSPC);
		promise(!memcmp(&before, &ring, sizeof(ring)));
		return;
	}
	promise(slot >= 0 && slot < (int)XDF_RING_SLOTS);
	for (i = 0; i < num_waiting; i++) {
		promise(waiting[i].slot != slot);
		promise(waiting[i].id != id);
	}
	for (i = 0; i < num_old[slot] && i < REMEMBERED; i++)
		promise(old[slot][i] != id);
	old[slot][num_old[slot]++ % REMEMBERED] = id;
	waiting[num_waiting++] = (struct waiting){ .id = id, .op = op, .slot = (u8)slot };
	asked++;
}

/* A backend that breaks the protocol gets a new ring. */
static void answer(u16 id, u8 op)
{
	struct xdf_ring before = ring;
	unsigned int i;
	int slot;

	/* the channel looks at no response before it is announced */
	if (!num_waiting)
		return;
	slot = xdf_ring_accept(&ring, id, op);
	answered++;
	for (i = 0; i < num_waiting; i++)
		if (waiting[i].id == id && waiting[i].op == op)
			break;
	if (i == num_waiting) {
		promise(slot == -EPROTO);
		promise(ring.busy == before.busy && ring.req_prod == before.req_prod);
		begin(asked);
		return;
	}
	promise(slot == waiting[i].slot);
	waiting[i] = waiting[--num_waiting];
}

static void announce(u32 rsp_prod)
{
	struct xdf_ring before = ring;
	int unread = xdf_ring_unread(&ring, rsp_prod);
	unsigned int i;

	promise(!memcmp(&before, &ring, sizeof(ring)));
	/* of all that a backend may have answered by now, which is it? */
	for (i = 0; i <= num_waiting; i++)
		if (rsp_prod == (u32)(answered + i))
			break;
	promise(unread == (i <= num_waiting ? (int)i : -EPROTO));
}

static void events(u32 cons, u32 prod)
{
	int unread = xdf_events_unread(cons, prod);
	unsigned int i;

	for (i = 0; i <= XDF_EVENT_SLOTS; i++)
		if (prod == (u32)((u64)cons + i))
			break;
	promise(unread == (i <= XDF_EVENT_SLOTS ? (int)i : -EPROTO));
}

static void status(s32 s)
{
	int err = xdf_status_to_errno(s);

	promise((err == 0) == (s == 0));
	promise(err <= 0 && err >= -133);
	promise(err == -EIO || err == s);
	/* orders to try again, and what only this side may say */
	if (s == -EINTR || s == -EAGAIN || s == -EDEADLK || s == -ENOTCONN || s == -ETIMEDOUT)
		promise(err == -EIO);
	else
		promise(s > 0 || s < -133 || err == s);
}

static void check(void)
{
	promise(ring.req_prod == (u32)asked);
	promise(ring.rsp_cons == (u32)answered);
	promise(ring.req_prod - ring.rsp_cons == num_waiting);
	promise(__builtin_popcount(ring.busy) == (int)num_waiting);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct input in = { data, size };
	u8 what;
	u32 n;

	begin(take32(&in));
	while (in.size) {
		what = take8(&in);
		switch (what & 7) {
		case 0:
			ask(take8(&in));
			break;
		case 1: /* several, so that full rings are not rare */
			for (n = what >> 3; n; n--)
				ask((u8)n);
			break;
		case 2: /* as it should be */
			n = take8(&in);
			if (num_waiting)
				answer(waiting[n % num_waiting].id, waiting[n % num_waiting].op);
			break;
		case 3: /* any */
			n = take16(&in);
			answer((u16)n, take8(&in));
			break;
		case 4: /* late, or once more */
			n = what >> 3;
			if (num_old[n])
				answer(old[n][take8(&in) % (num_old[n] < REMEMBERED ? num_old[n] : REMEMBERED)],
				       take8(&in));
			break;
		case 5:
			announce(what >> 3 == 31 ? take32(&in) : ring.rsp_cons + take8(&in) - 4);
			break;
		case 6:
			n = take32(&in);
			events(n, what >> 3 == 31 ? take32(&in) : n + take8(&in) - 4);
			break;
		case 7:
			status(what >> 3 == 31 ? (s32)take32(&in) : 4 - take8(&in));
			break;
		}
		check();
	}
	return 0;
}
