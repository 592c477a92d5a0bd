#ifndef HAWSER_SANDBOX_SANDBOX_GOOGLE_EVENT_H
#define HAWSER_SANDBOX_SANDBOX_GOOGLE_EVENT_H
/*
 * One event. Stored is the resource as Google answers it, but times: a
 * "dateTime" is kept in UTC and shown in the calendar's zone.
 *
 *	body -> take (members and types) -> merge or replace -> check -> store
 *	stored -> show
 *
 * A date of a series that nobody touched is not stored: find makes it up from
 * its master. Touched, it is an item of its own, an exception.
 */
#include "sandbox/sandbox_google_calendar.h"

struct sandbox_google_where {		/* what an event is looked at from */
	struct sandbox *sb;
	struct pool *pool;
	const char *account, *calendar;
	bool batch;
};

struct sandbox_google_wrong {		/* why an event is refused */
	int status;
	const char *reason;
	char message[240];
};

/* Always false. */
bool sandbox_google_wrong(struct sandbox_google_wrong *w, int status,
    const char *reason, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- sandbox_google_time.c ---- */
struct sandbox_google_span {
	bool all_day;
	const struct zone *zone;	/* of the start */
	struct wall start, end;		/* in zone; dates when all_day */
	when_t from, until;		/* all_day: in the calendar's zone */
};

const struct zone *sandbox_google_zone(const struct sandbox_google_where *at);
/* With an offset, or a local time in zone; NULL zone = an offset is needed. */
bool sandbox_google_time_parse(const char *text, const struct zone *zone,
    when_t *out);
char *sandbox_google_time_format(struct pool *pool, const struct zone *zone,
    when_t t);
/* {date | dateTime, timeZone} into its stored form. */
bool sandbox_google_time_check(const struct sandbox_google_where *at,
    json_t *time, const char *which, struct sandbox_google_wrong *w);
/* Of a stored event. */
struct sandbox_google_span sandbox_google_span(
    const struct sandbox_google_where *at, const json_t *event);
/* A stored time, shown. */
json_t *sandbox_google_time_show(struct pool *pool, const struct zone *zone,
    const json_t *time);

/* ---- sandbox_google_rule.c ---- */
bool sandbox_google_rule_ok(const char *line);
#define SANDBOX_GOOGLE_DATES 730	/* of one series, at most */
struct sandbox_google_dates {
	struct wall *items;
	size_t count;
};
/* Starts of a series in the wall time of its zone; those that begin at or
 * behind "to" are left out. */
struct sandbox_google_dates sandbox_google_rule_dates(struct pool *pool,
    const json_t *recurrence, const struct sandbox_google_span *span,
    const struct wall *to);

/* ---- sandbox_google_event.c ---- */
/* The members that may be written, with their types checked; NULL = wrong. */
json_t *sandbox_google_take(const struct sandbox_google_where *at,
    const json_t *body, struct sandbox_google_wrong *w);
void sandbox_google_merge(json_t *into, const json_t *patch);
/* The whole event, before it is stored; brings it into form. */
bool sandbox_google_check(const struct sandbox_google_where *at, json_t *event,
    struct sandbox_google_wrong *w);
/* May this be made of that? was NULL = a new one. */
bool sandbox_google_allowed(const struct sandbox_google_where *at,
    const json_t *was, const json_t *event, struct sandbox_google_wrong *w);

/* ---- sandbox_google_store.c ---- */
/* Stored or made up, the caller's to change (in the pool); NULL: none. */
json_t *sandbox_google_find(const struct sandbox_google_where *at,
    const char *id);
json_t *sandbox_google_by_uid(const struct sandbox_google_where *at,
    const char *uid);
/* A date of a series; NULL: it has no such date. */
json_t *sandbox_google_instance(const struct sandbox_google_where *at,
    const json_t *master, const struct wall *start);
char *sandbox_google_instance_id(struct pool *pool, const json_t *master,
    const struct sandbox_google_span *span, const struct wall *start);
/* What everybody sees of a new one: organizer, iCalUID, link. */
void sandbox_google_dress(const struct sandbox_google_where *at, json_t *event);
/* event is borrowed. Gives it etag and number, notes and tells it. */
void sandbox_google_store(const struct sandbox_google_where *at, json_t *event,
    const struct sandbox_google_write *write);
/* Status "cancelled"; false: it is so already. */
bool sandbox_google_cancel(const struct sandbox_google_where *at,
    json_t *event, const struct sandbox_google_write *write);
char *sandbox_google_new_id(struct pool *pool);
/* For answers; zone NULL = the calendar's. stub: of what is cancelled, only
 * what is promised. The caller's. */
json_t *sandbox_google_show(const struct sandbox_google_where *at,
    const json_t *event, const struct zone *zone, bool stub);
bool sandbox_google_is_cancelled(const json_t *event);
bool sandbox_google_is_self(const json_t *event);	/* organized here */
/* Puts an event there as Google itself would: of any type and organizer. */
ERR_CHECKED bool sandbox_google_plant(struct sandbox *sb, const char *account,
    const char *calendar, const json_t *event, struct err *err);
#endif
