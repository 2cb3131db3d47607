/* SPDX-License-Identifier: GPL-2.0 OR MIT */
/*
 * The backend's shared structures, and who offers what to whom.
 *
 *   main     options, start, end
 *   loop     file descriptors and the one timer
 *   xs       XenStore
 *   device   a vdispl device: states, bind, release; devices has them all
 *   ring     request ring of one connector
 *   event    its event page
 *   ops      the requests
 *   buffer   display buffers and framebuffers of a device
 *   monitor  EDID and resolution of a connector
 *   grant    mapping of grant references, counted
 *   share    memory of ours that a guest may map
 *   control  the unix socket, commands what it takes; client is its other end
 *   log      one JSON line per event
 *   mischief faults that we make on purpose; inject.h lists them
 *   vnc      connectors over VNC; its own header
 *   check, pgdir, picture, edid, inject, parse, json: pure, each with its own header
 */
#ifndef XDF_BE_BACKEND_H
#define XDF_BE_BACKEND_H

#include <sys/queue.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

#include "check.h"
#include "common.h"
#include "displif.h"
#include "inject.h"
#include "json.h"
#include "picture.h"

#define XDF_BACKEND_VERSION "1.0"

/* exit status */
#define EXIT_OK 0
#define EXIT_BROKEN 1
#define EXIT_USAGE 2
#define EXIT_FAULTS 3

/* more than anybody needs, less than hurts */
#define MAX_CONNECTORS 64u
#define MAX_DBUFS 4096u
#define MAX_FBS 8192u
#define MAX_BUFFER_PAGES (1u << 18)	/* 1 GiB */
#define MAX_DEVICE_PAGES (1u << 21)	/* 8 GiB, all buffers of one device */
#define MAX_PENDING_FLIPS XENDISPL_IN_RING_LEN

enum order { ORDER_MIXED, ORDER_EVENT_FIRST, ORDER_RESPONSE_FIRST };

/**
 * struct options - the command line
 * @versions: list to publish, NULL: do not
 * @formats: accepted pixel formats by index (pixfmt_by_index())
 * @format_status: what FB_ATTACH says to others
 * @pace_hz: flips per second and connector, 0: at once
 * @order: event or response first
 * @png_dir: where pictures go by themselves, NULL: nowhere
 * @control: path of the socket, NULL: none
 * @log: log file, NULL: standard output
 * @quiet_flips: log every 100th flip only
 * @lax: faults do not change the exit status
 * @no_pictures: do not copy what is shown
 * @strict_close: leftovers at close are a fault, whatever comes then
 * @no_alloc: never allocate a frontend's buffers
 * @no_stale_bind: when we start, do not bind to what a frontend published before
 * @bind_pause: in ns, between reading a state that says bind and reading what to bind to
 * @deaf: after a failed bind the frontend's states mean nothing any more
 * @connector_names: list of what a unique-id may be, NULL: anything
 * @modes: list of the sizes that SET_CONFIG takes, NULL: see monitor_has_mode()
 * @min_width: FB_ATTACH refuses less
 * @min_height: likewise
 */
struct options {
	const char *versions;
	bool formats[64];
	int32_t format_status;
	double pace_hz;
	enum order order;
	const char *png_dir;
	const char *control;
	const char *log;
	bool quiet_flips;
	bool lax;
	bool no_stale_bind;
	uint64_t bind_pause;
	bool deaf;
	const char *connector_names;
	const char *modes;
	uint32_t min_width;
	uint32_t min_height;
	bool no_alloc;
	bool no_pictures;
	bool strict_close;
};

struct device;
struct conn;
struct edid_source;
struct dbuf;
struct fb;

/**
 * struct flip - a flip whose event is not sent yet
 * @cookie: framebuffer
 * @due: when the event goes out
 * @rsp: index of the response that waits for the event, valid if @holds
 * @holds: with --order=event-first the response waits
 */
struct flip {
	uint64_t cookie;
	uint64_t due;
	uint32_t rsp;
	bool holds;
};

/**
 * struct line - a response that stands in line
 * @ready: it need not wait
 * @twice: it goes out twice
 * @due: when it becomes ready, 0: not by the clock
 */
struct line {
	struct xendispl_resp rsp;
	bool ready;
	bool twice;
	uint64_t due;
};

/**
 * struct conn - a connector, kept over binds for its counts and its picture
 *
 * Valid only while the device is bound: everything from @ring to @ready, and
 * @fb, @configured, @crtc_off, @flips.
 */
struct conn {
	struct device *dev;
	unsigned int index;
	char *unique_id;
	uint32_t width;			/* its resolution */
	uint32_t height;
	uint32_t far_width;		/* largest that this frontend heard of */
	uint32_t far_height;
	struct edid_source *edid;	/* NULL: the common one */

	/* transport */
	xen_displif_back_ring_t ring;
	struct xendispl_event_page *evt;
	evtchn_port_t req_port;
	evtchn_port_t evt_port;
	bool req_bound;
	bool evt_bound;
	uint32_t evt_prod;
	uint16_t evt_id;
	bool more;			/* requests left for the next turn of the loop */
	/* responses in the order of their requests; some wait for an event */
	struct line line[32];
	uint32_t rsp_tail;
	uint32_t rsp_pushed;
	/* faults on purpose */
	uint32_t rsp_skew;		/* published producer less the honest one */
	uint64_t evt_cookie;		/* of the event before */
	bool fuzzed;			/* the page of requests had random bytes */
	uint64_t fuzz_due;

	/* what is shown */
	struct fb *fb;
	bool configured;
	bool crtc_off;
	uint32_t mode_width;		/* of the last SET_CONFIG */
	uint32_t mode_height;
	uint64_t clock_base;
	struct flip flips[MAX_PENDING_FLIPS];
	unsigned int nflips;

	/* kept */
	struct picture picture;
	bool picture_current;		/* still shown, not just remembered */
	uint64_t picture_serial;
	uint64_t hash;			/* of the picture with this serial: */
	uint64_t hash_serial;
	uint64_t picture_saved;		/* serial that went to --png-dir */
	struct {
		uint64_t flips;
		uint64_t events;
		uint64_t dropped;
		uint64_t notify_in;
		uint64_t notify_evt_in;
		uint64_t notify_rsp;
		uint64_t notify_evt;
	} count;
};

/**
 * struct dbuf - a display buffer
 * @refs: 1 while its cookie is known, plus 1 for each framebuffer on it
 * @pitch: assumed from width and bpp, 0 if the frontend gave no geometry
 * @map: its pages, or NULL if the frontend gave no directory
 * @grefs: of pages that we allocated, NULL if they are the frontend's
 */
struct dbuf {
	TAILQ_ENTRY(dbuf) entry;
	uint64_t cookie;
	unsigned int refs;
	bool listed;
	uint32_t width;
	uint32_t height;
	uint32_t bpp;
	uint32_t bytes;
	uint32_t data_ofs;
	uint64_t pitch;
	uint32_t pages;
	uint8_t *map;
	uint32_t *grefs;
};

/**
 * struct fb - a framebuffer: a picture in a display buffer
 */
struct fb {
	TAILQ_ENTRY(fb) entry;
	uint64_t cookie;
	struct dbuf *dbuf;
	uint32_t width;
	uint32_t height;
	uint64_t pitch;
	const struct pixfmt *fmt;
};

TAILQ_HEAD(dbuf_list, dbuf);
TAILQ_HEAD(fb_list, fb);

enum op_index {
	OPI_DBUF_CREATE, OPI_DBUF_DESTROY, OPI_FB_ATTACH, OPI_FB_DETACH,
	OPI_SET_CONFIG, OPI_PG_FLIP, OPI_GET_EDID, OPI_UNKNOWN, OPI_COUNT
};

/**
 * struct device - backend/vdispl/<domid>/<devid>
 * @gone: the directory is not there; kept for counts and pictures
 * @be: state that we wrote last
 * @fe: state of the frontend that we saw last, -1: none yet
 * @deaf: a bind failed (--deaf-after-failed-bind): until the directory is gone nothing
 *        that the frontend writes means anything
 * @bind_due: when a bind that was decided upon takes place (--bind-pause). NEVER: none
 * @bind_stale: @stale of this bind
 * @bound: rings are mapped
 * @stale: bound to a frontend that did not take part in it (our restart); its
 *         faults are ours
 * @excused: a fault of ours may be the cause of the frontend's
 * @broken: a ring cannot be right; the loop closes the device
 * @nconns: connectors that are bound
 * @nknown: connectors that ever were
 * @ndbufs: display buffers, destroyed ones that have framebuffers among them
 * @be_alloc: XenStore says that we may allocate buffers
 * @mapped: pages mapped, of any kind
 * @shared: pages of ours that the guest may map
 * @save_due: pictures are to be written to --png-dir
 * @leak_due: leftovers were found at close; at this time they become a fault,
 *            unless the guest turns out to be shutting down. NEVER: none
 */
struct device {
	TAILQ_ENTRY(device) entry;
	uint32_t domid;
	uint32_t devid;
	char *be_path;
	char *fe_path;
	bool gone;
	bool watching;
	int be;
	int fe;
	bool offline;
	bool deaf;
	uint64_t bind_due;
	bool bind_stale;
	bool bound;
	bool stale;
	bool excused;
	bool broken;
	unsigned int version;
	bool be_alloc;

	struct conn *conns[MAX_CONNECTORS];
	unsigned int nconns;
	unsigned int nknown;

	struct dbuf_list dbufs;
	struct fb_list fbs;
	unsigned int ndbufs;
	unsigned int nfbs;
	uint64_t buffer_pages;
	uint64_t mapped;
	uint64_t shared;

	uint64_t leak_due;
	unsigned int leak_dbufs;
	unsigned int leak_fbs;

	bool save_due;
	unsigned int binds;
	unsigned int closes;
	unsigned int states_seen[9];	/* how often we wrote each */
	uint64_t ops[OPI_COUNT];
	uint64_t errors[OPI_COUNT];
	uint64_t faults[FAULT_COUNT];
	uint64_t nfaults;
	uint64_t nwarnings;
	uint64_t nrefused;		/* what log_errno() was told */
};

TAILQ_HEAD(device_list, device);

/**
 * struct backend - the one of this process
 * @quit: how often we were told to end
 */
struct backend {
	struct options opt;
	struct xs_handle *xs;
	xenevtchn_handle *evtchn;
	xengnttab_handle *gnttab;
	uint32_t domid;
	char *root;			/* /local/domain/<domid>/backend/vdispl */
	struct device_list devices;
	void *xtl;			/* keeps the libraries quiet */
	uint64_t mapped;
	uint64_t shared;
	uint64_t nfaults;
	uint64_t nwarnings;
	uint64_t nbugs;
	unsigned int quit;
};

extern struct backend be;

/* main.c */
bool set_pace(const char *text);

/* loop.c */
typedef void (*loop_fn)(void *ctx, short revents);
bool loop_add(int fd, short events, loop_fn fn, void *ctx);
void loop_set_events(int fd, short events);
void loop_del(int fd);
bool loop_turn(uint64_t deadline);

/* log.c */
bool log_open(const char *path);
struct json *log_begin(const char *type);
struct json *log_begin_dev(const char *type, const struct device *dev);
void log_end(void);
void log_close(void);
void fault(struct device *dev, struct conn *conn, enum fault kind, uint64_t value,
	   const char *fmt, ...) __attribute__((format(printf, 5, 6)));
void warning(struct device *dev, struct conn *conn, const char *what, uint64_t value);
void bug(struct device *dev, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_errno(struct device *dev, const char *type, int err, uint64_t first, uint64_t count);
void add_counts(struct json *j, const struct device *dev);

/* xs.c */
bool xs_start(void);
void xs_stop(void);
char *xs_get(xs_transaction_t t, const char *dir, const char *node);
bool xs_get_u32(const char *dir, const char *node, uint32_t *value);
bool xs_exists(const char *dir, const char *node);
int xs_put_guarded(const char *dir, const char *guard, int expect, const char *node,
		   const char *value);
void xs_remove(const char *dir, const char *node);
bool xs_watch_frontend(struct device *dev);
void xs_unwatch_frontend(struct device *dev);

/* devices.c */
void devices_scan(void);
void device_poke(uint32_t domid, uint32_t devid);
void devices_poke_all(void);
void devices_check_domains(void);
void devices_run_deferred(uint64_t now);
uint64_t devices_next_deadline(void);
bool devices_leak_pending(void);
void devices_shutdown(void);
void devices_forget(void);
struct device *device_find(uint32_t domid, uint32_t devid);
bool device_closed(const struct device *dev);

/* device.c */
int device_force_state(struct device *dev, uint32_t state);
void device_recover(struct device *dev);

/* ring.c */
bool ports_start(void);
const char *conn_open(struct conn *c);
void conn_close(struct conn *c);
void conn_run(struct conn *c);
void conn_flush_flips(struct conn *c, uint64_t now);
uint64_t conn_next_flip(const struct conn *c);
void conn_flush_late(struct conn *c, uint64_t now);
uint64_t conn_next_late(const struct conn *c);

/* event.c */
void event_send(struct conn *c, uint64_t cookie);
void event_unasked(struct conn *c);

/* mischief.c */
const char *mischief_add(const char *list);
unsigned int mischief_clear(const char *word);
uint64_t mischief_applied(void);
void mischief_list(struct json *out);
void mischief_help(struct json *out);
struct inject *mischief(enum inject_kind kind, struct device *dev, struct conn *c, uint32_t op);
void mischief_run(struct conn *c, uint64_t now);
uint64_t mischief_next(const struct conn *c);
bool mischief_stays(struct device *dev);
void mischief_edid(struct conn *c, uint8_t *edid, size_t n, uint32_t *size);
void mischief_grefs(struct device *dev, uint32_t *grefs, uint32_t count);

/* ops.c */
void op_run(struct conn *c, const struct xendispl_req *req, struct xendispl_resp *rsp);
void op_log(struct conn *c, const struct xendispl_req *req, const struct xendispl_resp *rsp,
	    bool flipped, uint64_t ns);
enum op_index op_index(uint8_t op);
const char *op_index_name(enum op_index i);

/* monitor.c */
const char *monitor_set_edid(struct conn *c, const char *text);
void monitor_forget(void);
void edid_source_free(struct edid_source *s);
const char *monitor_edid_text(const struct conn *c);
void monitor_start(struct conn *c);
bool monitor_has_mode(const struct conn *c, uint32_t width, uint32_t height);
bool monitor_inside(const struct conn *c, uint64_t right, uint64_t bottom);
int monitor_get_edid(struct conn *c, const struct xendispl_get_edid_req *r, uint32_t *size,
		     const struct fault_sink *sink);
int monitor_tell(struct conn *c);
int monitor_resize(struct conn *c, uint32_t width, uint32_t height);

/* buffer.c */
int pages_map(struct device *dev, uint32_t directory, uint32_t pages,
	      const struct fault_sink *sink, uint8_t **map);
struct dbuf *dbuf_find(struct device *dev, uint64_t cookie);
int dbuf_create(struct device *dev, const struct xendispl_dbuf_create_req *r,
		const struct fault_sink *sink);
void dbuf_destroy(struct device *dev, struct dbuf *d);
unsigned int dbuf_fbs(struct device *dev, const struct dbuf *d);
unsigned int dbufs_listed(const struct device *dev);
struct fb *fb_find(struct device *dev, uint64_t cookie);
int fb_create(struct device *dev, struct dbuf *d, const struct xendispl_fb_attach_req *r,
	      const struct pixfmt *fmt);
void fb_destroy(struct device *dev, struct fb *fb);
void buffers_drop(struct device *dev);

/* grant.c */
void *grants_map(struct device *dev, uint32_t *grefs, uint32_t count);
void grants_unmap(struct device *dev, void *map, uint32_t count);

/* share.c */
void *pages_share(struct device *dev, uint32_t count, uint32_t *grefs);
void pages_unshare(struct device *dev, void *map, uint32_t count);
uint32_t shares_in_use(const struct device *dev, const uint32_t *grefs, uint32_t count);
void shares_stop(void);

/* show.c */
void show_fb(struct conn *c);
unsigned int save_pictures(const char *dir, bool only_new, struct device *only, struct json *out);
void add_hashes(struct json *out);

/* control.c */
bool control_start(void);
void control_check_waits(uint64_t now);
uint64_t control_next_deadline(void);
void control_stop(void);

/* client.c */
int client_main(const char *path, const char *command, unsigned int connect_ms);

#endif
