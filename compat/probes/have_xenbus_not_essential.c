// SPDX-License-Identifier: GPL-2.0 OR MIT
/* v5.16: 37a72b08a3e1 ("xen: add "not_essential" flag to struct xenbus_driver") */
#include <xen/xenbus.h>
extern struct xenbus_driver probe;
struct xenbus_driver probe = { .not_essential = true };
