// SPDX-License-Identifier: GPL-2.0 OR MIT
/* The bodies of the trace events are made here. */
#include <linux/types.h>

#define CREATE_TRACE_POINTS
#include "xdf_trace.h"
