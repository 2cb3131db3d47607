/* SPDX-License-Identifier: GPL-2.0 OR MIT */
#ifndef XDF_KMS_H
#define XDF_KMS_H

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/hrtimer.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <drm/drm_connector.h>
#include <drm/drm_crtc.h>
#include <drm/drm_device.h>
#include <drm/drm_encoder.h>
#include <drm/drm_modes.h>
#include <drm/drm_plane.h>

#include <xen/xenbus.h>

#include "xdf_config.h"
#include "xdf_displif.h"
#include "xdf_phase.h"

struct drm_atomic_commit;
struct drm_minor;
struct drm_pending_vblank_event;
struct task_struct;

/**
 * struct xdf_vblank - the clock of a pipe
 *
 * A virtual display has no blanking; the clock gives the pace that clients
 * expect. It runs by itself and lets the backend's flip events correct its
 * phase, see vblank.c.
 *
 * @lock: protects the following members; taken inside the locks of drm_vblank
 * @timer: fires a period after the last tick while @armed
 * @phase: time of the last tick, CLOCK_MONOTONIC, and of those to come
 * @count: number of the frame that began then
 * @told: the last one that DRM was told of, or is just being told of
 * @stretch_ns: how much longer the present one is
 * @teller: the task on whose time an interrupt has looked at the clock and tells DRM what
 *	it saw, or NULL; nothing else runs as that task meanwhile
 * @on: DRM wants ticks
 * @armed: the timer is queued or its handler is about to look at @on
 */
struct xdf_vblank {
	spinlock_t lock;
	struct hrtimer timer;
	struct xdf_phase phase;
	u32 count;
	u32 told;
	u64 stretch_ns;
	const struct task_struct *teller;
	bool on;
	bool armed;
};

/**
 * struct xdf_flip_stats - counts of flips, for people
 * @sent: put on the wire
 * @shown: the backend told that they are shown
 * @late: a client was told by the clock, before the backend came to it
 * @lost: not answered in time, or never shown
 * @refused: answered with an error
 */
struct xdf_flip_stats {
	u64 sent;
	u64 shown;
	u64 late;
	u64 lost;
	u64 refused;
};

/**
 * struct xdf_flip - what the backend is showing and what it has been asked for
 *
 * All members are protected by the event_lock of the DRM device.
 *
 * @event: completion that a client waits for, NULL when there is none
 * @waiting: @event waits for the backend, else for the next tick
 * @frames: ticks that @event has been waiting
 * @shown: cookie of the framebuffer that belongs on the screen, 0 for none
 * @known: the backend was told of @shown; else it is not asked to show it
 * @live: the backend was told the present mode over the present link: it may be asked to flip
 * @wire: cookie of the flip that the backend has not finished, 0 for none
 * @sent: cookie of the framebuffer that the backend was asked to show last, 0 when the
 *	connector is off
 * @before: what it may still be showing in place of @sent, 0 for nothing
 * @number: of the flips that were sent, the last one is @wire's
 * @since: when @wire was sent
 * @acked: the response to @wire has come
 * @tries: flips in a row that were not answered in time
 * @nudge_ms: age at which the backend is notified again, should it not answer
 * @ticking: a vblank reference is held for @wire, or until there is room for it
 * @again: @shown has changed or was drawn to while @wire was not finished
 * @stats: counts
 */
struct xdf_flip {
	struct drm_pending_vblank_event *event;
	bool waiting;
	unsigned int frames;
	u64 shown;
	bool known;
	bool live;
	u64 wire;
	u64 sent;
	u64 before;
	u64 number;
	ktime_t since;
	bool acked;
	unsigned int tries;
	s64 nudge_ms;
	bool ticking;
	bool again;
	struct xdf_flip_stats stats;
};

/* Different sizes that an EDID may offer; the rest of a longer list is left out. */
#define XDF_SCREEN_SIZES 128
/* Sizes that were set before and may be set again. */
#define XDF_SCREEN_USED 8

/**
 * struct xdf_size - visible size of a mode
 * @width: in pixels
 * @height: in lines
 */
struct xdf_size {
	u16 width;
	u16 height;
};

struct xdf_edid_request;

/**
 * struct xdf_screen - what is known of the display behind a connector
 *
 * All members are protected by the device's screen_lock, unless they say otherwise.
 *
 * @width: visible width by XenStore, in pixels, 0 when there is no display
 * @height: visible height by XenStore, in lines
 * @unique_id: the toolstack's name for it
 * @edid: EDID by the backend, checked, NULL when there is none
 * @edid_size: its size in bytes
 * @edid_wrong: what was wrong with the last one and is in the log, NULL for nothing
 * @edid_link: id of the link whose backend has answered GET_EDID, 0 for none; under ask_lock
 * @edid_tries: how often that backend was asked; under ask_lock
 * @request: the GET_EDID that is not answered, NULL when there is none; under ask_lock
 * @num_sizes: number of entries in @size, 0 before anybody has asked for the modes
 * @size: the sizes of the modes that the display has
 * @num_used: number of entries in @used
 * @used: sizes that were set, the last one first
 * @mode: the mode that is set, whether or not the CRTC is active; its clock is 0 when
 *	there is none
 * @outgrown: the display has changed and does not have @mode any more
 * @bad: size of the mode that clients were told is bad, 0 for none
 */
struct xdf_screen {
	u32 width;
	u32 height;
	char unique_id[XDF_UNIQUE_ID_LEN + 1];
	u8 *edid;
	u32 edid_size;
	const char *edid_wrong;
	u32 edid_link;
	unsigned int edid_tries;
	struct xdf_edid_request *request;
	unsigned int num_sizes;
	struct xdf_size size[XDF_SCREEN_SIZES];
	unsigned int num_used;
	struct xdf_size used[XDF_SCREEN_USED];
	struct drm_display_mode mode;
	bool outgrown;
	struct xdf_size bad;
};

/**
 * struct xdf_pipe - one connector with all that feeds it
 *
 * @xdf: the device
 * @index: number of the connector
 * @plane: the primary plane, the only one
 * @crtc: the CRTC
 * @encoder: the encoder
 * @connector: the connector
 * @screen: the display behind it
 * @vblank: its clock
 * @flip: its flips
 * @dirty_due: when what is shown may be sent again after drawing into it; under the
 *	CRTC's modeset lock
 * @enabled: the CRTC is active; under the device's config_lock
 * @width: of the active mode, in pixels; under config_lock
 * @height: of the active mode, in lines; under config_lock
 * @format: of the framebuffer that the backend was configured with, DRM fourcc;
 *	under config_lock
 * @bpp: bits a pixel of that format; under config_lock
 * @refused: the backend's error when it refused the present mode, 0 when it has not;
 *	under config_lock
 */
struct xdf_pipe {
	struct xdf_device *xdf;
	unsigned int index;
	struct drm_plane plane;
	struct drm_crtc crtc;
	struct drm_encoder encoder;
	struct drm_connector connector;
	struct xdf_screen screen;
	struct xdf_vblank vblank;
	struct xdf_flip flip;
	ktime_t dirty_due;
	bool enabled;
	u32 width;
	u32 height;
	u32 format;
	u32 bpp;
	int refused;
};

/**
 * struct xdf_device - one vdispl device and its DRM device
 *
 * Lives until the device is unbound and the last file, mapping and dma-buf is
 * gone; the bus device does not live as long, see @xdev.
 *
 * Lock order: state_lock, ask_lock, buf_lock, config_lock, screen_lock, then DRM's
 * event_lock, its vblank locks, xdf_vblank.lock or slot.lock, then a channel's
 * lock.
 *
 * @drm: the DRM device
 * @xdev: the device on the bus, only valid until it is removed: for frontend.c
 * @state_lock: serialises what moves the XenBus states: the watch, the works,
 *	removal
 * @removed: the device is unplugged or being so; under state_lock
 * @registered: the DRM device was registered; under state_lock
 * @failed: making the DRM device failed, another one is needed; under state_lock
 * @rebind: entry in the list of those that are to be bound again: rebind.c
 * @tries: how often in a row the backend did not answer, or memory or grants did not
 *	suffice; only connect_work's
 * @attempts: links made in a row that were no good; under state_lock
 * @starved: it was said that there is too little of something to make a link; under
 *	state_lock
 * @linked: when the last link was made, in jiffies; under state_lock
 * @config: from XenStore; changes only while there is no live link, under
 *	state_lock
 * @slot: the present link
 * @published: the last link, dead, whose rings and event channels the backend may still
 *	bind to; or NULL; under state_lock
 * @rejected: it was said that the backend closes without connecting; under state_lock
 * @serial: number of the last link made; under state_lock
 * @announced: number of the last link that the log was told of; under state_lock
 * @buf_lock: protects @dbufs, @views and what the backend was told of each
 * @config_lock: protects what the backend was told of each pipe
 * @screen_lock: protects the screen of each pipe
 * @ask_lock: protects the requests for EDIDs
 * @ready: serial of the link over which all buffers and framebuffers were
 *	announced, 0 for none; written under buf_lock and config_lock
 * @dbufs: all display buffers
 * @views: all that the backend knows as framebuffers
 * @view_passes: how often a backend was told of all that it did not know; under buf_lock
 * @cookie: last cookie given out; cookies are never 0 and never used again
 * @view_lock: protects the views of each framebuffer and who uses them; nothing
 *	waits with it held, so that flips need not wait for @buf_lock
 * @reap_lock: protects @reap
 * @reap: display buffers and framebuffers that nobody uses any more
 * @reaping: how many of them there are, with the one at hand
 * @reap_work: takes leave of them, see dbuf.c
 * @connect_work: brings a new link to life: connect.c
 * @settled: woken when a backend may have let go of a framebuffer, and when @reaping
 *	falls
 * @config_work: sets modes again after a refused flip or mode: crtc.c
 * @refusals: how often in a row it was refused; under config_lock
 * @unwritten: XenStore does not have our state: there was no memory to write it, or no
 *	right to; under state_lock
 * @wanted: which, while @unwritten; under state_lock
 * @unheard: there was no memory to read the backend's state; under state_lock
 * @unheard_late: that was after @heard; under state_lock
 * @retry_work: calls xdf_backend_retry() after a pause: bus.c
 * @retry_watch: leads @retry_work into the thread that serves watches
 * @retrying: @retry_watch is registered; under state_lock
 * @heard_watch: fires when all has been heard that the backend had written before
 *	we were connected: bus.c
 * @hearing: @heard_watch is registered; under state_lock
 * @heard: it has fired for the present link; under state_lock
 * @screens_changed: the screen of a pipe is another one than clients were told of;
 *	under screen_lock
 * @registration: completed when clients may use the DRM device, or it could not be registered
 * @screens_told: when clients were told last, in jiffies
 * @screen_watch: tells when a connector's nodes are written
 * @screen_watched: @screen_watch is registered; under state_lock
 * @screens_missed: some may have been missed, for want of a DRM device or of the watch;
 *	under state_lock
 * @screen_work: looks at them and asks for EDIDs: hotplug.c
 * @sizes_written: a connector's node in XenStore was written, or may have been; only
 *	screen_work clears it
 * @edid_waits: how often in a row EDIDs had not come
 * @broken_work: closes a link after a protocol violation: frontend.c
 * @outfence_lock: protects @outfences and @outfences_held
 * @outfences: fences of commits that others may have yet
 * @outfences_held: a reference of the device and one of the module are held for them
 * @outfence_work: gives up those that nobody has: outfence.c
 * @formats: what the first backend takes, a bitmap of xdf_formats[]; only connect_work
 *	writes it, before the DRM device is registered
 * @formats_tried: of which the backend has said whether it takes them; only connect_work's
 * @num_pipes: number of pipes, set before the DRM device is registered
 * @pipe: one a connector, from the first link on that had it; see xdf_kms_prepare()
 */
struct xdf_device {
	struct drm_device drm;
	struct xenbus_device *xdev;

	struct mutex state_lock;
	bool removed;
	bool registered;
	bool failed;
	struct list_head rebind;
	unsigned int tries;
	unsigned int attempts;
	bool starved;
	unsigned long linked;
	struct xdf_config config;

	struct xdf_link_slot slot;
	struct xdf_link *published;
	bool rejected;
	u32 serial;
	u32 announced;

	struct mutex buf_lock;
	struct mutex config_lock;
	struct mutex screen_lock;
	struct mutex ask_lock;
	u32 ready;
	struct list_head dbufs;
	struct list_head views;
	u32 view_passes;
	atomic64_t cookie;

	spinlock_t view_lock;
	spinlock_t reap_lock;
	struct list_head reap;
	atomic_t reaping;
	struct work_struct reap_work;
	struct delayed_work connect_work;
	wait_queue_head_t settled;
	struct delayed_work config_work;
	unsigned int refusals;
	bool unwritten;
	enum xenbus_state wanted;
	bool unheard;
	bool unheard_late;
	struct delayed_work retry_work;
	struct xenbus_watch retry_watch;
	bool retrying;
	struct xenbus_watch heard_watch;
	bool hearing;
	bool heard;
	bool screens_changed;
	struct completion registration;
	unsigned long screens_told;
	struct xenbus_watch screen_watch;
	bool screen_watched;
	bool screens_missed;
	struct delayed_work screen_work;
	bool sizes_written;
	unsigned int edid_waits;
	struct work_struct broken_work;

	spinlock_t outfence_lock;
	struct list_head outfences;
	bool outfences_held;
	struct delayed_work outfence_work;

	u32 formats;
	u32 formats_tried;
	unsigned int num_pipes;
	struct xdf_pipe *pipe[XDF_MAX_CONNECTORS];
};

static inline struct xdf_device *to_xdf(struct drm_device *drm)
{
	return container_of(drm, struct xdf_device, drm);
}

static inline struct xdf_pipe *crtc_to_pipe(struct drm_crtc *crtc)
{
	return container_of(crtc, struct xdf_pipe, crtc);
}

extern unsigned int xdf_refresh;

/* connect.c */
void xdf_connect_work_fn(struct work_struct *work);

/* rebind.c */
void xdf_rebind(struct xdf_device *xdf, int err);
void xdf_rebind_cancel(struct xdf_device *xdf);
void xdf_rebind_exit(void);

/* screen.c */
void xdf_screen_init(struct xdf_device *xdf);
void xdf_screen_fini(struct xdf_device *xdf);
void xdf_screen_set_config(struct xdf_pipe *pipe, const struct xdf_connector_config *config);
void xdf_screen_configure(struct xdf_device *xdf, const struct xdf_config *config);
bool xdf_screen_set_edid(struct xdf_pipe *pipe, u8 *edid, u32 size, const char *wrong);
bool xdf_screen_has_size(struct xdf_pipe *pipe, u32 width, u32 height);
bool xdf_screen_used_size(struct xdf_pipe *pipe, u32 width, u32 height);
void xdf_screen_set_mode(struct xdf_pipe *pipe, const struct drm_display_mode *mode);
void xdf_screen_forget(struct xdf_device *xdf);
void xdf_screen_tell(struct xdf_device *xdf);
void xdf_screen_tell_status(struct xdf_device *xdf);

/* edid_fetch.c */
int xdf_edid_fetch(struct xdf_device *xdf, struct xdf_link *link, bool anew);
void xdf_edid_link_lost(struct xdf_device *xdf);

/* card.c, crtc.c, plane.c, connector.c, vblank.c, console.c, debugfs.c */
extern const struct drm_driver xdf_drm_driver;

int xdf_kms_prepare(struct xdf_device *xdf, unsigned int count);
void xdf_kms_fini(struct xdf_device *xdf);
void xdf_kms_shutdown(struct xdf_device *xdf);
int xdf_kms_init(struct xdf_device *xdf);
int xdf_plane_init(struct xdf_pipe *pipe);
void xdf_plane_sync(struct drm_atomic_commit *commit);
int xdf_crtc_init(struct xdf_pipe *pipe);
enum drm_mode_status xdf_crtc_timing_valid(const struct drm_display_mode *mode);
int xdf_connector_init(struct xdf_pipe *pipe);

/* outfence.c */
void xdf_outfence_init(struct xdf_device *xdf);
int xdf_outfence_keep(struct drm_atomic_commit *commit);

/* commit.c */
int xdf_commit(struct drm_device *drm, struct drm_atomic_commit *commit, bool nonblock);
void xdf_commit_tail(struct drm_atomic_commit *commit);

void xdf_debugfs_init(struct drm_minor *minor);
void xdf_console_init(struct xdf_device *xdf);

void xdf_crtc_tick(struct xdf_pipe *pipe);
void xdf_crtc_flip_event(struct xdf_pipe *pipe, u64 fb_cookie);
void xdf_crtc_flip_response(struct xdf_pipe *pipe, u64 number, int err);
void xdf_crtc_config_work_fn(struct work_struct *work);
void xdf_crtc_config_stop(struct xdf_device *xdf);
bool xdf_crtc_resend(struct xdf_pipe *pipe, const struct xdf_link *link);
int xdf_crtc_replay(struct xdf_pipe *pipe, struct xdf_link *link);
int xdf_crtc_refused(struct xdf_pipe *pipe, bool *enabled);
void xdf_crtc_retract(struct xdf_pipe *pipe, struct xdf_link *link);
void xdf_crtc_let_go(struct xdf_device *xdf, struct xdf_link *link, u64 fb_cookie);
void xdf_crtc_link_lost(struct xdf_pipe *pipe);
void xdf_crtc_wait_unused(struct xdf_device *xdf, struct xdf_link *link, u64 fb_cookie);

void xdf_vblank_init(struct xdf_pipe *pipe);
void xdf_vblank_fini(struct xdf_pipe *pipe);
void xdf_vblank_sync(struct xdf_pipe *pipe);
void xdf_vblank_set_period(struct xdf_pipe *pipe, u64 period_ns);
int xdf_vblank_enable(struct drm_crtc *crtc);
void xdf_vblank_disable(struct drm_crtc *crtc);
u32 xdf_vblank_counter(struct drm_crtc *crtc);
bool xdf_vblank_timestamp(struct drm_crtc *crtc, int *max_error, ktime_t *time, bool in_irq);
bool xdf_vblank_adjust(struct xdf_pipe *pipe, ktime_t sent);
void xdf_vblank_told(struct xdf_pipe *pipe);
void xdf_vblank_expect(struct xdf_pipe *pipe, ktime_t sent);
void xdf_vblank_flipped(struct xdf_pipe *pipe);

/* host.c */
int xdf_host_init(void);
void xdf_host_exit(void);
int xdf_host_create(struct drm_device *drm, int id);

/* formats.c */
int xdf_formats_learn(struct xdf_device *xdf, struct xdf_link *link);

#endif
