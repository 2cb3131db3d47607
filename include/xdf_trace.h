/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * Trace events: /sys/kernel/tracing/events/xen_drm_front. They tell the device by
 * the serial of its link.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_drm_front

#if !defined(XDF_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define XDF_TRACE_H

#include <linux/tracepoint.h>

TRACE_EVENT(xdf_request,
	TP_PROTO(u32 link, u32 connector, u8 op, u16 id, u64 cookie),
	TP_ARGS(link, connector, op, id, cookie),
	TP_STRUCT__entry(
		__field(u32, link)
		__field(u32, connector)
		__field(u8, op)
		__field(u16, id)
		__field(u64, cookie)
	),
	TP_fast_assign(
		__entry->link = link;
		__entry->connector = connector;
		__entry->op = op;
		__entry->id = id;
		__entry->cookie = cookie;
	),
	TP_printk("link=%u ring=%u op=0x%x id=%u cookie=%llu", __entry->link, __entry->connector,
		  __entry->op, __entry->id, __entry->cookie)
);

TRACE_EVENT(xdf_response,
	TP_PROTO(u32 link, u32 connector, u8 op, u16 id, s32 status),
	TP_ARGS(link, connector, op, id, status),
	TP_STRUCT__entry(
		__field(u32, link)
		__field(u32, connector)
		__field(u8, op)
		__field(u16, id)
		__field(s32, status)
	),
	TP_fast_assign(
		__entry->link = link;
		__entry->connector = connector;
		__entry->op = op;
		__entry->id = id;
		__entry->status = status;
	),
	TP_printk("link=%u ring=%u op=0x%x id=%u status=%d", __entry->link, __entry->connector,
		  __entry->op, __entry->id, __entry->status)
);

TRACE_EVENT(xdf_flip_event,
	TP_PROTO(u32 link, u32 connector, u64 fb_cookie),
	TP_ARGS(link, connector, fb_cookie),
	TP_STRUCT__entry(
		__field(u32, link)
		__field(u32, connector)
		__field(u64, fb_cookie)
	),
	TP_fast_assign(
		__entry->link = link;
		__entry->connector = connector;
		__entry->fb_cookie = fb_cookie;
	),
	TP_printk("link=%u connector=%u fb=%llu", __entry->link, __entry->connector,
		  __entry->fb_cookie)
);

TRACE_EVENT(xdf_flip_done,
	TP_PROTO(u32 connector, u64 fb_cookie, bool by_backend),
	TP_ARGS(connector, fb_cookie, by_backend),
	TP_STRUCT__entry(
		__field(u32, connector)
		__field(u64, fb_cookie)
		__field(bool, by_backend)
	),
	TP_fast_assign(
		__entry->connector = connector;
		__entry->fb_cookie = fb_cookie;
		__entry->by_backend = by_backend;
	),
	TP_printk("connector=%u fb=%llu by=%s", __entry->connector, __entry->fb_cookie,
		  __entry->by_backend ? "backend" : "clock")
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE xdf_trace
#include <trace/define_trace.h>
