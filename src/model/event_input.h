#ifndef HAWSER_MODEL_EVENT_INPUT_H
#define HAWSER_MODEL_EVENT_INPUT_H
/*
 * What a person says about an event, in a form or on a command line, and the
 * way from there to a struct event and back. Pure. Only what the input differs
 * in from what the event already says is touched: a rule, a zone name or a
 * duration that the person did not change keeps its exact spelling.
 */
#include "model/event.h"

enum event_repeat {
	EVENT_REPEAT_NONE, EVENT_REPEAT_DAILY, EVENT_REPEAT_WEEKLY,
	EVENT_REPEAT_MONTHLY, EVENT_REPEAT_YEARLY,
	EVENT_REPEAT_OTHER,	/* a rule no form can show: kept as it is */
};

struct event_input {
	const char *summary, *location, *description;	/* NULL, "" = none */
	bool all_day;
	struct wall start;
	/* Timed: when it ends (year 0: same as start). All-day: the last day,
	 * itself included, as people say it (year 0: one day). */
	struct wall end;
	/* IANA name, "UTC", "" or NULL = wherever one is; of all-day events
	 * ignored. Also the event's own name for a zone we do not know. */
	const char *zone;
	/* Of the master; ignored where one occurrence is meant. */
	enum event_repeat repeat;
	int interval;			/* every n-th; 0 = 1 */
	unsigned weekdays;		/* weekly: bit 0 = Monday; 0 = start's day */
	struct wall until;		/* last possible day; year 0 = none */
	int count;			/* 0 = none; not with until */
	/* Of the form that this comes from: what is sent twice is made once.
	 * 32 hex digits; else nothing is known of it. */
	const char *once;
};

/* For an edit form: the part's (override or &e->master) own words. */
void event_input_fill(struct pool *pool, const struct event *e,
    const struct event_part *part, struct event_input *out);

/* Fresh ones, for a form and for an event. */
const char *event_input_once(struct pool *pool);
const char *event_input_uid(struct pool *pool, const char *once);

/* A new event with a UID of in->once, or a fresh one. ERR_INPUT names the field and the remedy. */
ERR_CHECKED bool event_input_make(struct pool *pool,
    const struct event_input *in, struct event **out, struct err *err);

/*
 * Changes the part in place. Of a master whose start moves, EXDATE, RDATE and
 * the RECURRENCE-IDs of its overrides move along; where that is not possible
 * ERR_CONFLICT says why and what to do.
 */
ERR_CHECKED bool event_input_apply(struct pool *pool, struct event *e,
    struct event_part *part, const struct event_input *in, struct err *err);
#endif
