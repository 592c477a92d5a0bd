#ifndef HAWSER_MODEL_EVENT_WORDS_H
#define HAWSER_MODEL_EVENT_WORDS_H
/*
 * Events in words for people: days and times, and two or three versions of one
 * event side by side, field by field. English, 24 hours, weeks from Monday.
 */
#include "model/event.h"

/* "Monday 23 November 2026" */
char *event_words_day(struct pool *pool, const struct wall *day);
/* "November 2026" */
char *event_words_month(struct pool *pool, int year, int month);
char *event_words_clock(struct pool *pool, const struct wall *w); /* "09:30" */

/* Where a part starts and ends for somebody in zone (NULL = its own zone);
 * floating and all-day times are the same everywhere. All-day: end is the last
 * day, itself included. */
struct event_words_span { struct wall start, end; };
struct event_words_span event_words_span(struct pool *pool,
    const struct event *e, const struct event_part *part,
    const struct zone *zone);
/* "Monday 23 November 2026, 11:00" or the day alone. */
char *event_words_moment(struct pool *pool, const struct wall *w, bool all_day);
/* "Monday 23 November 2026, 11:00 to 12:00", "23 to 25 November 2026". */
char *event_words_when(struct pool *pool, const struct event_words_span *span,
    bool all_day);

/* One line of a comparison; NULL values: that version does not exist, "" =
 * the field is empty there. */
struct event_words_field {
	const char *label;
	const char *base, *here, *there;
	bool here_differs, there_differs;	/* from base */
	bool clash;				/* both, and not alike */
};
/* Fields that any version has; any of the three may be NULL. */
void event_words_compare(struct pool *pool, const struct event *base,
    const struct event *here, const struct event *there,
    const struct zone *zone, struct event_words_field **out,
    size_t *count_out);
#endif
