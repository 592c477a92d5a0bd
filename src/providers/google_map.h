#ifndef HAWSER_PROVIDERS_GOOGLE_MAP_H
#define HAWSER_PROVIDERS_GOOGLE_MAP_H
/*
 * Events of Google Calendar v3 (JSON) <-> struct event. A single event is one
 * item; a series is its master and the exceptions that name it by
 * recurringEventId. Writes are patches, never a whole event: what is not mapped
 * (guests, reminders, conference, colour, attachments) is not touched. Pure but
 * for the child that works out a rule or a zone of its own. JSON that is made
 * lives in the pool; errors are ERR_INPUT, scope ITEM, but where noted.
 *
 * Google		event
 * summary, location, description	the same, as text
 * status		STATUS; absent or CANCELLED: hawserStatus says so
 * transparency		TRANSP; OPAQUE: hawserTransp says so
 * visibility		CLASS in extra
 * start, end		wall time in timeZone; floating: hawserFloating; what
 *			Google has no spelling for: hawserTime
 * recurrence		recurrence; UNTIL is written in UTC, or as a date
 * exception		override; equal to what the series makes: none, unless
 *			hawserOwn
 * cancelled exception	EXDATE; listed in hawserOld: left over, nothing
 * iCalUID		uid; hawserUid counts before it, for the id in hawserFor
 * hawserKind		kind
 * hawserX0...		the rest of extra, in pieces; hawserZ0... its VTIMEZONEs
 *
 * The names in hawser... are extendedProperties.private. EXDATEs are written
 * as lines of recurrence, but where Google has an exception of that date: that
 * one is cancelled.
 */
#include <jansson.h>
#include "model/event.h"

struct google_map_context {
	const char *calendar_zone;	/* IANA name; NULL or unknown: UTC */
};

struct google_map_parts {		/* borrowed */
	const json_t *master;
	const json_t *const *exceptions;	/* in any order */
	size_t count;
};

enum google_map_use { GOOGLE_MAP_SYNC, GOOGLE_MAP_READ_ONLY, GOOGLE_MAP_SKIP };
/* Only read: birthdays, events from mail, locked ones, and those of another
 * organiser who lets no guest change them. Skipped: focus time, absence, place
 * of work, types to come, no object. A cancelled item: see google_map_is_gone. */
enum google_map_use google_map_use(const json_t *item);
/* Deleted: a cancelled item that is no exception of a series. */
bool google_map_is_gone(const json_t *item);
/* Of what series is it an exception? NULL = it is none. */
const char *google_map_series_of(const json_t *item);

/* Strings of the event are in pool. ERR_GONE: the master was deleted. */
ERR_CHECKED bool google_map_read(struct pool *pool,
    const struct google_map_context *ctx, const struct google_map_parts *parts,
    struct event **out, struct err *err);

enum google_map_verb {
	GOOGLE_MAP_PATCH,	/* makes an exception, or changes it */
	GOOGLE_MAP_CANCEL,	/* status cancelled; 404 and 410 are as good */
	GOOGLE_MAP_RESTORE,	/* a cancelled one happens again */
};
struct google_map_instance {
	const char *id, *key;	/* key: as in event_instance_key */
	enum google_map_verb verb;
	const char *etag;	/* of the exception Google has; NULL = none yet */
	json_t *body;		/* of a PATCH of this id */
};
struct google_map_changes {
	json_t *master;		/* body; NULL = as it should be */
	struct google_map_instance *instances;	/* after the master */
	size_t count;
	/* Dates of the series move: what Google makes of its exceptions is not
	 * promised. Read the parts again after the master, and ask again. */
	bool moves;
};

/*
 * The smallest change that turns parts into e: reading the outcome gives e's
 * hash, which is tried before it is given out. Nothing differs: master NULL and
 * no instances. Refused is what Google cannot hold, with a sentence.
 */
ERR_CHECKED bool google_map_patch(struct pool *pool,
    const struct google_map_context *ctx, const struct google_map_parts *parts,
    const struct event *e, struct google_map_changes *out, struct err *err);
/* Body of events.insert (master, with its id) and then the instances. The same
 * op id gives the same id: a duplicate (409) is our own earlier success. */
ERR_CHECKED bool google_map_insert(struct pool *pool,
    const struct google_map_context *ctx, const uint8_t op_id[16],
    const struct event *e, struct google_map_changes *out, struct err *err);

/* Ids of dates that an earlier patch gave up and that are still there: it was
 * interrupted, or they came along as the series moved. To be cancelled. */
size_t google_map_leftovers(struct pool *pool,
    const struct google_map_context *ctx, const struct google_map_parts *parts,
    const char ***ids_out);

/* base32hex, 26 characters. */
char *google_map_id(struct pool *pool, const uint8_t op_id[16]);
/* "<master>_20260112T083000Z" or "<master>_20260112"; key as in
 * event_instance_key. NULL: the master or the key cannot be read. */
char *google_map_instance_id(struct pool *pool,
    const struct google_map_context *ctx, const json_t *master,
    const char *key);

/* What is kept of them with a link: {"master":..,"exceptions":[..]}, compact,
 * only what reading and patching look at. */
char *google_map_pack(struct pool *pool, const struct google_map_parts *parts,
    size_t *len_out);
ERR_CHECKED bool google_map_unpack(struct pool *pool, const char *text,
    size_t len, struct google_map_parts *out, struct err *err);
/* A single event: its etag; a series: "S" and 32 hex digits over the ids and
 * etags of all parts. NULL = none known, or longer than 255 bytes. */
char *google_map_version(struct pool *pool,
    const struct google_map_parts *parts);
#endif
