#ifndef HAWSER_SANDBOX_SANDBOX_GOOGLE_CALENDAR_H
#define HAWSER_SANDBOX_SANDBOX_GOOGLE_CALENDAR_H
/*
 * Google's calendars and their events in the tree:
 *
 *	google/calendars/CAL	{ id, summary, timeZone, owner, generation, deaf }
 *	google/lists/ACCOUNT/CAL { role, primary?, deleted?, seq, etag }
 *	google/events/CAL/EVENT	{ r: the resource, seq, pos }
 *	google/seqs/CAL, google/seqs/ACCOUNT	the last change's number
 *	google/channels/ID	watch channels
 *
 * seq orders changes (sync tokens), pos items in lists. A new generation makes
 * all sync tokens of a calendar (or, of an account's list) useless.
 */
#include "sandbox/sandbox_google.h"
#include "util/err.h"

struct sandbox_google_write {		/* for the ledger */
	const char *account, *verb;
	bool by_hand;
	const char *send_updates;	/* NULL = not said */
	const char *op;			/* NULL = taken from the event */
};

/* ---- sandbox_google_calendar.c: what is there ---- */
/* "primary" is the account's own. */
const char *sandbox_google_calendar_id(const struct sandbox_call *call,
    const char *segment);
json_t *sandbox_google_calendar(const struct sandbox *sb, const char *id);
/* The entry in an account's list; NULL: not there, or deleted. */
json_t *sandbox_google_listed(const struct sandbox *sb, const char *account,
    const char *id);
const char *sandbox_google_role(const struct sandbox *sb, const char *account,
    const char *id);
/* False = answered: 404, or 403 for who may only read. */
bool sandbox_google_may_read(struct sandbox_call *call);
bool sandbox_google_may_write(struct sandbox_call *call);
/* Calendars of a new account; a primary one is made when none is among them. */
ERR_CHECKED bool sandbox_google_seed(struct sandbox *sb, const char *account,
    const json_t *calendars, struct err *err);
ERR_CHECKED bool sandbox_google_add_calendar(struct sandbox *sb,
    const char *account, const json_t *spec, struct err *err);
/* Role NULL: it leaves the list. */
void sandbox_google_share(struct sandbox *sb, const char *account,
    const char *id, const char *role);
void sandbox_google_remove_calendar(struct sandbox *sb, const char *id);
json_int_t sandbox_google_seq(const struct sandbox *sb, const char *of);
/* Sync tokens given before are refused from now on; NULL = of all. */
void sandbox_google_expire(struct sandbox *sb, const char *account,
    const char *calendar);
char *sandbox_google_etag(struct sandbox *sb, struct pool *pool);

/* ---- sandbox_google_list.c: calendars.get, calendarList ---- */
void sandbox_google_list_calendars(struct sandbox_call *call);
void sandbox_google_get_listed(struct sandbox_call *call);
void sandbox_google_get_calendar(struct sandbox_call *call);

/* ---- the events: see sandbox_google_event.h ---- */
void sandbox_google_list(struct sandbox_call *call);
void sandbox_google_get(struct sandbox_call *call);
void sandbox_google_instances(struct sandbox_call *call);
void sandbox_google_insert(struct sandbox_call *call);
void sandbox_google_import(struct sandbox_call *call);
void sandbox_google_update(struct sandbox_call *call);
void sandbox_google_patch(struct sandbox_call *call);
void sandbox_google_delete(struct sandbox_call *call);
void sandbox_google_move(struct sandbox_call *call);

/* ---- sandbox_google_batch.c, sandbox_google_watch.c ---- */
void sandbox_google_batch(struct sandbox_call *call);
void sandbox_google_watch_events(struct sandbox_call *call);
void sandbox_google_watch_calendars(struct sandbox_call *call);
void sandbox_google_stop(struct sandbox_call *call);
/* Something changed there: messages go out. */
void sandbox_google_tell(struct sandbox *sb, const char *resource);
/* A resource that is watched: of a calendar's events, or an account's list. */
char *sandbox_google_events_resource(struct pool *pool, const char *calendar);
char *sandbox_google_list_resource(struct pool *pool, const char *account);
#endif
