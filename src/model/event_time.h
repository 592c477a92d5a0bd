#ifndef HAWSER_MODEL_EVENT_TIME_H
#define HAWSER_MODEL_EVENT_TIME_H
/*
 * iCalendar's spellings of time and what they mean for an event: DATE and
 * DATE-TIME, DURATION, and the values of RDATE, EXDATE and RECURRENCE-ID brought
 * into the master's own form (its zone, UTC, floating or a date), where they
 * can be compared.
 */
#include "model/contentline.h"
#include "model/event.h"

struct event_stamp {
	struct wall wall;
	bool is_date, is_utc;
};
/* "20261120", "20261120T093000", "...Z"; surrounding blanks are allowed. */
bool event_stamp_parse(const char *text, size_t len, struct event_stamp *out);
void event_stamp_format(struct str *out, const struct event_stamp *s);

struct event_span {	/* days are nominal, seconds exact */
	int sign;
	int64_t days, secs;
};
/* "P1W", "-P1DT2H"; lenient: parts in any order of writing ("PT1W"). */
bool event_span_parse(const char *text, size_t len, struct event_span *out);

/* A zone to count with; kind UTC or FLOATING or unknown names: none. */
const struct zone *event_part_zone(struct pool *pool, const struct event *e,
    const struct event_part *part);

/* Wall end of a part as written: DTEND, or start plus DURATION, or its default
 * (a day, or nothing); never before the start. */
struct wall event_wall_end(const struct event_part *part);

/* A value's wall time in the master's own form. tzid: of the value's line, NULL
 * = none. A date for a master with times takes the master's time of day; a
 * value in a zone nobody knows is taken as it stands. */
struct event_stamp event_stamp_in_master(struct pool *pool,
    const struct event *e, const struct event_stamp *value, const char *tzid);

/* Goes over the values of an RDATE or EXDATE line. */
struct event_date {
	struct event_stamp at;		/* in the master's form */
	bool was_date;			/* a date although the master has times */
	bool has_end;			/* PERIOD */
	struct wall end;		/* in the master's form */
};
struct event_dates {
	struct contentline line;
	char *tzid;
	size_t at;			/* in the value */
};
bool event_dates_open(struct pool *pool, const char *entry, size_t len,
    struct event_dates *out);
/* 1 a value, 0 the end, -1 an unreadable value (skipped over). */
int event_dates_next(struct pool *pool, const struct event *e,
    struct event_dates *dates, struct event_date *out);
/* Start, end, zone and all-day are one: all of them from another part. */
void event_time_take(struct event_part *to, const struct event_part *from);
#endif
