#ifndef HAWSER_SANDBOX_SANDBOX_GOOGLE_QUERY_H
#define HAWSER_SANDBOX_SANDBOX_GOOGLE_QUERY_H
/* What a list of events is asked for. */
#include "sandbox/sandbox_google_event.h"

struct sandbox_google_query {
	struct sandbox_call *call;
	bool single, show_deleted, by_start, by_updated;
	bool filtered;			/* such a list gives no sync token */
	when_t from, to;		/* WHEN_NONE, WHEN_NEVER = open */
	when_t updated_min;		/* WHEN_NONE = not asked */
	const char *q, *uid;
	const struct zone *zone;	/* of the answer; NULL = the calendar's */
	unsigned long long attendees_most;	/* 0 = all */
};

bool sandbox_google_query_read(struct sandbox_call *call,
    struct sandbox_google_query *q, struct sandbox_google_wrong *w);
bool sandbox_google_query_fits(const struct sandbox_google_query *q,
    const json_t *event);
/* A series is within when one of its dates is. */
bool sandbox_google_query_in_window(const struct sandbox_google_query *q,
    const struct sandbox_google_where *at, const json_t *event);
/* Attendees beyond maxAttendees are left out; gives item. */
json_t *sandbox_google_query_cut(const struct sandbox_google_query *q,
    json_t *item);
#endif
