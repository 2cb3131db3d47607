// SPDX-License-Identifier: GPL-2.0 OR MIT
/*
 * src/pure/ring.c: what a backend may say, and what it may not.
 */
#include "unit.h"

#include "xdf_ring.h"

/* An id comes again after so many requests in the same slot, never before. */
#define GENERATIONS 2048u

/* operations of the protocol, in no special order */
static const u8 ops[] = { 0x15, 0x10, 0x12, 0x13, 0x14, 0x11, 0x16 };

/* where the private indices start: 0 after a connect, the others much later */
static const u32 starts[] = {
	0, 1, 31, 32, 0x7ffffff0u, 0x7fffffffu, 0x80000000u, UINT32_MAX - 40, UINT32_MAX - 32,
	UINT32_MAX - 31, UINT32_MAX - 1, UINT32_MAX
};

static void ring_at(struct xdf_ring *ring, u32 start)
{
	xdf_ring_init(ring);
	ring->req_prod = start;
	ring->rsp_cons = start;
}

/* put @n requests on an empty ring; what is known of slot i at index i */
static void fill(struct xdf_ring *ring, unsigned int n, u16 *id)
{
	unsigned int i;
	u16 got;

	for (i = 0; i < n; i++) {
		int slot = xdf_ring_reserve(ring, ops[i % ARRAY_SIZE(ops)], &got);

		assert_in_range(slot, 0, XDF_RING_SLOTS - 1);
		assert_int_equal(slot, i);
		id[slot] = got;
	}
}

static u8 op_of(unsigned int slot)
{
	return ops[slot % ARRAY_SIZE(ops)];
}

/* the verdict on a response, with @ring as it was before */
static int judge(const struct xdf_ring *ring, u16 id, u8 op)
{
	struct xdf_ring copy = *ring;
	int ret = xdf_ring_accept(&copy, id, op);

	if (ret < 0)
		assert_int_equal(copy.busy, ring->busy);
	return ret;
}

static void ring_sizes(void **state)
{
	(void)state;
	/* what ring.h makes of a page: the largest power of two that fits */
	assert_true(64 + 64 * XDF_RING_SLOTS <= XDF_GRANT_SIZE);
	assert_true(64 + 64 * XDF_RING_SLOTS * 2 > XDF_GRANT_SIZE);
	assert_int_equal(XDF_RING_SLOTS & (XDF_RING_SLOTS - 1), 0);
	assert_int_equal(64 + 64 * XDF_EVENT_SLOTS, XDF_GRANT_SIZE);
}

static void ring_init_is_empty(void **state)
{
	struct xdf_ring *ring = unit_alloc(sizeof(*ring)), clean = { 0 };
	unsigned int id;

	(void)state;
	xdf_ring_init(&clean);
	xdf_ring_init(ring);
	assert_memory_equal(ring, &clean, sizeof(clean));
	assert_int_equal(ring->req_prod, 0);
	assert_int_equal(ring->rsp_cons, 0);
	assert_int_equal(xdf_ring_unread(ring, 0), 0);
	assert_int_equal(xdf_ring_unread(ring, 1), -EPROTO);
	for (id = 0; id <= UINT16_MAX; id++) {
		assert_int_equal(judge(ring, (u16)id, 0), -EPROTO);
		assert_int_equal(judge(ring, (u16)id, 0x15), -EPROTO);
	}
	free(ring);
}

static void ring_reserve_until_full(void **state)
{
	unsigned int i, k, s;

	(void)state;
	for (s = 0; s < ARRAY_SIZE(starts); s++) {
		struct xdf_ring ring, before;
		u16 id[XDF_RING_SLOTS], none = 0xbeef;

		ring_at(&ring, starts[s]);
		for (i = 0; i < XDF_RING_SLOTS; i++) {
			assert_int_equal(ring.req_prod, (u32)(starts[s] + i));
			assert_int_equal(xdf_ring_reserve(&ring, 0x15, &id[i]), i);
			for (k = 0; k < i; k++)
				assert_int_not_equal(id[i], id[k]);
		}
		assert_int_equal(ring.req_prod, (u32)(starts[s] + XDF_RING_SLOTS));
		assert_int_equal(ring.rsp_cons, starts[s]);

		before = ring;
		for (i = 0; i < 3; i++)
			assert_int_equal(xdf_ring_reserve(&ring, 0x10, &none), -ENOSPC);
		assert_int_equal(none, 0xbeef);
		assert_memory_equal(&ring, &before, sizeof(ring));
	}
}

static void ring_full_again_after_accept(void **state)
{
	struct xdf_ring ring;
	u16 id[XDF_RING_SLOTS], again, none;
	unsigned int slot;

	(void)state;
	ring_at(&ring, UINT32_MAX - 48);
	fill(&ring, XDF_RING_SLOTS, id);
	for (slot = 0; slot < XDF_RING_SLOTS; slot++) {
		assert_int_equal(xdf_ring_accept(&ring, id[slot], op_of(slot)), slot);
		assert_int_equal(xdf_ring_reserve(&ring, 0x42, &again), slot);
		assert_int_not_equal(again, id[slot]);
		assert_int_equal(xdf_ring_reserve(&ring, 0x42, &none), -ENOSPC);
		/* the old id is worth nothing, under either operation */
		assert_int_equal(judge(&ring, id[slot], op_of(slot)), -EPROTO);
		assert_int_equal(judge(&ring, id[slot], 0x42), -EPROTO);
		assert_int_equal(judge(&ring, again, op_of(slot)), -EPROTO);
		assert_int_equal(judge(&ring, again, 0x42), slot);
	}
	assert_int_equal(ring.req_prod - ring.rsp_cons, XDF_RING_SLOTS);
}

/* Of all 65536 ids just those that are out count, each with its own operation. */
static void ring_accepts_nothing_else(void **state)
{
	struct xdf_ring ring;
	u16 id[XDF_RING_SLOTS];
	unsigned int n, i, slot;
	u16 junk;

	(void)state;
	for (n = 0; n <= XDF_RING_SLOTS; n += 8) {
		xdf_ring_init(&ring);
		for (i = 0; i < 5; i++) { /* generations other than the first */
			slot = (unsigned int)xdf_ring_reserve(&ring, 1, &junk);
			assert_int_equal(xdf_ring_accept(&ring, junk, 1), slot);
		}
		fill(&ring, n, id);
		for (i = 0; i <= UINT16_MAX; i++) {
			int expected = -EPROTO;

			for (slot = 0; slot < n; slot++)
				if (id[slot] == i)
					expected = (int)slot;
			slot = expected < 0 ? i % 32 : (unsigned int)expected;
			assert_int_equal(judge(&ring, (u16)i, op_of(slot)), expected);
		}
	}
}

static void ring_every_wrong_operation(void **state)
{
	struct xdf_ring ring;
	unsigned int sent, got;
	u16 id;

	(void)state;
	for (sent = 0; sent < 256; sent++) {
		xdf_ring_init(&ring);
		xdf_ring_reserve(&ring, (u8)sent, &id);
		for (got = 0; got < 256; got++)
			assert_int_equal(judge(&ring, id, (u8)got), got == sent ? 0 : -EPROTO);
	}
}

static void ring_out_of_order(void **state)
{
	static const unsigned int stride[] = { 1, 31, 5, 17, 11 };
	struct xdf_ring ring;
	u16 id[XDF_RING_SLOTS];
	unsigned int s, i;

	(void)state;
	ring_at(&ring, UINT32_MAX - 70);
	for (s = 0; s < ARRAY_SIZE(stride); s++) {
		fill(&ring, XDF_RING_SLOTS, id);
		for (i = 0; i < XDF_RING_SLOTS; i++) {
			unsigned int slot = (i + 3) * stride[s] % XDF_RING_SLOTS;
			u32 cons = ring.rsp_cons;

			assert_int_equal(xdf_ring_unread(&ring, ring.req_prod),
					 XDF_RING_SLOTS - i);
			assert_int_equal(xdf_ring_accept(&ring, id[slot], op_of(slot)), slot);
			assert_int_equal(ring.rsp_cons, (u32)(cons + 1));
		}
		assert_int_equal(ring.busy, 0);
		assert_int_equal(xdf_ring_unread(&ring, ring.req_prod), 0);
	}
}

static void ring_duplicate_response(void **state)
{
	struct xdf_ring ring;
	u16 id[XDF_RING_SLOTS];
	unsigned int slot;

	(void)state;
	for (slot = 0; slot < XDF_RING_SLOTS; slot++) {
		xdf_ring_init(&ring);
		fill(&ring, XDF_RING_SLOTS, id);
		assert_int_equal(xdf_ring_accept(&ring, id[slot], op_of(slot)), slot);
		assert_int_equal(judge(&ring, id[slot], op_of(slot)), -EPROTO);
	}
}

static void ring_free_slot(void **state)
{
	struct xdf_ring ring;
	u16 id[XDF_RING_SLOTS];
	unsigned int slot, generation;

	(void)state;
	xdf_ring_init(&ring);
	fill(&ring, 7, id);
	for (slot = 7; slot < XDF_RING_SLOTS; slot++)
		for (generation = 0; generation < GENERATIONS; generation++)
			assert_int_equal(judge(&ring, (u16)(generation << 5 | slot), 0),
					 -EPROTO);
}

/*
 * The same slot for longer than its counter lasts: the first 2048 ids are all
 * different, then they come again in the same order; what was right a moment
 * ago is wrong now.
 */
static void ring_generations(void **state)
{
	static const unsigned int taken[] = { 0, 1, 16, 31 };
	struct xdf_ring ring;
	u16 id[XDF_RING_SLOTS];
	unsigned int t, i;

	(void)state;
	for (t = 0; t < ARRAY_SIZE(taken); t++) {
		u16 *past = unit_alloc(70000 * sizeof(*past));
		u8 *seen = calloc(1, UINT16_MAX + 1);
		unsigned int slot = taken[t];

		xdf_ring_init(&ring);
		fill(&ring, slot, id);
		for (i = 0; i < 70000; i++) {
			assert_int_equal(xdf_ring_reserve(&ring, 0x15, &past[i]), slot);
			if (i < GENERATIONS) {
				assert_false(seen[past[i]]);
				seen[past[i]] = 1;
			} else {
				assert_int_equal(past[i], past[i - GENERATIONS]);
			}
			if (i)
				assert_int_equal(judge(&ring, past[i - 1], 0x15), -EPROTO);
			assert_int_equal(judge(&ring, (u16)(past[i] + 32), 0x15), -EPROTO);
			assert_int_equal(xdf_ring_accept(&ring, past[i], 0x15), slot);
		}
		free(seen);
		free(past);
	}
}

static void ring_ids_never_shared(void **state)
{
	u8 *owner = calloc(1, UINT16_MAX + 1);
	struct xdf_ring ring;
	unsigned int slot, i;
	u16 id[XDF_RING_SLOTS];

	(void)state;
	/* all generations of all slots: each id belongs to one slot */
	xdf_ring_init(&ring);
	for (i = 0; i < GENERATIONS; i++) {
		fill(&ring, XDF_RING_SLOTS, id);
		for (slot = 0; slot < XDF_RING_SLOTS; slot++) {
			assert_int_equal(owner[id[slot]], 0);
			owner[id[slot]] = 1;
			assert_int_equal(xdf_ring_accept(&ring, id[slot], op_of(slot)), slot);
		}
	}
	free(owner);
}

static void ring_unread_bounds(void **state)
{
	unsigned int s, n, k;

	(void)state;
	for (s = 0; s < ARRAY_SIZE(starts); s++) {
		for (n = 0; n <= XDF_RING_SLOTS; n++) {
			struct xdf_ring ring, before;
			u16 id[XDF_RING_SLOTS];
			u32 at = starts[s];

			ring_at(&ring, at);
			fill(&ring, n, id);
			before = ring;
			for (k = 0; k <= n; k++)
				assert_int_equal(xdf_ring_unread(&ring, at + k), k);
			for (k = n + 1; k <= 100; k++)
				assert_int_equal(xdf_ring_unread(&ring, at + k), -EPROTO);
			for (k = 1; k <= 100; k++)
				assert_int_equal(xdf_ring_unread(&ring, at - k), -EPROTO);
			assert_memory_equal(&ring, &before, sizeof(ring));
		}
	}
}

static void ring_unread_jumps(void **state)
{
	static const u32 jump[] = {
		1000, (u32)-5, 0x7fffffffu, 0x80000000u, 0x80000001u, UINT32_MAX, 33, 64, 256,
		65536, (u32)-32, (u32)-1000, 0x7ffffff0u
	};
	unsigned int s, j, n;

	(void)state;
	for (s = 0; s < ARRAY_SIZE(starts); s++) {
		for (n = 0; n <= XDF_RING_SLOTS; n += 16) {
			struct xdf_ring ring;
			u16 id[XDF_RING_SLOTS];

			ring_at(&ring, starts[s]);
			fill(&ring, n, id);
			for (j = 0; j < ARRAY_SIZE(jump); j++)
				assert_int_equal(xdf_ring_unread(&ring, starts[s] + jump[j]),
						 -EPROTO);
		}
	}
}

static void ring_unread_takes_nothing_back(void **state)
{
	struct xdf_ring ring;
	u16 id[XDF_RING_SLOTS];
	unsigned int i;

	(void)state;
	ring_at(&ring, UINT32_MAX - 9);
	fill(&ring, 20, id);
	for (i = 0; i < 20; i++) {
		assert_int_equal(xdf_ring_unread(&ring, ring.rsp_cons + 1), 1);
		assert_int_equal(xdf_ring_accept(&ring, id[i], op_of(i)), i);
		assert_int_equal(xdf_ring_unread(&ring, ring.rsp_cons), 0);
		assert_int_equal(xdf_ring_unread(&ring, ring.rsp_cons - 1), -EPROTO);
		assert_int_equal(xdf_ring_unread(&ring, ring.req_prod + 1), -EPROTO);
	}
}

static void status_table(void **state)
{
	static const struct {
		s32 status;
		int err;
	} table[] = {
		{ 0, 0 }, { -EPERM, -EPERM }, { -ENOENT, -ENOENT }, { -EIO, -EIO },
		{ -ENOMEM, -ENOMEM }, { -EBUSY, -EBUSY }, { -EINVAL, -EINVAL },
		{ -ENOSPC, -ENOSPC }, { -EOPNOTSUPP, -EOPNOTSUPP }, { -132, -132 },
		{ -133, -133 }, { -134, -EIO }, { -135, -EIO }, { -511, -EIO },
		/* ERESTARTSYS and its family must never come from outside */
		{ -512, -EIO }, { -513, -EIO }, { -516, -EIO }, { -517, -EIO },
		{ -529, -EIO }, { -4095, -EIO }, { -4096, -EIO }, { -65536, -EIO },
		{ INT32_MIN, -EIO }, { INT32_MIN + 1, -EIO }, { 1, -EIO }, { 2, -EIO },
		{ 22, -EIO }, { 133, -EIO }, { 4095, -EIO }, { 65536, -EIO },
		{ INT32_MAX, -EIO },
		/* orders to try again, and what only this side may say */
		{ -EINTR, -EIO }, { -EAGAIN, -EIO }, { -EDEADLK, -EIO }, { -ENOTCONN, -EIO },
		{ -ETIMEDOUT, -EIO },
	};
	unsigned int i;
	s32 status;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(table); i++)
		assert_int_equal(xdf_status_to_errno(table[i].status), table[i].err);
	for (status = -10000; status <= 10000; status++) {
		int expected = -EIO;

		if (status <= 0 && status >= -133 && status != -EINTR && status != -EAGAIN &&
		    status != -EDEADLK && status != -ENOTCONN && status != -ETIMEDOUT)
			expected = status;
		assert_int_equal(xdf_status_to_errno(status), expected);
	}
}

static void client_errnos(void **state)
{
	static const int kept[] = { 0, -EINVAL, -ENOENT, -ENOMEM, -ENOSPC, -EBUSY, -EINTR,
				    -ETIMEDOUT, -ENOTCONN, -ERANGE };
	static const int hidden[] = { -ENOTTY, -ENOSYS, -EPERM, -EACCES, -ENODEV, -EBADF,
				      -EOPNOTSUPP, -EFAULT, -EIO, -5000 };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		assert_int_equal(xdf_client_errno(kept[i]), kept[i]);
	for (i = 0; i < ARRAY_SIZE(hidden); i++)
		assert_int_equal(xdf_client_errno(hidden[i]), -EIO);
}

static void events_bounds(void **state)
{
	static const u32 jump[] = {
		64, 65, 126, 1000, 0x7fffffffu, 0x80000000u, (u32)-1, (u32)-5, (u32)-63,
		(u32)-64
	};
	unsigned int s, k;

	(void)state;
	for (s = 0; s < ARRAY_SIZE(starts); s++) {
		for (k = 0; k <= 63; k++)
			assert_int_equal(xdf_events_unread(starts[s], starts[s] + k), k);
		for (k = 0; k < ARRAY_SIZE(jump); k++)
			assert_int_equal(xdf_events_unread(starts[s], starts[s] + jump[k]),
					 -EPROTO);
	}
}

static void events_wrap(void **state)
{
	(void)state;
	assert_int_equal(xdf_events_unread(UINT32_MAX, 0), 1);
	assert_int_equal(xdf_events_unread(UINT32_MAX - 62, 0), 63);
	assert_int_equal(xdf_events_unread(UINT32_MAX - 63, 0), -EPROTO);
	assert_int_equal(xdf_events_unread(0, UINT32_MAX), -EPROTO);
	assert_int_equal(xdf_events_unread(UINT32_MAX, 62), 63);
	assert_int_equal(xdf_events_unread(UINT32_MAX, 63), -EPROTO);
}

/*
 * The reference: a table of what is out, and for each id when it was last given
 * to its slot. It knows nothing of how ids are made.
 */
struct model {
	struct {
		bool busy;
		u8 op;
		u16 id;
		u32 uses;
	} slot[XDF_RING_SLOTS];
	u32 last[UINT16_MAX + 1]; /* of the slot's uses, from 1 */
	unsigned int out;
	u32 prod;
	u32 cons;
};

static void model_reserve(struct model *m, struct xdf_ring *ring, u64 *seed)
{
	u8 op = (u8)unit_below(seed, 256);
	u16 id = 0x1234;
	int slot = xdf_ring_reserve(ring, op, &id);
	unsigned int i;

	if (m->out == XDF_RING_SLOTS) {
		assert_int_equal(slot, -ENOSPC);
		return;
	}
	assert_in_range(slot, 0, XDF_RING_SLOTS - 1);
	assert_false(m->slot[slot].busy);
	for (i = 0; i < XDF_RING_SLOTS; i++)
		assert_false(m->slot[i].busy && m->slot[i].id == id);
	m->slot[slot].uses++;
	if (m->last[id])
		assert_true(m->slot[slot].uses - m->last[id] >= GENERATIONS);
	m->last[id] = m->slot[slot].uses;
	m->slot[slot].busy = true;
	m->slot[slot].op = op;
	m->slot[slot].id = id;
	m->out++;
	m->prod++;
}

static void model_accept(struct model *m, struct xdf_ring *ring, u64 *seed)
{
	unsigned int slot = unit_below(seed, XDF_RING_SLOTS);

	if (!m->out)
		return;
	while (!m->slot[slot].busy)
		slot = (slot + 1) % XDF_RING_SLOTS;
	assert_int_equal(xdf_ring_accept(ring, m->slot[slot].id, m->slot[slot].op), slot);
	m->slot[slot].busy = false;
	m->out--;
	m->cons++;
}

/* A response made up, near the truth or far from it. */
static void model_lie(const struct model *m, const struct xdf_ring *ring, u64 *seed)
{
	unsigned int slot = unit_below(seed, XDF_RING_SLOTS), i;
	u16 id = m->slot[slot].id;
	u8 op = m->slot[slot].op;
	int expected = -EPROTO;

	switch (unit_below(seed, 4)) {
	case 0:
		op ^= (u8)(1u << unit_below(seed, 8));
		break;
	case 1:
		id ^= (u16)(1u << unit_below(seed, 16));
		break;
	case 2:
		id = (u16)unit_below(seed, 65536);
		break;
	default: /* the last id of the slot as it was: true if it is busy */
		break;
	}
	for (i = 0; i < XDF_RING_SLOTS; i++)
		if (m->slot[i].busy && m->slot[i].id == id && m->slot[i].op == op)
			expected = (int)i;
	assert_int_equal(judge(ring, id, op), expected);
}

static void model_unread(const struct model *m, const struct xdf_ring *ring, u64 *seed)
{
	u32 ahead = unit_below(seed, 80) - 20;

	if (!unit_below(seed, 4))
		ahead = (u32)unit_random(seed);
	assert_int_equal(xdf_ring_unread(ring, m->cons + ahead),
			 ahead <= m->out ? (int)ahead : -EPROTO);
}

static void model_steps(u64 seed, u32 start)
{
	struct model *m = calloc(1, sizeof(*m));
	unsigned int step, full = 0, empty = 0;
	struct xdf_ring ring;

	assert_non_null(m);
	ring_at(&ring, start);
	m->prod = start;
	m->cons = start;
	for (step = 0; step < 100000; step++) {
		/* more requests for a while, then more responses */
		bool rising = step / 200 % 2;

		switch (unit_below(&seed, 8)) {
		case 0:
			model_lie(m, &ring, &seed);
			break;
		case 1:
			model_unread(m, &ring, &seed);
			break;
		case 2:
		case 3:
			model_reserve(m, &ring, &seed);
			break;
		case 4:
		case 5:
			model_accept(m, &ring, &seed);
			break;
		default:
			if (rising)
				model_reserve(m, &ring, &seed);
			else
				model_accept(m, &ring, &seed);
		}
		assert_int_equal(ring.req_prod, m->prod);
		assert_int_equal(ring.rsp_cons, m->cons);
		full += m->out == XDF_RING_SLOTS;
		empty += !m->out;
	}
	assert_true(full > 1000 && empty > 1000);
	free(m);
}

static void ring_model(void **state)
{
	static const u64 seeds[] = { 1, 2, 3, 42, 1789, 0xfeedface, 20261123, UINT64_MAX };
	unsigned int i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(seeds); i++)
		model_steps(seeds[i], starts[(i * 5 + 7) % ARRAY_SIZE(starts)]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ring_sizes),
		cmocka_unit_test(ring_init_is_empty),
		cmocka_unit_test(ring_reserve_until_full),
		cmocka_unit_test(ring_full_again_after_accept),
		cmocka_unit_test(ring_accepts_nothing_else),
		cmocka_unit_test(ring_every_wrong_operation),
		cmocka_unit_test(ring_out_of_order),
		cmocka_unit_test(ring_duplicate_response),
		cmocka_unit_test(ring_free_slot),
		cmocka_unit_test(ring_generations),
		cmocka_unit_test(ring_ids_never_shared),
		cmocka_unit_test(ring_unread_bounds),
		cmocka_unit_test(ring_unread_jumps),
		cmocka_unit_test(ring_unread_takes_nothing_back),
		cmocka_unit_test(status_table),
		cmocka_unit_test(client_errnos),
		cmocka_unit_test(events_bounds),
		cmocka_unit_test(events_wrap),
		cmocka_unit_test(ring_model),
	};

	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
