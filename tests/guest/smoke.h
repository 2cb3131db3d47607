/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* xdf-client smoke: the series of API checks and what they share. */
#ifndef XDF_SMOKE_H
#define XDF_SMOKE_H

#include "client.h"

struct smoke {
	struct client *cl;
	struct kms kms;
	struct kms_pipe pipes[KMS_MAX_PIPES];
	int n;
};

void expect(const char *name, int ret, int want);
void expect_either(const char *name, int ret, int one, int other);
void expect_refused(const char *name, int ret);

void smoke_dumb(struct smoke *s);
void smoke_map(struct smoke *s);
void smoke_fb(struct smoke *s);
void smoke_prime(struct smoke *s);
void smoke_mode(struct smoke *s);
void smoke_atomic(struct smoke *s);
void smoke_vblank(struct smoke *s);
void smoke_files(struct smoke *s);

#endif
