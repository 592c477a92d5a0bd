#ifndef HAWSER_MODEL_EVENT_SERIES_H
#define HAWSER_MODEL_EVENT_SERIES_H
/*
 * Edits of one date of a series and of its start. Pure but for the child that
 * works out a rule, for RECUR_WAIT_MS at most: never in a transaction. An
 * occurrence is named by its instance key (see event_instance_key): the
 * original start in the master's form.
 */
#include "model/event.h"

bool event_series_is(const struct event *e);	/* repeats or has overrides */

/* "20261120", "20261120T093000", "20261120T093000Z" -> wall; false: rubbish. */
bool event_series_key_wall(const char *key, struct wall *out);

/* known: an occurrence written ahead says that the series has this date, so
 * that no rule needs to be worked out. */
struct event_series_date { const char *key; bool known; };

/* Has this date changes of its own? Then it need not be looked for. */
bool event_series_has_own(const struct event *e, const char *key);

/* The override of this date; made from the master when there is none yet.
 * ERR_NOT_FOUND: the series has no such date. e is changed in place. */
ERR_CHECKED bool event_series_occurrence(struct pool *pool, struct event *e,
    const struct event_series_date *date, struct event_part **out,
    struct err *err);
/* The same without a change to e: what this date says now. */
ERR_CHECKED bool event_series_peek(struct pool *pool, const struct event *e,
    const struct event_series_date *date, struct event_part *out,
    struct err *err);

/* Takes one date out: EXDATE added, its override dropped. */
ERR_CHECKED bool event_series_exclude(struct pool *pool, struct event *e,
    const struct event_series_date *date, struct err *err);

/* Puts a date that was taken out back: its EXDATE goes; before is the series
 * as it was then, for the date's own changes (NULL = none). ERR_CONFLICT: the
 * date is not cancelled any more, or the series has moved. */
ERR_CHECKED bool event_series_include(struct pool *pool, struct event *e,
    const char *key, const struct event *before, struct err *err);

/*
 * e is the series with its new start, zone and rule in place; old is what it
 * said before. EXDATE, RDATE and overrides move along with the start.
 * ERR_CONFLICT when a changed or cancelled date has no place in the new series.
 */
ERR_CHECKED bool event_series_follow(struct pool *pool, struct event *e,
    const struct event *old, struct err *err);

/*
 * "This and following": e ends before the date key, tail is a series of its own
 * from key on, with a fresh UID; EXDATE, RDATE, COUNT and overrides are divided.
 * all: nothing lies before key, e is empty: tail takes its place.
 * ERR_NOT_FOUND no such date; ERR_CONFLICT it cannot be cut there without losing
 * or doubling a date.
 */
struct event_series_parts { struct event *tail; bool all; };
ERR_CHECKED bool event_series_split(struct pool *pool, struct event *e,
    const char *key, struct event_series_parts *out, struct err *err);
#endif
