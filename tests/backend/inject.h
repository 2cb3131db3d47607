/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Faults of the backend, on purpose. "Violations" are what frontends do wrong,
 * see check.h; this is the other way round.
 */
#ifndef XDF_BE_INJECT_H
#define XDF_BE_INJECT_H

#include "common.h"

/* what a fault's value may be */
enum inject_value {
	VALUE_NONE,		/* takes none */
	VALUE_STATUS,		/* EINVAL, -22, +5, 0; must be there */
	VALUE_NUMBER,		/* a number, 32 bits; must be there */
	VALUE_MAYBE,		/* a number, or nothing: what is usual */
	VALUE_JUMP,		/* +N, -N, random, random.SEED; must be there */
	VALUE_COOKIE,		/* zero, stale, a number; must be there */
	VALUE_STORM,		/* events, notify, request; must be there */
	VALUE_SEED,		/* a number, or nothing: 1 */
};

/*
 * X(symbol, word, value, excuses, help)
 *
 * excuses: what the frontend does from then on until it closes may be our
 * doing; its violations are warnings only
 */
#define INJECTIONS(X) \
	X(NO_ANSWER, "no-answer", VALUE_NONE, true, \
	  "a request is carried out but never answered (a flip's event still comes)") \
	X(IGNORE, "ignore", VALUE_NONE, true, \
	  "a request is neither carried out nor answered") \
	X(LATE, "late", VALUE_NUMBER, false, \
	  "the answer comes so many ms later, those behind it wait in line") \
	X(STATUS, "status", VALUE_STATUS, true, \
	  "a request is not carried out, the answer is this error, +N or 0") \
	X(LIE, "lie", VALUE_STATUS, true, \
	  "a request is carried out, the answer is this error, +N or 0") \
	X(WRONG_ID, "wrong-id", VALUE_MAYBE, true, \
	  "the answer's id is so much too large (usually 1)") \
	X(WRONG_OP, "wrong-op", VALUE_MAYBE, true, \
	  "the answer's operation is this number (usually the next one)") \
	X(TWICE, "twice", VALUE_NONE, true, \
	  "the answer comes twice") \
	X(RSP_PROD, "rsp-prod", VALUE_JUMP, true, \
	  "with an answer the producer index of answers jumps, and stays wrong") \
	X(DIE, "die", VALUE_NONE, false, \
	  "at a request the backend is gone without a word, its state stays 4") \
	X(REQ_EVENT, "req-event", VALUE_JUMP, false, \
	  "after requests req_event is this far from where it should be") \
	X(RSP_EVENT, "rsp-event", VALUE_JUMP, false, \
	  "after requests the frontend's rsp_event is scribbled over") \
	X(EVENT_LOST, "event-lost", VALUE_NONE, false, \
	  "a flip's event never comes") \
	X(EVENT_TWICE, "event-twice", VALUE_NONE, false, \
	  "a flip's event comes twice") \
	X(EVENT_TYPE, "event-type", VALUE_MAYBE, false, \
	  "a flip's event has this type (usually 255)") \
	X(EVENT_COOKIE, "event-cookie", VALUE_COOKIE, false, \
	  "a flip's event has cookie 0 (zero), that of the event before (stale), or a number") \
	X(EVENT_ID, "event-id", VALUE_JUMP, false, \
	  "the events' counter jumps, and stays wrong") \
	X(IN_PROD, "in-prod", VALUE_JUMP, true, \
	  "with an event the producer index of events jumps, and stays wrong") \
	X(IN_CONS, "in-cons", VALUE_JUMP, true, \
	  "with an event the frontend's in_cons is this far from where it was") \
	X(STORM, "storm", VALUE_STORM, false, \
	  "as fast as can be: events that nobody asked for, or notifications without any") \
	X(FUZZ_REQ, "fuzz-req", VALUE_SEED, true, \
	  "the page of requests is filled with random bytes, again and again") \
	X(FUZZ_EVT, "fuzz-evt", VALUE_SEED, true, \
	  "the page of events is filled with random bytes, again and again") \
	X(FUZZ_BOTH, "fuzz-both", VALUE_SEED, true, \
	  "both pages are filled with random bytes, again and again") \
	X(EDID_SIZE, "edid-size", VALUE_NUMBER, false, \
	  "GET_EDID says that it wrote so many bytes") \
	X(EDID_SUM, "edid-sum", VALUE_NONE, false, \
	  "the last block of the EDID has a wrong checksum") \
	X(EDID_BLOCKS, "edid-blocks", VALUE_NUMBER, false, \
	  "the EDID's first block says that so many follow") \
	X(EDID_RANDOM, "edid-random", VALUE_SEED, false, \
	  "the EDID is random bytes") \
	X(DIR_ZERO, "dir-zero", VALUE_NONE, true, \
	  "be-alloc: a reference in the directory is 0") \
	X(DIR_TWICE, "dir-twice", VALUE_NONE, true, \
	  "be-alloc: the last reference in the directory is the first once more") \
	X(DIR_FEW, "dir-few", VALUE_NONE, true, \
	  "be-alloc: the second half of the references is missing") \
	X(DIR_BAD, "dir-bad", VALUE_MAYBE, true, \
	  "be-alloc: a reference in the directory cannot be mapped (usually 0x7fffffff)") \
	X(DIR_NEXT, "dir-next", VALUE_MAYBE, true, \
	  "be-alloc: the frontend's link to the next page is replaced (usually 0xdeadbeef)") \
	X(STAY, "stay", VALUE_NUMBER, false, \
	  "having got to this XenBus state the backend writes no other")

enum inject_kind {
#define X(symbol, word, value, excuses, help) INJECT_##symbol,
	INJECTIONS(X)
#undef X
	INJECT_COUNT
};

enum { COOKIE_ZERO, COOKIE_STALE, COOKIE_NUMBER };
enum { STORM_EVENTS, STORM_NOTIFY, STORM_REQUEST };

#define ANY UINT32_MAX
#define UNLIMITED UINT64_MAX

/**
 * struct inject - one fault to be made
 * @kind: which
 * @value: see enum inject_value; COOKIE_..., STORM_... or a number
 * @cookie: of COOKIE_NUMBER
 * @random: a jump by a random number
 * @seed: of what is random; goes on with each number drawn
 * @op: operation of the requests that are meant, ANY: all
 * @dom: guest that is meant, ANY: all
 * @dev: its device
 * @conn: connector that is meant, ANY: all
 * @skip: so many occasions pass first
 * @left: so many times, UNLIMITED: until it is cleared
 * @applied: so many times so far
 */
struct inject {
	enum inject_kind kind;
	int64_t value;
	uint64_t cookie;
	bool random;
	uint64_t seed;
	uint32_t op;
	uint32_t dom;
	uint32_t dev;
	uint32_t conn;
	uint64_t skip;
	uint64_t left;
	uint64_t applied;
};

const char *inject_word(enum inject_kind kind);
const char *inject_help(enum inject_kind kind);
const char *inject_form(enum inject_kind kind);
bool inject_excuses(enum inject_kind kind);
const char *inject_parse(const char *text, struct inject *in);
bool inject_takes(struct inject *in, uint32_t dom, uint32_t dev, uint32_t conn, uint32_t op);
uint64_t inject_random(struct inject *in);
uint32_t inject_jump(struct inject *in);
void inject_fill(struct inject *in, void *bytes, size_t n);

#endif
