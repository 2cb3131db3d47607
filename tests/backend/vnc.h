/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/* Connectors over VNC.  Without libvncserver only the options are looked at. */
#ifndef XDF_BE_VNC_H
#define XDF_BE_VNC_H

#include "common.h"

struct conn;

const char *vnc_parse(const char *text);
const char *vnc_password(const char *path);
const char *vnc_check(void);
bool vnc_start(void);
void vnc_attach(struct conn *c);
void vnc_detach(struct conn *c);
void vnc_changed(struct conn *c);
uint64_t vnc_next_deadline(void);
void vnc_run(uint64_t now);
void vnc_stop(void);

#endif
