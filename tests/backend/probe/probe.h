/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * xdf-probe: a frontend in user space, for tests of the backend.
 *
 *   main   the script's lines
 *   front  XenStore, rings, buffers
 */
#ifndef XDF_PROBE_H
#define XDF_PROBE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/event_channel.h>
#include <xen/io/displif.h>

#undef xen_mb
#undef xen_rmb
#undef xen_wmb
#define xen_mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define xen_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define xen_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)

#define PAGE 4096u
#define MAX_CONNS 4u
#define MAX_BUFS 64u
#define PATIENCE_MS 20000

/**
 * struct conn - a connector's rings
 * @req_ref: grant references and ports, as published
 */
struct conn {
	xen_displif_front_ring_t ring;
	xen_displif_sring_t *sring;
	struct xendispl_event_page *evt;
	uint32_t req_ref, evt_ref;
	int req_port, evt_port;
	uint32_t evt_cons;
	uint16_t evt_id;
	uint16_t id;
};

/**
 * struct buf - memory shared with the backend
 * @dir: its page directory
 * @theirs: the backend's pages, mapped; otherwise ours, granted
 */
struct buf {
	uint64_t cookie;
	uint32_t pages;
	uint32_t dirs;
	uint8_t *mem;
	uint32_t *dir;
	uint32_t dir_ref;
	bool theirs;
};

extern struct conn conns[MAX_CONNS];
extern unsigned int nconns;

void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

void front_start(unsigned int devid);
unsigned int front_connect(const char *version);
bool front_close(void);
bool front_wait_be(int state);
int front_be_state(void);
bool front_set_state(int state);
int front_dom0(const char *command, char *answer, size_t room);
void front_send(struct conn *c, struct xendispl_req *req);
bool front_recv(struct conn *c, struct xendispl_resp *rsp, int ms);
bool front_event(struct conn *c, struct xendispl_evt *evt, int ms);

struct buf *buf_find(uint64_t cookie);
struct buf *buf_new(uint64_t cookie, uint32_t bytes, bool theirs);
bool buf_map(struct buf *b);
void buf_unmap(struct buf *b);
void buf_free(struct buf *b);

#endif
