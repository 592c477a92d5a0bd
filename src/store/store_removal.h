#ifndef HAWSER_STORE_STORE_REMOVAL_H
#define HAWSER_STORE_STORE_REMOVAL_H
/*
 * What was deleted and can be restored: events that lie deleted, single dates
 * taken out of a series, and who did it. A sync's deletes are told by the run.
 */
#include "store/stmt.h"

struct removal_row {
	uint64_t id, event_id, user_id;
	const char *recurrence_id;	/* "" = the event itself */
	struct stmt_blob body;		/* of a date: the series before */
};
/* In the transaction that deletes, behind it; the last one counts. */
ERR_CHECKED bool store_removal_add(struct db *db, uint64_t org,
    const struct removal_row *row, struct err *err);
/* 1, 0 (none that the viewer may restore; viewer 0 may all), -1. */
ERR_CHECKED int store_removal_find(struct db *db, struct pool *pool,
    uint64_t org, uint64_t viewer, uint64_t id, struct removal_row *out,
    struct err *err);
/* Restored: nothing is to be told any more. */
ERR_CHECKED bool store_removal_drop(struct db *db, uint64_t org,
    uint64_t event_id, const char *recurrence_id, struct err *err);

enum removal_by { REMOVAL_BY_ANY, REMOVAL_BY_PERSON, REMOVAL_BY_SYNC };
struct deleted_filter {
	uint64_t viewer;		/* 0 = the worker, sees all */
	const char *title;		/* part of it; "" = all */
	enum removal_by by;
	uint64_t event_id;		/* 0 = all */
	size_t most;
};
struct deleted_row {
	uint64_t event_id, calendar_id;
	uint64_t removal_id;		/* of a single date; 0 = the event */
	const char *recurrence_id, *title, *calendar, *color;
	when_t deleted_at;
	bool by_person;
	const char *user_name;		/* "" = the operator, or a sync */
	uint64_t run_id;		/* that deleted it; 0 = none known */
	bool run_is_own;		/* of a connection of the viewer */
};
/* Newest first: of the viewer's own calendars, and what the viewer deleted in
 * those that others share. */
ERR_CHECKED bool store_removal_list(struct db *db, struct pool *pool,
    uint64_t org, const struct deleted_filter *filter,
    struct deleted_row **out, size_t *count_out, struct err *err);
#endif
