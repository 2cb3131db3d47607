/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* What the subcommands share. */
#ifndef XDF_CLIENT_H
#define XDF_CLIENT_H

#include <stdbool.h>

#include "buffer.h"
#include "draw.h"
#include "kms.h"
#include "report.h"

/* What kind of fence, and how it ends. */
enum fence_how {
	FENCE_WRITE,		/* somebody writes, and is done */
	FENCE_READ,		/* somebody reads */
	FENCE_CLOSE,		/* somebody writes, and goes away */
	FENCE_LENT,		/* somebody writes to memory of ours, without mapping it */
	FENCE_PENDING,		/* somebody writes, and is not waited for by us */
	FENCE_HOWS,
};

/* The command line. */
struct client {
	struct kms_choice choice;
	long count;		/* the number after the subcommand */
	int hold_ms;
	bool hold_stdin;
	int buffers;
	bool map;
	bool strict;
	bool need_atomic;
	bool keep;
	bool column;
	const char *title;
	struct buf_spec spec;	/* of the buffers */
	uint32_t then;		/* format that is flipped to, or 0 */
	enum fence_how fence;
};

int cmd_big(struct client *cl);
int cmd_dirty(struct client *cl);
int cmd_span(struct client *cl);
int cmd_info(struct client *cl);
int cmd_card(struct client *cl);
int cmd_flip(struct client *cl);
int cmd_modeset(struct client *cl);
int cmd_smoke(struct client *cl);
int cmd_hold_open(struct client *cl);
int cmd_many(struct client *cl);
int cmd_fb(struct client *cl);
int cmd_formats(struct client *cl);
int cmd_prime(struct client *cl);
int cmd_fence(struct client *cl);
int cmd_outfence(struct client *cl);
int cmd_nomem(struct client *cl);
int cmd_bench_flip(struct client *cl);
int cmd_bench_other(struct client *cl);
int cmd_bench_buffer(struct client *cl);
int cmd_bench_hold(struct client *cl);
int cmd_bench_map(struct client *cl);
int cmd_killed(struct client *cl);
int cmd_ping(struct client *cl);

bool fence_how_parse(const char *name, enum fence_how *how);

int client_open(struct client *cl, struct kms *k);
int client_pipes(struct client *cl, struct kms *k, struct kms_pipe *pipes);
void die_first(void);
int client_child(struct client *cl, int (*work)(struct client *cl));
bool client_step(const struct client *cl, const char *stage);
void client_hold(const struct client *cl);
int paint_card(const struct client *cl, const struct kms_pipe *pipe, struct kms_buf *buf,
	       uint64_t *hash);
int paint_frame(const struct frame *f, struct kms_buf *buf, int first, int end);
int check_buf(const char *what, const struct kms_buf *buf, uint64_t hash);
void report_picture(const char *type, const struct kms_pipe *pipe, const struct kms_buf *buf,
		    uint64_t hash);

#endif
